import errno
import os
import sys
import threading
from pathlib import Path

import pytest

from app.core import files
from app.core.system import private


def leftover(path, name, age):
    left = path / f".{name}.00ff00ff{files.UNFINISHED}"
    left.write_bytes(b"half")
    past = left.stat().st_mtime - age
    os.utime(left, (past, past))
    return left


def test_a_written_file_takes_the_place_of_the_earlier_one(tmp_path):
    target = tmp_path / "a.json"
    files.write_text(target, "old")
    files.write_text(target, "n\u00e9w")
    assert target.read_text(encoding="utf-8") == "n\u00e9w"
    assert list(tmp_path.iterdir()) == [target]


def test_a_write_that_fails_leaves_the_earlier_file_and_no_temporary(tmp_path):
    target = tmp_path / "a.json"
    files.write_text(target, "old")
    with pytest.raises(ZeroDivisionError), files.replacing(target) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_replacement_that_the_system_refuses_leaves_no_temporary(
    tmp_path, monkeypatch
):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError):
        files.write_text(tmp_path / "a.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_readable_by_its_owner_alone_from_the_first_moment(
    tmp_path, monkeypatch
):
    target, opened = tmp_path / "secrets.json", []
    target.write_text("old", encoding="utf-8")
    keep = private.keep

    def look_and_keep(path):
        opened.append(os.name != "nt" and private.is_open(path))
        keep(path)

    monkeypatch.setattr(private, "keep", look_and_keep)
    before = os.umask(0)
    with files.replacing(target, is_secret=True) as file:
        file.write(b"key")
        (temporary,) = tmp_path.glob(f".*{files.UNFINISHED}")
        assert not private.is_open(temporary)
    os.umask(before)
    assert opened == [False] and not private.is_open(target)


def test_a_file_that_somebody_reads_is_replaced_once_that_ends(tmp_path, monkeypatch):
    target = tmp_path / "settings.toml"
    target.write_bytes(b"old")
    reader = target.open("rb")
    if os.name == "nt":
        threading.Timer(0.2, reader.close).start()
    else:
        replace = os.replace

        def refuse_while_read(source, place):
            if not reader.closed:
                reader.close()
                raise PermissionError(13, "in use")
            replace(source, place)

        monkeypatch.setattr(os, "replace", refuse_while_read)
        monkeypatch.setattr(files, "PAUSES", (0.0,))
    files.write_text(target, "new")
    assert target.read_bytes() == b"new"


def test_the_file_and_then_its_directory_reach_the_disk(tmp_path, monkeypatch):
    order = []
    replace, sync = os.replace, files.sync_directory
    monkeypatch.setattr(os, "fsync", lambda _: order.append("fsync"))

    def replaced(*both: str) -> None:
        order.append("replace")
        replace(*both)

    def synced(path: Path) -> None:
        order.append("directory")
        sync(path)

    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(files, "sync_directory", synced)
    files.write_text(tmp_path / "a", "x")
    assert order[:3] == ["fsync", "replace", "directory"]


@pytest.mark.parametrize("disk_takes_it", [True, False])
def test_on_macos_a_file_leaves_the_memory_of_the_disk_too(
    tmp_path, monkeypatch, disk_takes_it
):
    # fsync(2) there: "the drive itself may not physically write the data to the
    # platters for quite some time"; F_FULLFSYNC asks it to. A disk may refuse that.
    fcntl = pytest.importorskip("fcntl")
    asked = []

    def full(handle, command):
        asked.append(command)
        if not disk_takes_it:
            raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", full)
    monkeypatch.setattr(os, "fsync", lambda handle: asked.append("fsync"))
    files.write_text(tmp_path / "a.json", "{}")
    once = [51] if disk_takes_it else [51, "fsync"]
    assert asked == once * 2  # the file, then its folder


def test_leftovers_of_killed_processes_are_swept_and_fresh_ones_stay(tmp_path):
    deep = tmp_path / "guilds" / "1"
    deep.mkdir(parents=True)
    old = leftover(deep, "index.bin", files.ABANDONED_SECONDS + 1)
    fresh = leftover(tmp_path, "config.toml", 0)
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    files.sweep(tmp_path)
    assert not old.exists()
    assert fresh.exists() and (tmp_path / "config.toml").exists()


def test_a_write_clears_away_its_own_old_leftovers_alone(tmp_path):
    own = leftover(tmp_path, "out[1].zip", files.ABANDONED_SECONDS + 1)
    other = leftover(tmp_path, "other.zip", files.ABANDONED_SECONDS + 1)
    files.write_text(tmp_path / "out[1].zip", "x")
    assert not own.exists() and other.exists()


def test_the_size_is_that_of_a_file_or_of_all_files_below(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_bytes(b"123")
    (tmp_path / "sub" / "b").write_bytes(b"4567")
    assert files.size(tmp_path / "a") == 3
    assert files.size(tmp_path) == 7
    assert files.size(tmp_path / "none") == 0


def test_what_a_library_wrote_beside_a_file_takes_its_place(tmp_path):
    target = tmp_path / "index.bin"
    target.write_bytes(b"old")
    with files.unfinished(target) as temporary:
        temporary.write_bytes(b"new")
        files.put(temporary, target)
    assert target.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [target]


def test_what_a_library_left_half_written_is_removed(tmp_path):
    target = tmp_path / "index.bin"
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="full"), files.unfinished(target) as temporary:
        temporary.write_bytes(b"ha")
        raise OSError("disk full")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
