import asyncio
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import peewee
import pytest

from app.core.errors import AppError
from app.store import (
    conversations,
    feedback,
    guilds,
    messages,
    migrations,
    replies,
    settings,
    sqlite,
    usage,
)
from app.store.database import Database, bound, tuples, write
from app.store.tables import Feedback, Guild


def test_a_new_database_is_readable_by_the_owner_alone(db: Database) -> None:
    assert stat.S_IMODE(db.path.stat().st_mode) == 0o600
    assert db.is_sound()


def test_a_reader_sees_what_the_writer_committed(db: Database, guild: int) -> None:
    with Database(db.path, read_only=True) as reader:
        assert [row.name for row in reader.call(guilds.every)] == ["The Globe"]


def test_a_read_only_database_cannot_be_changed(db: Database) -> None:
    with Database(db.path, read_only=True) as reader:
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
        database.call(lambda: sqlite.set_version(bound(), 99))
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


def test_a_failed_write_leaves_nothing_behind(db: Database, guild: int) -> None:
    @write
    def half() -> None:
        Guild.create(name="half", joined=0)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        db.call(half)
    assert db.call(guilds.find, "half") is None


def test_migrations_run_in_order_and_keep_a_copy(
    db: Database, guild: int, tmp_path: Path
) -> None:
    def add_mood(database: peewee.SqliteDatabase) -> None:
        database.execute_sql("ALTER TABLE guild ADD COLUMN mood TEXT")

    def set_mood(database: peewee.SqliteDatabase) -> None:
        database.execute_sql("UPDATE guild SET mood = 'merry'")

    backups = tmp_path / "backups"
    steps = (*migrations.MIGRATIONS, add_mood, set_mood)
    db.call(lambda: migrations.migrate(bound(), db.path, backups, steps))
    moods = db.call(lambda: bound().execute_sql("SELECT mood FROM guild").fetchall())
    assert moods == [("merry",)]
    assert db.call(lambda: sqlite.version(bound())) == 1 + len(steps)
    (kept,) = backups.iterdir()
    with Database(kept) as old:
        assert old.call(guilds.find, "The Globe") is not None


def test_an_older_ledger_learns_its_places_and_old_replies_lose_unstored_names(
    db: Database, guild: int, tmp_path: Path
) -> None:
    hosts = ("127.0.0.1", "localhost", "127.0.0.1.nip.io", "api.openai.com")

    def go_back() -> None:
        for host in hosts:
            usage.add(usage.UsageEntry("openai", "m", guild, None, host=host))
        replies.finish(reply, {"turns": [["Carla", "", None]]})
        settings.put(guild, "reply.cloud_consent", True)
        bound().execute_sql("DROP TABLE consent")
        bound().execute_sql("ALTER TABLE usage DROP COLUMN reach")
        before = migrations.MIGRATIONS.index(migrations._consents)
        sqlite.set_version(bound(), migrations.FIRST_VERSION + before)

    reply = db.call(replies.claim, guild, None, "mention", "55") or 0
    db.call(go_back)
    db.call(lambda: migrations.migrate(bound(), db.path, tmp_path / "backups"))
    places = {row.host: row.reach for row in db.call(usage.by_day, 0)}
    assert [places[host] for host in hosts] == ["here", "here", "cloud", "cloud"]
    assert db.call(settings.of, guild) == {}
    assert db.call(settings.consents, guild) == set()
    kept = db.call(replies.get, reply)
    assert kept is not None
    assert [list(turn) for turn in kept.turns] == [["", "", None]]


def test_a_home_without_conversations_is_brought_up(
    db: Database, guild: int, tmp_path: Path
) -> None:
    def go_back() -> None:
        for statement in (
            "DROP TABLE conversation",
            "ALTER TABLE reply DROP COLUMN filled",
            "ALTER TABLE reply DROP COLUMN summary_of",
            "ALTER TABLE message DROP COLUMN is_heard",
            "ALTER TABLE channel DROP COLUMN learning_since",
            "ALTER TABLE channel DROP COLUMN is_private",
            "ALTER TABLE channel DROP COLUMN is_age_restricted",
            "ALTER TABLE usage DROP COLUMN reach",
            "ALTER TABLE guild DROP COLUMN claimed",
        ):
            bound().execute_sql(statement)
        before = migrations.MIGRATIONS.index(migrations._conversations)
        sqlite.set_version(bound(), migrations.FIRST_VERSION + before)

    reply = db.call(replies.claim, guild, None, "say")
    assert reply is not None
    db.call(go_back)
    db.call(lambda: migrations.migrate(bound(), db.path, tmp_path / "backups"))
    assert db.call(conversations.get, 1) is None
    kept = db.call(replies.get, reply)
    assert kept is not None
    assert (kept.reason, kept.filled, kept.summary_of) == ("say", {}, None)


def test_a_failed_migration_changes_nothing(
    db: Database, guild: int, tmp_path: Path
) -> None:
    def broken(database: peewee.SqliteDatabase) -> None:
        database.execute_sql("DELETE FROM guild")
        raise RuntimeError("power cut")

    before = db.call(lambda: sqlite.version(bound()))
    steps = (*migrations.MIGRATIONS, broken)
    with pytest.raises(RuntimeError):
        db.call(lambda: migrations.migrate(bound(), db.path, tmp_path / "b", steps))
    assert db.call(lambda: sqlite.version(bound())) == before
    assert db.call(guilds.find, "The Globe") is not None


def test_a_copy_holds_everything(
    db: Database, write: Callable[..., int], tmp_path: Path
) -> None:
    rows = [write(f"line {number}") for number in range(50)]
    db.copy_to(tmp_path / "copy.db")
    with Database(tmp_path / "copy.db") as copy:
        texts = [row.text for row in copy.call(messages.by_rows, rows)]
    assert texts == [f"line {number}" for number in range(50)]


def test_feedback_of_before_is_taken_over(db: Database, guild: int) -> None:
    def take_back_and_migrate() -> list[tuple[object, ...]]:
        database = bound()
        database.execute_sql("DROP INDEX feedback_reply_id_author_kind")
        for column in ("kind", "was"):
            database.execute_sql(f"ALTER TABLE feedback DROP COLUMN {column}")
        database.execute_sql(
            "CREATE UNIQUE INDEX feedback_reply_id_author"
            " ON feedback (reply_id, author)"
        )
        reply = replies.claim(guild, None, "say")
        database.execute_sql(
            "INSERT INTO feedback (reply_id, author, value, created)"
            " VALUES (?, 'hash', 1, 0)",
            (reply,),
        )
        migrations._kinds_of_feedback(database)
        assert reply is not None
        feedback.rate(reply, "hash", -1, "again")
        return tuples(Feedback.select(Feedback.kind, Feedback.value))

    assert db.call(take_back_and_migrate) == [("thumb", 1), ("again", -1)]
