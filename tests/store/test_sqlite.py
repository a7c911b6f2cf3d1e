"""Errors of SQLite and the disk reach the owner as sentences."""

from pathlib import Path

import peewee
import pytest

from app.core.errors import AppError
from app.store import guilds, sqlite
from app.store.database import Database, bound, write
from app.store.sqlite import DatabaseDamagedError
from app.store.tables import Guild


@write
def _fill(pages: int) -> None:
    bound().execute_sql(f"PRAGMA max_page_count = {pages}")
    for number in range(10_000):
        Guild.create(name="x" * 500 + str(number), joined=0)


def test_a_full_database_says_so_and_keeps_what_there_was(db: Database) -> None:
    db.call(guilds.ensure, "den")
    pages = db.call(lambda: bound().execute_sql("PRAGMA page_count").fetchone()[0])
    with pytest.raises(AppError, match="is full") as caught:
        db.call(_fill, pages + 20)
    assert "Make room" in caught.value.hint
    db.call(lambda: bound().execute_sql("PRAGMA max_page_count = 1000000"))
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
    assert sqlite.explain(peewee.OperationalError("no such table: x"), db.path) is None
    with pytest.raises(peewee.IntegrityError):
        db.call(lambda: Guild.insert(name=None, joined=None).execute())
