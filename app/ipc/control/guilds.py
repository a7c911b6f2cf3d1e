"""Requests about the servers, their data and their voices."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from app.core.safe_text import UNSHOWN
from app.ipc.wire import Request


@dataclass(frozen=True)
class GuildFigures:
    """A guild: what is learned of it, and how it talks."""

    row: int
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
    words: int
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


@dataclass(frozen=True)
class GuildsReply:
    """The learned guilds."""

    guilds: list[GuildFigures]


@dataclass(frozen=True)
class Guilds(Request[GuildsReply]):
    """The learned guilds."""

    method: ClassVar[str] = "guilds"


@dataclass(frozen=True)
class ImportedFile:
    """Counts of one file."""

    file: str
    read: int
    added: int
    format: str = ""
    """The name of its format."""
    refused: int = 0
    """Rows that are no messages."""


@dataclass(frozen=True)
class PassedOver:
    """Files that are not read, and the reason."""

    reason: str
    count: int
    example: str
    """The name of one of them."""


@dataclass(frozen=True)
class UnreadFile:
    """A fault in a file, with its place."""

    file: str
    text: str


@dataclass(frozen=True)
class ImportReply:
    """Counts of an import."""

    guild: str
    read: int
    added: int
    duplicates: int
    filtered: int
    reasons: dict[str, int]
    """Of the messages left out, how many for which reason."""
    seconds: float
    files: list[ImportedFile]
    errors: list[UnreadFile]
    refused: int
    """Rows that are no messages; `errors` tells why."""
    passed_over: list[PassedOver]
    notes: list[str]
    """Facts that the files cannot tell."""


@dataclass(frozen=True)
class Import(Request[ImportReply]):
    """Learn from files; sends `Progress` notifications."""

    method: ClassVar[str] = "import"
    guild: str
    paths: list[str]
    channel: str | None = None
    as_format: str | None = None
    """The format of all files, instead of the one that they look like."""
    dates: str | None = None
    """`dmy` or `mdy`: the order of day and month, where dates don't show it."""


@dataclass(frozen=True)
class Receipt:
    """The outcome of a search of the home for forgotten texts."""

    stores: list[str]
    """Names of what was searched."""
    files: int
    bytes: int
    texts: int
    left_out: int
    """Texts not searched for: too short, beyond the most, or written by others too."""
    found: list[str]
    """Files, relative to the home, that still have one of the texts."""

    def in_words(self) -> list[str]:
        """Say what was searched and what was found, a sentence each."""
        told = [
            f"Searched {self.files:,} files ({self.bytes / 1e6:,.1f} MB):"
            f" {', '.join(self.stores)}.",
            f"None of the {self.texts:,} texts was found.",
        ]
        if not self.texts:
            told[1] = "There was no text to search for."
        if self.found:
            told[1] = f"{len(self.found):,} files still have one of the texts."
        if self.left_out:
            told.append(
                f"Not searched for: {self.left_out:,} texts that are too short, too"
                " many, or said by others too."
            )
        return told


@dataclass(frozen=True)
class ForgetReply:
    """The counts of a removal."""

    messages: int
    embeddings: int
    replies: int
    """Replies that drew on them, whose text is gone."""
    complete: bool
    """True if the files are rewritten, too."""
    lifted: int = 0
    """Entries about what was forgotten that an `undo` took away."""
    receipt: Receipt | None = None
    """Of the search that `prove` asked for."""


@dataclass(frozen=True)
class Forget(Request[ForgetReply]):
    """Forget messages, an author, a channel or a whole guild, everywhere.

    With `undo` they may be learned again. Of a whole guild what members forgot
    themselves stays forgotten.
    """

    method: ClassVar[str] = "forget"
    guild: str
    messages: list[str] = field(default_factory=list)
    author: str | None = None
    channel: str | None = None
    everything: bool = False
    undo: bool = False
    prove: bool = False
    """Search the whole home afterwards; the reply then has a `receipt`."""


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
    guild: str
    limit: int = 30


@dataclass(frozen=True)
class FoundServer:
    """A server that files are of, and what would be learned."""

    id: str | None
    name: str | None
    """None for files that name no server."""
    files: int
    messages: int
    channels: list[CountedText]
    """The channels by name, those with most messages first."""
    first: float | None
    """Seconds since the epoch."""
    last: float | None

    def in_words(self) -> str:
        """Return its channels, messages and years, in one line."""
        of = f" of {self.name or self.id}" if self.name or self.id else ""
        years = ""
        if self.first is not None and self.last is not None:
            first, last = (
                datetime.fromtimestamp(one, UTC).year for one in (self.first, self.last)
            )
            years = f", {first}" if first == last else f", {first}-{last}"
        channels = _many(len(self.channels), "channel")
        return f"{channels}{of}, {_many(self.messages, 'message')}{years}"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class ImportPreviewReply:
    """The messages that an import would learn; nothing is stored."""

    servers: list[FoundServer]
    files: list[ImportedFile]
    filtered: int
    reasons: dict[str, int]
    """Of the messages left out, how many for which reason."""
    errors: list[UnreadFile]
    refused: int
    passed_over: list[PassedOver]
    notes: list[str]
    seconds: float


@dataclass(frozen=True)
class ImportPreview(Request[ImportPreviewReply]):
    """Look at files before learning from them."""

    method: ClassVar[str] = "import_preview"
    guild: str
    """Name or id of the server; empty to look at every server in the files."""
    paths: list[str]
    channel: str | None = None
    as_format: str | None = None
    dates: str | None = None


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
    Import,
    ImportPreview,
    Forget,
    Export,
    Backup,
    Phrases,
    Listen,
    Quiet,
)
