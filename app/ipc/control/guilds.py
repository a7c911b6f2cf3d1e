"""Requests about the servers, their data and their voices."""

from dataclasses import dataclass, field
from typing import ClassVar

from app.core.names import GuildId
from app.core.safe_text import UNSHOWN
from app.ipc.wire import Request

GUILD_PAGE = 50
"""The guilds that are listed at once, unless asked for otherwise."""

MOST_GUILDS = 1000
"""The most guilds of one reply."""


@dataclass(frozen=True)
class GuildFigures:
    """A guild: what is learned of it, and how it talks."""

    row: GuildId
    id: str | None
    """Discord's id; None of a guild that is not on Discord."""
    guild: str
    """Its name."""
    key: str = field(metadata=UNSHOWN)
    """Name of the guild in requests: Discord's id, or its name as it is."""
    messages: int
    learned: int
    dropped: dict[str, int]
    """Messages that are not learned, by reason."""
    words: int | None
    """None if nobody has counted them, in a home of many guilds."""
    voice: str
    """State in words."""
    embeddings: int
    backlog: int
    """Messages still without an embedding."""
    bytes: dict[str, int]
    """On disk, by part."""
    mode: str
    provider: str
    dial: int
    join_in: float
    shadow: bool
    local_only: bool
    refused: str
    """The reason why replies may not go to the host now; empty if they may."""
    is_demo: bool
    disliked: int
    opted_out: int
    last_reply: float | None
    """Seconds since the epoch."""
    is_listed: bool = True
    """On the owner's list; elsewhere the bot is silent."""
    holder: str = ""
    """The other process that holds it, in words; empty where this one does."""


@dataclass(frozen=True)
class GuildsReply:
    """A page of the learned guilds."""

    guilds: list[GuildFigures]
    matching: int
    """The number of guilds with the words in their names."""
    all: int


@dataclass(frozen=True)
class Guilds(Request[GuildsReply]):
    """A page of the learned guilds, by name."""

    method: ClassVar[str] = "guilds"
    only_reads: ClassVar[bool] = True
    words: str = ""
    """A part of their names, in any case."""
    skip: int = 0
    limit: int = GUILD_PAGE
    rows: list[GuildId] = field(default_factory=list)
    """These guilds alone, whatever else is asked for."""


@dataclass(frozen=True)
class ExportReply:
    """A file that was written."""

    guild: str
    messages: int
    file: str


@dataclass(frozen=True)
class Export(Request[ExportReply]):
    """Write a guild's messages to a file, or its channels to files in a folder."""

    method: ClassVar[str] = "export"
    guild: str
    to: str
    kind: str = "jsonl"
    """`jsonl` for one file in the interchange format; `json` or `html` for a folder."""
    overwrite: bool = False
    """Replace files that are there already."""


@dataclass(frozen=True)
class BackupReply:
    """A backup that was written."""

    file: str
    bytes: int


@dataclass(frozen=True)
class Backup(Request[BackupReply]):
    """Write everything that cannot be made again to a file."""

    method: ClassVar[str] = "backup"
    to: str
    overwrite: bool = False
    """Replace a file that is there already."""


@dataclass(frozen=True)
class CountedText:
    """A word or phrase, and how often it is said."""

    text: str
    count: int


@dataclass(frozen=True)
class PhrasesReply:
    """The most telling words and phrases of a guild, best first."""

    words: list[CountedText]
    phrases: list[CountedText]


@dataclass(frozen=True)
class Phrases(Request[PhrasesReply]):
    """The words and phrases that make a guild's voice its own."""

    method: ClassVar[str] = "phrases"
    only_reads: ClassVar[bool] = True
    guild: str
    limit: int = 30


@dataclass(frozen=True)
class ListenReply:
    """True if the channel is learned from."""

    channel: str
    learn: bool


@dataclass(frozen=True)
class Listen(Request[ListenReply]):
    """Learn what is written in a channel (name or id) from now on, or no longer."""

    method: ClassVar[str] = "listen"
    guild: str
    channel: str
    learn: bool


@dataclass(frozen=True)
class QuietReply:
    """The channel, and the end of its silence in seconds since the epoch."""

    channel: str
    until: float


@dataclass(frozen=True)
class Quiet(Request[QuietReply]):
    """Keep quiet in a channel (name or id) for some seconds; 0 ends the silence."""

    method: ClassVar[str] = "quiet"
    guild: str
    channel: str
    seconds: float


GUILD_REQUESTS = (
    Guilds,
    Export,
    Backup,
    Phrases,
    Listen,
    Quiet,
)
