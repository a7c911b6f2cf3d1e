"""Connects to the bot: a running one's endpoint, or a child process."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from app.core.errors import AppError
from app.core.labels import LEAVE_WATCHING, WATCHING
from app.core.paths import Home, own_command
from app.core.safe_text import safe_json, safe_text
from app.ipc import control, endpoint
from app.ipc.child import Child, ChildState
from app.ipc.endpoint import ASKER, WATCHER
from app.ipc.peer import Peer
from app.ipc.wire import Catalogue, Params, Request
from app.tui.bot_ports import LinkState, Listener

R = TypeVar("R")

LOOK_SECONDS = 1.0
"""The time between two looks for a bot that another program starts."""

ENDED = "the bot of this terminal has ended"
NO_BOT = "no bot runs; these screens attach as soon as one does"


class BotLink:
    """The link to the real bot of a home."""

    def __init__(
        self,
        home: Home,
        remedy: Callable[[str], str] = str,
        *,
        is_watching: bool = False,
    ) -> None:
        """Prepare.

        Args:
            remedy: Returns a hint of the bot as these screens show it.
            is_watching: True to attach to a running bot alone, which then refuses all
                that changes anything.
        """
        self.state = LinkState()
        self._home = home
        self._remedy = remedy
        self._catalogue = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
        self._listener: Listener | None = None
        self._peer: Peer | None = None
        self._reading: asyncio.Task[None] | None = None
        self._child: Child | None = None
        self._is_watching = is_watching
        self._looking: asyncio.Task[None] | None = None
        """Waits for a bot that another program starts."""

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    async def call(self, request: Request[R]) -> R:
        try:
            return safe_json(await self._target().call(request))
        except AppError as error:
            hint = self._remedy(safe_text(error.hint))
            raise type(error)(safe_text(error.message), hint) from None
        except RuntimeError as error:
            message, hint = _explain_remote(request, safe_text(str(error)))
            raise AppError(message, self._remedy(hint)) from error

    async def start(self) -> None:
        if self.state.is_up:
            return
        self._look_no_more()
        self._enter(LinkState("starting"))
        if await self._attach():
            return
        if self._is_watching:
            self._enter(LinkState("stopped", NO_BOT, is_watched=True))
            self._looking = asyncio.create_task(self._look())
        else:
            self._start_child()

    async def _attach(self) -> bool:
        side = WATCHER if self._is_watching else ASKER
        file = self._home.endpoint_file
        self._peer = await endpoint.attach(file, self._catalogue, self._hear, side)
        if self._peer is None:
            return False
        self._reading = asyncio.create_task(self._read(self._peer))
        self._enter(LinkState("attached"))
        return True

    async def _look(self) -> None:
        """Attach as soon as a bot runs again."""
        while True:
            if await self._attach():
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _look_no_more(self) -> None:
        if self._looking:
            self._looking.cancel()
            self._looking = None

    async def stop(self) -> None:
        if self._is_watching:
            raise AppError(WATCHING, LEAVE_WATCHING)
        if self._peer:
            await self.call(control.Shutdown())
        if self._child:
            await self._child.stop()
            self._child = None

    async def close(self) -> None:
        self._look_no_more()
        if self._peer:
            self._peer.close()
        if self._reading:
            await self._reading
            self._look_no_more()
        if self._child:
            await self._child.stop()

    def _start_child(self) -> None:
        root = str(self._home.root)
        self._child = Child(
            "bot",
            [*own_command(), "serve", "--stdio", "--home", root],
            self._catalogue,
            on_notification=self._hear,
            on_state=self._child_changed,
        )
        self._child.start()

    def _target(self) -> Peer | Child:
        target = self._peer or self._child
        if target is None:
            reason = self.state.reason or "it was not started"
            raise AppError(
                f"The bot is not running: {reason}.",
                self._remedy("Start it with `mynah serve`."),
            )
        return target

    async def _read(self, peer: Peer) -> None:
        await peer.run()
        self._peer = None
        watched = self._is_watching
        reason = NO_BOT if watched else ENDED
        self._enter(LinkState("stopped", reason, is_watched=watched))
        self._looking = asyncio.create_task(self._look())

    def _child_changed(self, state: ChildState) -> None:
        reason = safe_text(state.reason)
        self._enter(LinkState(state.name, reason, state.retry_seconds))

    def _hear(self, notification: Params) -> None:
        if self._listener:
            self._listener.on_notification(safe_json(notification))

    def _enter(self, state: LinkState) -> None:
        self.state = state
        if self._listener:
            self._listener.on_link_state(state)


def _explain_remote(request: Request[object], message: str) -> tuple[str, str]:
    if "is not served here" in message or "unknown method" in message:
        return (
            f"The running bot does not know this request ({request.method}).",
            "It is another version: stop it, and start it again with `mynah serve`.",
        )
    return f"The bot failed on this request: {message}", "See Logs (9)."
