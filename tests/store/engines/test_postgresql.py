"""PostgreSQL's own: errors in words, writers in turn, deleted text on disk."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import peewee
import pytest

from app.core.errors import AppError
from app.core.names import GuildId
from app.store import forgetting, guilds, messages, migrations
from app.store.database import Database, bound, write
from app.store.engines import Place, engine_of, postgresql
from app.store.engines.address import StoreAddress, UnreachableError
from app.store.given import characters
from app.store.rows import StoredCharacter
from app.store.tables import Guild
from tests.home_files import files_with

Write = Callable[..., int]
Server = tuple[StoreAddress, Path]


@pytest.fixture
def engine() -> str:
    return "postgresql"


def _sql(db: Database, statement: str) -> list[tuple[object, ...]]:
    return db.call(lambda: list(bound().execute_sql(statement)))


def _checkpoint(db: Database) -> None:
    db.call(lambda: bound().execute_sql("CHECKPOINT"))


def test_nobody_at_the_address_is_one_sentence_with_what_to_do(
    server: Server,
) -> None:
    away = replace(server[0], port=1)
    with pytest.raises(UnreachableError, match="does not answer at post") as caught:
        Database(away)
    assert "\n" not in str(caught.value) and "store.url" in caught.value.hint


def test_a_missing_database_a_wrong_user_and_no_tls_are_told(server: Server) -> None:
    address = server[0]
    for wrong, words in (
        (replace(address, database="nowhere"), "nowhere"),
        (replace(address, user="stranger"), "stranger"),
        (replace(address, options={"sslmode": "require"}), "no encryption"),
    ):
        with pytest.raises(AppError, match=words) as caught:
            Database(wrong)
        assert not isinstance(caught.value, UnreachableError)
        assert caught.value.hint


def test_another_databases_tables_stay_out_of_it(db: Database, place: Place) -> None:
    made = _sql(db, "SELECT schemaname FROM pg_tables WHERE tablename = 'message'")
    assert made == [("mynah",)]


def test_a_database_that_was_away_for_a_moment_is_used_again(
    db: Database, guild: GuildId
) -> None:
    (backend,) = _sql(db, "SELECT pg_backend_pid()")
    with Database(db.place, read_only=True) as other:
        _sql(other, f"SELECT pg_terminate_backend({backend[0]})")
        # It ends a moment later.
        while _sql(other, f"SELECT 1 FROM pg_stat_activity WHERE pid = {backend[0]}"):
            pass
    assert db.call(guilds.get, guild) is not None
    assert db.call(guilds.ensure, "another").name == "another"


def test_writers_exclude_each_other_from_the_start_of_a_transaction(
    db: Database, guild: GuildId
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    @write
    def slow() -> None:
        inside.set()
        go_on.wait(10)
        Guild.create(name="slow", joined=0)

    with Database(db.place) as other:
        first = db.submit(slow)
        assert inside.wait(10)
        second = other.submit(guilds.ensure, "slow")
        with pytest.raises(TimeoutError):
            second.result(0.2)
        go_on.set()
        first.result()
        # It waited, and so sees what the first one wrote.
        second.result()
        assert [one.name for one in other.call(guilds.every)].count("slow") == 1


def test_a_text_with_a_zero_byte_is_kept_without_it(db: Database, write: Write) -> None:
    stored = db.call(messages.get, write("zero\0byte"))
    assert stored is not None and stored.text == "zero\ufffdbyte"


def test_a_step_of_tables_that_fails_changes_nothing(
    db: Database, guild: GuildId, tmp_path: Path
) -> None:
    def broken(database: peewee.Database) -> None:
        database.execute_sql("DELETE FROM guild")
        raise RuntimeError("power cut")

    def good(database: peewee.Database) -> None:
        database.execute_sql("ALTER TABLE guild ADD COLUMN mood TEXT")

    def version() -> int:
        return engine_of(bound()).version(bound())

    before = db.call(version)
    for step, reached in ((broken, before), (good, before + 1)):
        steps = (*migrations.MIGRATIONS, step)
        migrate = lambda: migrations.migrate(bound(), db.place, tmp_path, steps)  # noqa: B023, E731
        if step is broken:
            with pytest.raises(RuntimeError):
                db.call(migrate)
        else:
            db.call(migrate)
        assert db.call(version) == reached
        assert db.call(guilds.find, "The Globe") is not None
    with pytest.raises(AppError, match="newer Mynah"):
        Database(db.place)


def test_steps_for_new_columns_run_here_as_well(db: Database, guild: GuildId) -> None:
    def undone_and_done() -> None:
        database = bound()
        database.execute_sql("DROP TABLE character_hook, member_fact")
        database.execute_sql('ALTER TABLE "character" DROP COLUMN picture')
        for column in ("facts_read", "facts_asked"):
            database.execute_sql(f"ALTER TABLE guild DROP COLUMN {column}")
        for step in migrations.MIGRATIONS[-3:]:
            step(database)

    db.call(undone_and_done)
    card = StoredCharacter("Puck", "a sprite", None, [], "face")
    db.call(characters.put, guild, card, None, b"png")
    assert db.call(characters.picture, guild, "Puck") == b"png"


def test_no_byte_of_deleted_text_is_in_the_tables_files_once_they_are_compact(
    db: Database, guild: GuildId, write: Write, server: Server
) -> None:
    word, tables = "quizzical platypus", server[1] / "base"
    rows = [write(f"{word} {number}") for number in range(50)]
    write("what stays")
    _checkpoint(db)
    assert files_with(tables, word)
    db.call(forgetting.delete, guild, rows)
    _checkpoint(db)
    # A row that is deleted only counts as that.
    assert files_with(tables, word)
    db.compact()
    assert asyncio.run(db.truncate_log())
    _checkpoint(db)
    assert files_with(tables, word) == []
    assert files_with(tables, "what stays")


def test_a_copy_is_refused_with_the_words_for_pg_dump(
    db: Database, tmp_path: Path
) -> None:
    with pytest.raises(AppError, match="on PostgreSQL") as caught:
        db.copy_to(tmp_path / "copy.db")
    assert "pg_dump" in caught.value.hint and "author.key" in caught.value.hint


def test_it_tells_its_version_and_place(db: Database) -> None:
    assert db.engine is engine_of(db.call(bound))
    assert postgresql.search is db.engine.search
    assert db.about().startswith("PostgreSQL 1") and str(db.place) in db.about()
    assert db.is_sound()
