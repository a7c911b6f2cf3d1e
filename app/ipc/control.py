"""The catalogue of what the TUI and the command line may ask of the bot.

A request is a frozen dataclass with the wire's `method` name; the bot's service has one
handler of that name. Replies are the JSON objects of the command line's `--json`.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

Json = dict[str, Any]


@dataclass(frozen=True)
class Status:
    """State of the whole chain: bot, model, queue, speed, today's counts."""

    method: ClassVar[str] = "status"


@dataclass(frozen=True)
class Guilds:
    """What is learned, a guild each."""

    method: ClassVar[str] = "guilds"


@dataclass(frozen=True)
class Say:
    """One reply, made but not sent; streams `Token` notifications if asked to."""

    method: ClassVar[str] = "say"
    guild: str
    """A guild's name or Discord id."""
    text: str
    channel: str | None = None
    author: str = "you"
    mode: str | None = None
    provider: str | None = None
    voice: int | None = None
    """The dial, 0-100; None is the guild's own."""
    seed: str | None = None
    max_ms: int | None = None
    explain: bool = False
    stream: int | None = None
    """A number chosen by the asker; `Token` notifications carry it."""
    turns: list[list[str]] = field(default_factory=list)
    """Earlier [speaker, text] turns, oldest first, that are not in the database."""


@dataclass(frozen=True)
class Cancel:
    """Stop the reply that streams under this number."""

    method: ClassVar[str] = "cancel"
    stream: int


@dataclass(frozen=True)
class Import:
    """Learn from files; sends `Progress` notifications; the reply has the counts."""

    method: ClassVar[str] = "import"
    guild: str
    paths: list[str]
    channel: str | None = None


@dataclass(frozen=True)
class Forget:
    """Forget messages, an author, a channel or a whole guild, everywhere."""

    method: ClassVar[str] = "forget"
    guild: str
    messages: list[str] = field(default_factory=list)
    author: str | None = None
    channel: str | None = None
    everything: bool = False


@dataclass(frozen=True)
class ConfigGet:
    """Settings with their origin: default, file, guild or channel."""

    method: ClassVar[str] = "config_get"
    key: str | None = None
    guild: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class ConfigSet:
    """Change a setting for the home, a guild or a channel; value None resets it."""

    method: ClassVar[str] = "config_set"
    key: str
    value: str | None = None
    guild: str | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Models:
    """The catalogue with what is present and which model is used."""

    method: ClassVar[str] = "models"


@dataclass(frozen=True)
class ModelPull:
    """Fetch a model of the catalogue; sends `Progress` notifications."""

    method: ClassVar[str] = "model_pull"
    name: str


@dataclass(frozen=True)
class ModelUse:
    """Use a model of the catalogue, or a GGUF file by its path."""

    method: ClassVar[str] = "model_use"
    name: str


@dataclass(frozen=True)
class ModelRemove:
    """Delete the file of a model."""

    method: ClassVar[str] = "model_remove"
    name: str


@dataclass(frozen=True)
class Doctor:
    """Check what commonly breaks."""

    method: ClassVar[str] = "doctor"


@dataclass(frozen=True)
class Usage:
    """Tokens, cost and what left the machine, by day, guild and model."""

    method: ClassVar[str] = "usage"
    days: int = 31


@dataclass(frozen=True)
class Explain:
    """The row that explains a reply."""

    method: ClassVar[str] = "explain"
    reply: int


@dataclass(frozen=True)
class Rate:
    """Like (+1), dislike (-1) or take back (0) a reply."""

    method: ClassVar[str] = "rate"
    reply: int
    value: int


@dataclass(frozen=True)
class Subscribe:
    """From now on send this peer all notifications: log, state, message, reply."""

    method: ClassVar[str] = "subscribe"


@dataclass(frozen=True)
class Shutdown:
    """End the bot."""

    method: ClassVar[str] = "shutdown"


# Notifications, bot → asker.


@dataclass(frozen=True)
class Token:
    """A piece of a reply that streams."""

    method: ClassVar[str] = "token"
    stream: int
    text: str


@dataclass(frozen=True)
class Progress:
    """How far long work is."""

    method: ClassVar[str] = "progress"
    work: str
    """What is done: import, train, rebuild, embed, pull."""
    label: str
    done: int
    total: int
    """0 while unknown."""
    unit: str
    rate: float
    """Units a second."""


@dataclass(frozen=True)
class State:
    """The `Status` reply, sent whenever it changes."""

    method: ClassVar[str] = "state"
    status: Json


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
    guild: int
    channel: int


@dataclass(frozen=True)
class ReplyMade:
    """A reply was made; the TUI reads its row."""

    method: ClassVar[str] = "reply"
    row: int
    guild: int
    channel: int | None


REQUESTS = (
    Status, Guilds, Say, Cancel, Import, Forget, ConfigGet, ConfigSet, Models, ModelPull,
    ModelUse, ModelRemove, Doctor, Usage, Explain, Rate, Subscribe, Shutdown,
)  # fmt: skip
NOTIFICATIONS = (Token, Progress, State, Log, MessageSeen, ReplyMade)
