"""Sends the bot's notifications to its watchers without waiting for them."""

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
"""The log lines kept for later watchers."""

UNTOLD_SECONDS = 60.0
"""The time after which messages may be new without a word, as jobs store some too."""


class Asker(Protocol):
    """The sender of a request: a peer on the wire, or a command in this process."""

    async def notify(self, notification: Params) -> None: ...


class Events:
    """Passes notifications to the watchers, and remembers notable events."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._watchers: dict[int, WatcherOutbox] = {}
        self.events: deque[BotEvent] = deque(maxlen=MAX_EVENTS)
        self._logs: deque[Params] = deque(maxlen=MAX_LOGS)
        self._stored = 0

    def watch(self, asker: Asker) -> None:
        """Start sending everything to this watcher, after the log lines so far."""
        if id(asker) not in self._watchers:
            outbox = self._watchers[id(asker)] = WatcherOutbox(asker, MAX_PENDING)
            for line in self._logs:
                outbox.put(line)

    def leave(self, asker: Asker) -> None:
        """Stop sending to this watcher."""
        watcher = self._watchers.pop(id(asker), None)
        if watcher:
            watcher.stop()

    def tell(self, notification: Params, but_not: Asker | None = None) -> None:
        """Pass a notification on, from the event loop's thread."""
        if isinstance(notification, Log):
            self._logs.append(notification)
        for name, watcher in self._watchers.items():
            if name != id(but_not):
                watcher.put(notification)

    def warn(self, text: str) -> None:
        """Warn the owner, in the log and among the events."""
        log.warning("%s", text)
        self.event(text)

    def event(self, text: str) -> None:
        """Remember an action of the supervision, with its reason."""
        self.events.append(BotEvent(self._now(), text))

    def stored(self) -> None:
        """Tell whoever works behind new messages that there are some."""
        self._stored += 1

    @property
    def news(self) -> tuple[int, int]:
        """Another value whenever messages may be new, so nobody asks the database."""
        return self._stored, int(time.monotonic() // UNTOLD_SECONDS)

    def close(self) -> None:
        """Release every watcher."""
        for watcher in self._watchers.values():
            watcher.stop()
        self._watchers.clear()


class WatcherOutbox:
    """Queued notifications for one asker, sent in order at its reading pace."""

    def __init__(self, asker: Asker, most: int | None = None) -> None:
        """With `most`, the oldest notifications are dropped when more are waiting."""
        self._asker = asker
        self._pending: deque[Params] = deque(maxlen=most)
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task = asyncio.create_task(self._pump())

    def put(self, notification: Params) -> None:
        """Queue it for sending."""
        self._pending.append(notification)
        self._empty.clear()
        self._more.set()

    async def drain(self) -> None:
        """Wait until everything is sent or the reader is gone, then stop."""
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
