"""Requests about what is done on Discord for the owner."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class SendReply:
    """The Discord ids of the messages that were sent."""

    sent: list[str]


@dataclass(frozen=True)
class Send(Request[SendReply]):
    """Say something in a channel as the bot, in the owner's words."""

    method: ClassVar[str] = "send"
    guild: str
    channel: str
    text: str


@dataclass(frozen=True)
class DecideReply:
    """True if the draft was sent."""

    reply: int
    sent: bool


@dataclass(frozen=True)
class Decide(Request[DecideReply]):
    """Send a shadow draft (with `text` in its place, if given), or throw it away."""

    method: ClassVar[str] = "decide"
    reply: int
    approve: bool
    text: str | None = None


@dataclass(frozen=True)
class DraftBack(Request[DecideReply]):
    """Let a rejected draft wait again, and unlearn that it was rejected."""

    method: ClassVar[str] = "draft_back"
    reply: int


@dataclass(frozen=True)
class TrainReply:
    """The channels whose history is read."""

    guild: str
    channels: list[str]


@dataclass(frozen=True)
class Train(Request[TrainReply]):
    """Learn the history of Discord channels (by name or id; none: all listened to)."""

    method: ClassVar[str] = "train"
    guild: str
    channels: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class JobControlReply:
    """The action taken, and the work it was taken on."""

    job: int
    action: str


@dataclass(frozen=True)
class JobControl(Request[JobControlReply]):
    """Pause, resume or stop long work by the `job` number of its `Progress`."""

    method: ClassVar[str] = "job"
    job: int
    action: str
    """pause, resume or stop."""


@dataclass(frozen=True)
class ReconnectReply:
    """True if a connection is wanted now."""

    connect: bool


@dataclass(frozen=True)
class Reconnect(Request[ReconnectReply]):
    """Connect to Discord (again); `connect` false goes offline and stays there."""

    method: ClassVar[str] = "reconnect"
    connect: bool = True


DISCORD_REQUESTS = (
    Send,
    Decide,
    DraftBack,
    Train,
    JobControl,
    Reconnect,
)
