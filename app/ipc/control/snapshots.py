"""Requests about snapshots of a guild."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.control.guilds import CountedText, ExportReply
from app.ipc.control.imports import ImportReply
from app.ipc.control.settings import SettingValue
from app.ipc.wire import Request


@dataclass(frozen=True)
class KeptSnapshot:
    """A kept state of a guild."""

    name: str
    at: float
    """Seconds since the epoch."""
    messages: int
    """Of the voice; others are only stored."""


@dataclass(frozen=True)
class SnapshotsReply:
    """The snapshots of a guild, newest first."""

    snapshots: list[KeptSnapshot]


@dataclass(frozen=True)
class Snapshots(Request[SnapshotsReply]):
    """Kept states of a guild."""

    method: ClassVar[str] = "snapshots"
    only_reads: ClassVar[bool] = True
    guild: str


@dataclass(frozen=True)
class SnapshotTake(Request[KeptSnapshot]):
    """Keep voice, persona and settings as they are now under a name."""

    method: ClassVar[str] = "snapshot_take"
    guild: str
    name: str


@dataclass(frozen=True)
class SnapshotRestoreReply:
    """A guild was rolled back."""

    name: str
    undo: str
    """The snapshot that brings back what was before."""
    complete: bool


@dataclass(frozen=True)
class SnapshotRestore(Request[SnapshotRestoreReply]):
    """Roll voice, persona and settings back.

    What was learned since stays stored outside the voice: the snapshot named `undo`
    is taken before, and brings it back. What may leave the machine is not rolled back.
    """

    method: ClassVar[str] = "snapshot_restore"
    guild: str
    name: str


@dataclass(frozen=True)
class SettingChange:
    """A setting that differs; None where it is not set."""

    channel: str | None
    key: str
    before: SettingValue
    after: SettingValue


@dataclass(frozen=True)
class SnapshotCompareReply:
    """Words that the other side never had, and the settings that differ."""

    gained: list[CountedText]
    lost: list[CountedText]
    settings: list[SettingChange]


@dataclass(frozen=True)
class SnapshotCompare(Request[SnapshotCompareReply]):
    """The voice's gains and losses between two snapshots, or since one."""

    method: ClassVar[str] = "snapshot_compare"
    only_reads: ClassVar[bool] = True
    guild: str
    name: str
    to: str | None = None
    """The later one; None is what the guild is now."""


@dataclass(frozen=True)
class SnapshotExport(Request[ExportReply]):
    """Write a snapshot with its messages to a file."""

    method: ClassVar[str] = "snapshot_export"
    guild: str
    name: str
    to: str
    overwrite: bool = False
    """Replace a file that is there."""


@dataclass(frozen=True)
class SnapshotImportReply(ImportReply):
    """Counts of an import, and what it is kept as."""

    name: str
    settings: int
    """The number of settings that were set."""


@dataclass(frozen=True)
class SnapshotImport(Request[SnapshotImportReply]):
    """Make a guild of an exported snapshot.

    Settings that do not fit this version are left out, and so are those that decide
    what may leave the computer.
    """

    method: ClassVar[str] = "snapshot_import"
    guild: str
    """A guild without messages, made if there is none."""
    file: str


@dataclass(frozen=True)
class SnapshotRemoveReply:
    """A snapshot that is gone."""

    name: str


@dataclass(frozen=True)
class SnapshotRemove(Request[SnapshotRemoveReply]):
    """Drop a snapshot; the messages stay."""

    method: ClassVar[str] = "snapshot_remove"
    guild: str
    name: str


SNAPSHOT_REQUESTS = (
    Snapshots,
    SnapshotTake,
    SnapshotRestore,
    SnapshotCompare,
    SnapshotExport,
    SnapshotImport,
    SnapshotRemove,
)
