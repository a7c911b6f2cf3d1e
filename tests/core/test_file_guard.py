"""No plain read of this process drops SQLite's locks on its database."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.files import replacing
from app.store import guilds
from app.store.database import Database

OTHER_PROCESS = """
import sys
from pathlib import Path
from app.store import guilds
from app.store.database import Database
with Database(Path(sys.argv[1]), checkpoints=False) as database:
    database.call(guilds.ensure, "written meanwhile")
"""


def _read(path: Path) -> None:
    path.read_bytes()


def _read_through_a_link(path: Path) -> None:
    link = path.with_name("a link")
    link.symlink_to(path)
    link.read_bytes()


def _replace(path: Path) -> None:
    with replacing(path) as file:
        file.write(b"an export")


LINKS = pytest.mark.posix_only("Windows lets administrators alone make such links")


@pytest.mark.parametrize(
    "touch", [_read, pytest.param(_read_through_a_link, marks=LINKS), _replace]
)
@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_an_open_database_cannot_be_touched_past_sqlite(
    tmp_path: Path, touch: Callable[[Path], None], suffix: str
) -> None:
    path = tmp_path / "mynah.db"
    with Database(path):
        with pytest.raises(OSError, match="a database that Mynah has open"):
            touch(Path(f"{path}{suffix}"))


@pytest.mark.process
def test_a_program_that_tries_every_file_keeps_its_locks_and_its_log(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mynah.db"
    with Database(path) as database:
        database.call(guilds.ensure, "before")
        log = path.with_name("mynah.db-wal")
        inode = log.stat().st_ino
        for file in tmp_path.iterdir():
            try:
                file.read_bytes()
            except OSError:
                continue
        # It would find no lock, and at its end delete the log.
        command = [sys.executable, "-c", OTHER_PROCESS, str(path)]
        subprocess.run(command, check=True)
        assert log.stat().st_ino == inode
        database.call(guilds.ensure, "after")
    with Database(path) as database:
        names = {guild.name for guild in database.call(guilds.every)}
    assert names == {"before", "written meanwhile", "after"}


def test_a_closed_database_can_be_read_once_nobody_has_it_open(tmp_path: Path) -> None:
    path = tmp_path / "mynah.db"
    with Database(path):
        with Database(path, read_only=True):
            pass
        with pytest.raises(OSError, match="has open"):
            path.read_bytes()
    assert path.read_bytes()


def test_a_database_that_cannot_be_opened_is_not_kept_from_anybody(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mynah.db"
    path.write_bytes(b"no database" * 100)
    with pytest.raises(Exception, match="is damaged"):
        Database(path)
    assert path.read_bytes()


def test_a_file_without_a_number_is_taken_for_no_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows gives `nul`, and each file that it cannot open, the number 0."""
    stat = os.stat

    def without_numbers(path, *args, **options):
        found = stat(path, *args, **options)
        return os.stat_result([found.st_mode, 0, 0, *found[3:]])

    with Database(tmp_path / "mynah.db"):
        monkeypatch.setattr(os, "stat", without_numbers)
        with open(os.devnull, "rb") as nothing:
            assert nothing.read() == b""
