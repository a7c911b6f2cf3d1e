"""Requests about snapshots of a guild."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Snapshots:
    """Kept states of a guild: `snapshots` (`name`, `at`, `messages`), newest first."""

    method: ClassVar[str] = "snapshots"
    guild: str


@dataclass(frozen=True)
class SnapshotTake:
    """Keep voice, persona and settings as they are now under a name."""

    method: ClassVar[str] = "snapshot_take"
    guild: str
    name: str


@dataclass(frozen=True)
class SnapshotRestore:
    """Roll voice, persona and settings back; `name`, `undo`, `complete`.

    What was learned since stays stored outside the voice: the snapshot named `undo`
    is taken before, and brings it back. What may leave the machine is not rolled back.
    """

    method: ClassVar[str] = "snapshot_restore"
    guild: str
    name: str


@dataclass(frozen=True)
class SnapshotCompare:
    """The voice's gains and losses between two snapshots, or since one.

    Keys: `gained` and `lost` (`text`, `count`: words the other never had), `settings`
    (`channel`, `key`, `before`, `after`).
    """

    method: ClassVar[str] = "snapshot_compare"
    guild: str
    name: str
    to: str | None = None
    """The later one; None is what the guild is now."""


@dataclass(frozen=True)
class SnapshotExport:
    """Write a snapshot with its messages to a file; `file`, `messages`."""

    method: ClassVar[str] = "snapshot_export"
    guild: str
    name: str
    to: str


@dataclass(frozen=True)
class SnapshotImport:
    """Make a guild of an exported snapshot; the counts of `Import`, `name`, `settings`.

    Settings of its that do not fit this version, and those of what may leave the
    machine, are left out.
    """

    method: ClassVar[str] = "snapshot_import"
    guild: str
    """A guild without messages, made if there is none."""
    file: str


@dataclass(frozen=True)
class SnapshotRemove:
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
