"""Requests for actions on Discord."""

from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True)
class Send:
    """Say something in a channel as the bot, in the owner's words."""

    method: ClassVar[str] = "send"
    guild: str
    channel: str
    text: str


@dataclass(frozen=True)
class Decide:
    """Send a shadow draft (with `text` in its place, if given), or throw it away."""

    method: ClassVar[str] = "decide"
    reply: int
    approve: bool
    text: str | None = None


@dataclass(frozen=True)
class Listen:
    """Learn what is written in a channel (name or id) from now on, or no longer."""

    method: ClassVar[str] = "listen"
    guild: str
    channel: str
    learn: bool


@dataclass(frozen=True)
class Train:
    """Learn the history of Discord channels (by name or id; none: all listened to)."""

    method: ClassVar[str] = "train"
    guild: str
    channels: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class JobControl:
    """Pause, resume or stop long work by the `job` number of its `Progress`."""

    method: ClassVar[str] = "job"
    job: int
    action: str
    """pause, resume or stop."""


@dataclass(frozen=True)
class Reconnect:
    """Connect to Discord (again); `connect` false goes offline and stays there."""

    method: ClassVar[str] = "reconnect"
    connect: bool = True


DISCORD_REQUESTS = (
    Send,
    Decide,
    Listen,
    Train,
    JobControl,
    Reconnect,
)
