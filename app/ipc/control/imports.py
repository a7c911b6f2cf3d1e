"""Requests to learn from files."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from app.core.labels import many
from app.ipc.control.guilds import CountedText
from app.ipc.wire import Request


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
class FilesRequest:
    """A request about files of one server, or of all, and how to read them."""

    guild: str
    """Name or id of the server; empty to look at every server in the files."""
    paths: list[str]
    channel: str | None = None
    """Name of the channel for files that name none."""
    as_format: str | None = None
    """The format of all files, instead of the one that they look like."""
    dates: str | None = None
    """`dmy` or `mdy`: the order of day and month, where dates don't show it."""


@dataclass(frozen=True)
class Import(FilesRequest, Request[ImportReply]):
    """Learn from files of one server; sends `Progress` notifications."""

    method: ClassVar[str] = "import"


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
        channels = many(len(self.channels), "channel")
        return f"{channels}{of}, {many(self.messages, 'message')}{years}"


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
class ImportPreview(FilesRequest, Request[ImportPreviewReply]):
    """Look at files before learning from them."""

    method: ClassVar[str] = "import_preview"


IMPORT_REQUESTS = (Import, ImportPreview)
