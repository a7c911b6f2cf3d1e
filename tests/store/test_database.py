import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import AppError
from app.core.names import GuildId
from app.core.system import private
from app.store import guilds, messages
from app.store.database import Database, write
from app.store.engines import sqlite
from app.store.tables import Guild
from tests.store.conftest import on_sqlite, opened, path_of


@on_sqlite
def test_a_new_database_is_readable_by_the_owner_alone(db: Database) -> None:
    assert not private.is_open(path_of(db))
    assert db.is_sound()


def test_a_reader_sees_what_the_writer_committed(db: Database, guild: GuildId) -> None:
    with Database(db.place, read_only=True) as reader:
        assert [row.name for row in reader.call(guilds.every)] == ["The Globe"]


def test_a_read_only_database_cannot_be_changed(db: Database) -> None:
    with Database(db.place, read_only=True) as reader:
        with pytest.raises(AppError, match="cannot be written"):
            reader.call(guilds.ensure, "other")


def test_two_open_databases_do_not_mix(tmp_path: Path) -> None:
    with Database(tmp_path / "a.db") as a, Database(tmp_path / "b.db") as b:
        a.call(guilds.ensure, "first")
        b.call(guilds.ensure, "second")
        assert [row.name for row in a.call(guilds.every)] == ["first"]
        assert [row.name for row in b.call(guilds.every)] == ["second"]


def test_a_missing_database_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(AppError):
        Database(tmp_path / "none.db", read_only=True)


def test_a_file_that_is_no_database_is_refused_with_a_hint(tmp_path: Path) -> None:
    path = tmp_path / "mynah.db"
    path.write_bytes(b"this is text, not a database" * 100)
    with pytest.raises(AppError, match="is damaged") as caught:
        Database(path)
    assert "restore" in caught.value.hint


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mynah.db"
    with Database(path) as database:
        database.call(lambda: sqlite.set_version(opened(), 99))
    before = path.read_bytes()
    with pytest.raises(AppError, match="newer Mynah"):
        Database(path)
    with pytest.raises(AppError, match="newer Mynah"):
        Database(path, read_only=True)
    assert path.read_bytes() == before


def test_queries_run_in_one_thread_of_their_own(db: Database) -> None:
    names = {db.call(lambda: threading.current_thread().name) for _ in range(3)}
    assert len(names) == 1
    assert names != {threading.current_thread().name}


async def test_the_loop_goes_on_while_a_query_runs(db: Database) -> None:
    started, released = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        released.wait(10)
        return "done"

    task = asyncio.create_task(db.run(slow))
    assert await asyncio.to_thread(started.wait, 10)
    released.set()
    assert await task == "done"


def test_a_failed_write_leaves_nothing_behind(db: Database, guild: GuildId) -> None:
    @write
    def half() -> None:
        Guild.create(name="half", joined=0)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        db.call(half)
    assert db.call(guilds.find, "half") is None


@on_sqlite
def test_a_copy_holds_everything(
    db: Database, write: Callable[..., int], tmp_path: Path
) -> None:
    rows = [write(f"line {number}") for number in range(50)]
    db.copy_to(tmp_path / "copy.db")
    with Database(tmp_path / "copy.db") as copy:
        texts = [row.text for row in copy.call(messages.by_rows, rows)]
    assert texts == [f"line {number}" for number in range(50)]
