"""The screens' interface to the bot, however it is reached."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from app.ipc.wire import Params, Request

R = TypeVar("R")

StateName = Literal["starting", "running", "attached", "waiting", "failed", "stopped"]


@dataclass(frozen=True)
class LinkState:
    """The state of the link to the bot, with the reason for a failure."""

    name: StateName = "starting"
    reason: str = ""
    retry_seconds: float = 0.0
    is_watched: bool = False
    """True if these screens only watch, so that nobody here can start a bot."""

    @property
    def is_up(self) -> bool:
        return self.name in ("running", "attached")


class Listener(Protocol):
    """A listener for the bot; both methods are called in the event loop."""

    def on_notification(self, notification: "Params") -> None: ...
    def on_link_state(self, state: LinkState) -> None: ...


class BotPort(Protocol):
    """The screens' interface to the bot, however it is reached."""

    state: LinkState

    def listen(self, listener: Listener) -> None: ...

    async def call(self, request: "Request[R]") -> R:
        """Send a request, and return the bot's reply, safe to show.

        Raises:
            AppError: If the request fails; the message is for a person.
        """
        ...

    async def start(self) -> None:
        """Attach to a running bot, or start one."""
        ...

    async def stop(self) -> None:
        """End the bot, no matter who started it."""
        ...

    async def close(self) -> None:
        """Leave; a bot of our own ends, another one keeps running."""
        ...
