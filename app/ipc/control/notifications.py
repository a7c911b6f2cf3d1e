"""The bot's notifications to its askers."""

from dataclasses import dataclass
from typing import ClassVar

from app.core.names import GuildId
from app.ipc.control.app import StatusReply


@dataclass(frozen=True)
class Token:
    """A piece of a reply that streams."""

    method: ClassVar[str] = "token"
    stream: int
    text: str
    restart: bool = False
    """Withdraw the text so far: another provider starts again."""


@dataclass(frozen=True)
class Progress:
    """The progress of long work."""

    method: ClassVar[str] = "progress"
    work: str
    """The kind of work: import, train, rebuild, tokens, embed, index, pull, tune,
    forget."""
    label: str
    """Of what; the same as long as it is the same work."""
    done: int
    total: int
    """0 while unknown."""
    unit: str
    rate: float
    """Units a second."""
    job: int = 0
    """Number for `Job`; 0 when the work can't be steered."""
    paused: bool = False
    finished: bool = False
    error: str = ""
    """The reason for an early end, for a person."""
    note: str = ""
    """An extra note, such as messages read so far."""
    stopped: bool = False
    """The owner ended it before it was done."""


@dataclass(frozen=True)
class StateChanged:
    """The reply to `Status`, sent whenever it changes."""

    method: ClassVar[str] = "state"
    status: StatusReply


@dataclass(frozen=True)
class Log:
    """One log line."""

    method: ClassVar[str] = "log"
    level: str
    source: str
    text: str
    at: float
    """Seconds since the epoch."""


@dataclass(frozen=True)
class MessageSeen:
    """A message was stored or changed; the TUI reads its row."""

    method: ClassVar[str] = "message"
    row: int
    guild: GuildId
    channel: int


@dataclass(frozen=True)
class ReplyMade:
    """A reply was made, or what becomes of it was decided; the TUI reads its row."""

    method: ClassVar[str] = "reply"
    row: int
    guild: GuildId
    channel: int | None


NOTIFICATIONS = (
    Token,
    Progress,
    StateChanged,
    Log,
    MessageSeen,
    ReplyMade,
)
