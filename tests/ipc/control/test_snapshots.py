"""Requests about snapshots."""

from app.ipc.control import imports, snapshots
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(snapshots.SNAPSHOT_REQUESTS)


def test_a_snapshot_is_compared_with_the_present_if_nothing_else_is_said() -> None:
    asked = build(snapshots.SnapshotCompare, {"guild": "den", "name": "spring"})
    assert asked.to is None


def test_importing_a_snapshot_counts_as_an_import_does() -> None:
    assert issubclass(snapshots.SnapshotImportReply, imports.ImportReply)
