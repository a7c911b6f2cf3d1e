"""Errors of SQLite and the disk reach the owner as sentences."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import peewee
import pytest

from app.core.errors import AppError
from app.core.names import GuildId
from app.store import database, forgetting, guilds
from app.store.database import Database, write
from app.store.engines import sqlite
from app.store.engines.sqlite import DatabaseDamagedError
from app.store.tables import Guild
from tests.home_files import files_with
from tests.store.conftest import opened, path_of

Write = Callable[..., int]


@pytest.fixture
def engine() -> str:
    return "sqlite"


@write
def _fill(pages: int) -> None:
    opened().execute_sql(f"PRAGMA max_page_count = {pages}")
    for number in range(10_000):
        Guild.create(name="x" * 500 + str(number), joined=0)


def test_a_full_database_says_so_and_keeps_what_there_was(db: Database) -> None:
    db.call(guilds.ensure, "den")
    pages = db.call(lambda: opened().execute_sql("PRAGMA page_count").fetchone()[0])
    with pytest.raises(AppError, match="is full") as caught:
        db.call(_fill, pages + 20)
    assert "Make room" in caught.value.hint
    db.call(lambda: opened().execute_sql("PRAGMA max_page_count = 1000000"))
    assert [one.name for one in db.call(guilds.every)] == ["den"]


def test_a_damaged_page_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "mynah.db"
    with Database(path) as database:
        for number in range(500):
            database.call(guilds.ensure, f"guild {number}")
    data = bytearray(path.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    for start in range(page, len(data), page):
        data[start : start + 200] = b"\xff" * 200
    path.write_bytes(data)
    with pytest.raises(DatabaseDamagedError, match="is damaged"):
        with Database(path) as database:
            database.call(guilds.every)


def test_what_is_no_database_says_so(tmp_path: Path) -> None:
    path = tmp_path / "mynah.db"
    path.write_text("never a database, and long enough for a header of one hundred" * 9)
    with pytest.raises(DatabaseDamagedError, match="mynah restore|is damaged"):
        Database(path)


@pytest.mark.parametrize("words", ["disk I/O error", "unable to open database file"])
def test_a_full_disk_is_no_damage(monkeypatch, words: str) -> None:
    """SQLite says so where a full disk lets it not make the index of the log."""
    error = peewee.OperationalError(words)
    full = shutil.disk_usage("/")._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    known = sqlite.explain(error, Path("home/mynah.db"))
    assert known is not None and known.message == "The disk of home is full."


def test_a_failing_disk_is_no_damage(tmp_path: Path) -> None:
    error = peewee.OperationalError("disk I/O error")
    known = sqlite.explain(error, tmp_path / "mynah.db")
    assert known is not None and "failed to read or write" in known.message
    assert not isinstance(known, DatabaseDamagedError)


def test_the_cause_is_told_and_not_the_rollback_that_failed_after_it() -> None:
    try:
        try:
            raise peewee.OperationalError("database or disk is full")
        except peewee.OperationalError:
            raise peewee.OperationalError("cannot rollback") from None
    except peewee.OperationalError as error:
        known = sqlite.explain(error, Path("home/mynah.db"))
    assert known is not None and "is full" in known.message


def test_a_bug_stays_a_bug(db: Database) -> None:
    assert (
        sqlite.explain(peewee.OperationalError("no such table: x"), path_of(db)) is None
    )
    with pytest.raises(peewee.IntegrityError):
        db.call(lambda: Guild.insert(name=None, joined=None).execute())


@pytest.mark.parametrize("name", sqlite.PRAGMAS)
def test_every_pragma_holds_in_an_open_database(db: Database, name: str) -> None:
    numbers = {"normal": 1}
    wanted = sqlite.PRAGMAS[name]
    found = db.call(lambda: opened().pragma(name))
    assert found == numbers.get(str(wanted), wanted)


PROMISED = {
    "foreign_keys": 1,
    "journal_mode": "wal",
    "secure_delete": 1,
    "synchronous": 1,
    "wal_autocheckpoint": 0,
}
"""What promises rest on, whatever the table of pragmas says."""


@pytest.mark.parametrize("name", PROMISED)
def test_what_promises_rest_on_is_set_in_an_open_database(
    db: Database, name: str
) -> None:
    assert db.call(lambda: opened().pragma(name)) == PROMISED[name]


def test_deleted_text_is_overwritten_in_the_file(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("quizzical platypus")
    db.call(lambda: sqlite.truncate_log(opened()))
    assert files_with(path_of(db).parent, "quizzical platypus") == [path_of(db)]
    db.call(forgetting.delete, guild, [row])
    assert db.call(lambda: sqlite.truncate_log(opened()))
    assert files_with(path_of(db).parent, "quizzical platypus") == []


def test_a_log_that_a_reader_needs_is_not_told_as_empty(
    db: Database, write: Write
) -> None:
    write("one")
    with closing(sqlite3.connect(path_of(db))) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM message").fetchone()
        write("two")
        db.call(lambda: opened().pragma("busy_timeout", 0))
        assert not db.call(lambda: sqlite.truncate_log(opened()))
    assert db.call(lambda: sqlite.truncate_log(opened()))


def test_a_log_that_is_in_the_file_whole_is_left_alone(
    db: Database, write: Write
) -> None:
    with closing(sqlite.LogMover(path_of(db))) as mover:
        assert not mover.move()
        write("one")
        with closing(sqlite3.connect(path_of(db))) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM message").fetchone()
            write("two")
            assert mover.move() and mover.move()
        assert mover.move() and not mover.move()
        write("three")
        assert mover.move() and not mover.move()


def test_the_log_moves_into_the_file_while_the_database_is_open(
    db: Database, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CHECKPOINT_SECONDS", 1000.0)
    write("quizzical platypus")
    assert files_with(path_of(db), "quizzical platypus") == []
    monkeypatch.setattr(database, "CHECKPOINT_SECONDS", 0.0)
    db.call(guilds.every)
    db._keeper.submit(lambda: None).result()
    assert files_with(path_of(db), "quizzical platypus") == [path_of(db)]


def test_a_damaged_file_is_not_sound(
    db: Database, write: Write, tmp_path: Path
) -> None:
    for number in range(200):
        write(f"line {number}" * 20)
    copy = tmp_path / "copy.db"
    db.call(lambda: sqlite.copy(opened(), copy))
    assert sqlite.is_sound_file(copy) and db.call(lambda: sqlite.is_sound(opened()))
    data = bytearray(copy.read_bytes())
    data[8_192:40_000] = bytes(len(data[8_192:40_000]))
    copy.write_bytes(data)
    assert not sqlite.is_sound_file(copy)
    copy.write_bytes(b"no database at all" * 100)
    assert not sqlite.is_sound_file(copy)


def test_a_copy_that_fails_leaves_nothing_half_done(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "away" / "copy.db"
    with pytest.raises(AppError):
        db.call(lambda: sqlite.copy(opened(), target))
    assert not target.exists()


@pytest.mark.parametrize(
    ("version", "has_fault"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 1), False),
    ],
)
def test_the_versions_that_can_lose_commits_are_those_that_sqlite_names(
    version: tuple[int, ...], has_fault: bool
):
    # https://www.sqlite.org/wal.html#walresetbug
    assert sqlite.can_lose_commits(version) is has_fault
