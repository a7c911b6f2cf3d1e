"""What the bot tells everyone who watches it, without ever waiting for them."""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from app.ipc.control import BotEvent, Log
from app.ipc.peer import PeerGoneError
from app.ipc.wire import Params

log = logging.getLogger(__name__)

MAX_PENDING = 2000
"""Notifications kept for a watcher that reads slowly; older ones are dropped."""

MAX_EVENTS = 50

MAX_LOGS = 500
"""Log lines kept for those who start to watch later."""


class Asker(Protocol):
    """Whoever sent a request: a peer on the wire, or a command in this process."""

    async def notify(self, notification: Params) -> None: ...


class Events:
    """Passes notifications on to the watchers, and remembers what was remarkable."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._watchers: dict[int, WatcherOutbox] = {}
        self.events: deque[BotEvent] = deque(maxlen=MAX_EVENTS)
        self._logs: deque[Params] = deque(maxlen=MAX_LOGS)

    def watch(self, asker: Asker) -> None:
        """From now on tell this one everything, after the log lines up to now."""
        if id(asker) not in self._watchers:
            outbox = self._watchers[id(asker)] = WatcherOutbox(asker, MAX_PENDING)
            for line in self._logs:
                outbox.put(line)

    def leave(self, asker: Asker) -> None:
        """Tell this one nothing more."""
        watcher = self._watchers.pop(id(asker), None)
        if watcher:
            watcher.stop()

    def tell(self, notification: Params, but_not: Asker | None = None) -> None:
        """Pass a notification on; from the event loop's thread."""
        if isinstance(notification, Log):
            self._logs.append(notification)
        for name, watcher in self._watchers.items():
            if name != id(but_not):
                watcher.put(notification)

    def warn(self, text: str) -> None:
        """Tell the owner: in the log, and among the events."""
        log.warning("%s", text)
        self.event(text)

    def event(self, text: str) -> None:
        """Remember what supervision did, and why."""
        self.events.append(BotEvent(self._now(), text))

    def close(self) -> None:
        """Let go of everyone."""
        for watcher in self._watchers.values():
            watcher.stop()
        self._watchers.clear()


class WatcherOutbox:
    """Notifications on their way to one asker, in order, at the pace it reads."""

    def __init__(self, asker: Asker, most: int | None = None) -> None:
        """With `most`, the oldest are dropped when more are waiting."""
        self._asker = asker
        self._pending: deque[Params] = deque(maxlen=most)
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task = asyncio.create_task(self._pump())

    def put(self, notification: Params) -> None:
        """Send it soon."""
        self._pending.append(notification)
        self._empty.clear()
        self._more.set()

    async def drain(self) -> None:
        """Wait until everything is sent or nobody is left to read it; then stop."""
        empty = asyncio.create_task(self._empty.wait())
        await asyncio.wait({empty, self._task}, return_when=asyncio.FIRST_COMPLETED)
        empty.cancel()
        self.stop()

    def stop(self) -> None:
        """Send nothing more."""
        self._task.cancel()

    async def _pump(self) -> None:
        with contextlib.suppress(PeerGoneError):
            while True:
                await self._more.wait()
                self._more.clear()
                while self._pending:
                    await self._asker.notify(self._pending.popleft())
                self._empty.set()
