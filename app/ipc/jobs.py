"""The catalogue of jobs: long work that a child of the bot does, then it ends.

The bot sends one request; the child sends `Progress` notifications, then the reply.
"""

from dataclasses import dataclass
from typing import ClassVar

from app.core.names import GuildId
from app.ipc.control import (
    CountedText,
    ImportPreviewReply,
    ImportReply,
    MeasuredFormat,
    Progress,
)
from app.ipc.wire import Catalogue, Request


@dataclass(frozen=True)
class ImportJobReply:
    """The counts of an import, and where its messages are."""

    counts: ImportReply
    built: bool
    """True if the voice's files have the messages."""


@dataclass(frozen=True)
class ImportJob(Request[ImportJobReply]):
    """Store the messages of files, and build the guild's voice if much is new."""

    method: ClassVar[str] = "import"
    guild: GuildId
    paths: list[str]
    channel: str | None = None
    """Name of the channel for files that name none."""
    as_format: str | None = None
    dates: str | None = None


@dataclass(frozen=True)
class PreviewJob(Request[ImportPreviewReply]):
    """Look at files, and store nothing."""

    method: ClassVar[str] = "preview"
    guild: str
    """Name of the server; empty for every server in the files."""
    paths: list[str]
    id: str | None = None
    """Discord's id of the server, if it is known here."""
    claimed: str | None = None
    """The name that its files gave it before."""
    channel: str | None = None
    as_format: str | None = None
    dates: str | None = None
    is_deep: bool = True
    """Read the messages, too."""
    row: GuildId | None = None
    """The server's row, whose filters hold; None for a new server."""


@dataclass(frozen=True)
class RebuildJobReply:
    """The size of a voice that was built."""

    messages: int


@dataclass(frozen=True)
class RebuildJob(Request[RebuildJobReply]):
    """Write a guild's voice anew from the database."""

    method: ClassVar[str] = "rebuild"
    guild: GuildId
    compact: bool = False
    """Write the database anew as well, without traces of what was deleted."""


@dataclass(frozen=True)
class FollowJob(Request[RebuildJobReply]):
    """Build a guild's voice while an import still stores its messages.

    It reads what is there, waits for more, and writes the files after `AllStored`.
    """

    method: ClassVar[str] = "follow"
    guild: GuildId


@dataclass(frozen=True)
class CompareJobReply:
    """The words that a voice gained and lost, the most frequent first."""

    gained: list[CountedText]
    lost: list[CountedText]


@dataclass(frozen=True)
class CompareJob(Request[CompareJobReply]):
    """Compare a guild's voice as a snapshot has it with a later one."""

    method: ClassVar[str] = "compare"
    guild: GuildId
    before: str
    after: str | None = None
    """Name of the later snapshot; None for the voice as it is now."""


@dataclass(frozen=True)
class TokenVoiceJobReply:
    """The size of a token voice that was built."""

    messages: int


@dataclass(frozen=True)
class TokenVoiceJob(Request[TokenVoiceJobReply]):
    """Build a guild's voice in the tokens of a model."""

    method: ClassVar[str] = "token_voice"
    guild: GuildId
    model: str
    """Path of the GGUF file, or of the tokenizer of a host's model."""
    is_awaited: bool = False
    """Somebody waits for it, so that it need not stand back."""


@dataclass(frozen=True)
class RequantiseJobReply:
    """The format that was kept, and the figures that decided."""

    kept: str
    file: str
    formats: list[MeasuredFormat]
    """Empty when nothing was measured."""


@dataclass(frozen=True)
class RequantiseJob(Request[RequantiseJobReply]):
    """Write a model in the format that suits this processor."""

    method: ClassVar[str] = "requantise"
    source: str
    target: str
    threads: int = 0
    """0 for as many as the processor has cores to spare."""
    lossless: bool = False
    """Take the lossless format without measuring any."""


@dataclass(frozen=True)
class SearchJobReply:
    """The files that were searched, and those that have one of the texts."""

    files: int
    bytes: int
    found: list[str]
    """Relative to the home."""


@dataclass(frozen=True)
class SearchJob(Request[SearchJobReply]):
    """Search the files of the home for texts."""

    method: ClassVar[str] = "search"
    texts: list[str]
    without: list[str]
    """Entries of the home to leave out."""


@dataclass(frozen=True)
class PictureJobReply:
    """A picture as models look at it."""

    data: str
    """JPEG in base64."""


@dataclass(frozen=True)
class PictureJob(Request[PictureJobReply]):
    """Decode a picture that somebody sent, and make it small and plain."""

    method: ClassVar[str] = "picture"
    data: str
    """The file in base64."""


@dataclass(frozen=True)
class SpeechJobReply:
    """The words of a voice message; empty if it has none."""

    text: str


@dataclass(frozen=True)
class SpeechJob(Request[SpeechJobReply]):
    """Write down what a voice message says."""

    method: ClassVar[str] = "speech"
    data: str
    """The file in base64."""
    model: str
    """Path of a model of whisper.cpp."""
    threads: int


@dataclass(frozen=True)
class UtteranceJobReply:
    """A voice message."""

    data: str
    """The file, Opus in Ogg, in base64."""
    seconds: float
    waveform: str
    """Its loudness over time in base64, a byte for each moment."""


@dataclass(frozen=True)
class UtteranceJob(Request[UtteranceJobReply]):
    """Say words aloud."""

    method: ClassVar[str] = "utterance"
    text: str
    model: str
    """Path of the folder of a model of Supertonic."""
    timbre: str
    """The voice, such as F1."""
    threads: int


# Notifications, bot → child.


@dataclass(frozen=True)
class Pause:
    """Wait after the next `Progress`."""

    method: ClassVar[str] = "pause"


@dataclass(frozen=True)
class Resume:
    """Go on after a `Pause`."""

    method: ClassVar[str] = "resume"


@dataclass(frozen=True)
class AllStored:
    """All messages that a `FollowJob` waits for are stored."""

    method: ClassVar[str] = "all_stored"


# A notification, child → bot.


@dataclass(frozen=True)
class MemoryTaken:
    """The most bytes of memory that a job held; sent before its reply."""

    method: ClassVar[str] = "memory_taken"
    bytes: int


REQUESTS = (
    ImportJob, PreviewJob, RebuildJob, FollowJob, CompareJob, TokenVoiceJob,
    RequantiseJob, SearchJob, PictureJob, SpeechJob, UtteranceJob,
)  # fmt: skip

STEERABLE = (ImportJob, PreviewJob, RebuildJob, CompareJob)
"""Jobs that may be paused and stopped by hand."""

TO_CHILD = Catalogue(REQUESTS, (Pause, Resume, AllStored))
FROM_CHILD = Catalogue((), (Progress, MemoryTaken))
