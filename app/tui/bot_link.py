"""Connects to the bot: a running one's endpoint, or a child process."""

import asyncio
from typing import TypeVar

from app.core.errors import AppError
from app.core.paths import Home, own_command
from app.core.safe_text import safe_json, safe_text
from app.ipc import control, endpoint
from app.ipc.child import Child, ChildState
from app.ipc.peer import Peer
from app.ipc.wire import Catalogue, Params, Request
from app.tui.bot_ports import LinkState, Listener
from app.tui.remedies import in_keys

R = TypeVar("R")


class BotLink:
    """The link to the real bot of a home."""

    def __init__(self, home: Home) -> None:
        self.state = LinkState()
        self._home = home
        self._catalogue = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
        self._listener: Listener | None = None
        self._peer: Peer | None = None
        self._reading: asyncio.Task[None] | None = None
        self._child: Child | None = None

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    async def call(self, request: Request[R]) -> R:
        try:
            return safe_json(await self._target().call(request))
        except AppError as error:
            hint = in_keys(safe_text(error.hint))
            raise type(error)(safe_text(error.message), hint) from None
        except RuntimeError as error:
            raise AppError(*_explain_remote(request, safe_text(str(error)))) from error

    async def start(self) -> None:
        if self.state.is_up:
            return
        self._enter(LinkState("starting"))
        file = self._home.endpoint_file
        self._peer = await endpoint.attach(file, self._catalogue, self._hear)
        if self._peer:
            self._reading = asyncio.create_task(self._read(self._peer))
            self._enter(LinkState("attached"))
        else:
            self._start_child()

    async def stop(self) -> None:
        if self._peer:
            await self.call(control.Shutdown())
        if self._child:
            await self._child.stop()
            self._child = None

    async def close(self) -> None:
        if self._peer:
            self._peer.close()
        if self._reading:
            await self._reading
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
            raise AppError(f"The bot is not running: {reason}.", "Start it on Home.")
        return target

    async def _read(self, peer: Peer) -> None:
        await peer.run()
        self._peer = None
        self._enter(LinkState("stopped", "the bot of this terminal has ended"))

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
            "It is another version: stop it and start it again on Home.",
        )
    return f"The bot failed on this request: {message}", "See Logs (9)."
