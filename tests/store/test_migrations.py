"""Databases of older versions."""

from collections.abc import Callable
from pathlib import Path

import peewee
import pytest

from app.core.errors import AppError
from app.core.names import GuildId
from app.store import (
    conversations,
    feedback,
    guilds,
    migrations,
    replies,
    settings,
    usage,
)
from app.store.database import Database, tuples
from app.store.engines import sqlite
from app.store.reply import outcomes
from app.store.tables import Feedback
from tests.store.conftest import opened, path_of

Write = Callable[..., int]


@pytest.fixture
def engine() -> str:
    """PostgreSQL came with version 19 of the tables, which is not old yet."""
    return "sqlite"


def test_migrations_run_in_order_and_keep_a_copy(
    db: Database, guild: GuildId, tmp_path: Path
) -> None:
    def add_mood(database: peewee.SqliteDatabase) -> None:
        database.execute_sql("ALTER TABLE guild ADD COLUMN mood TEXT")

    def set_mood(database: peewee.SqliteDatabase) -> None:
        database.execute_sql("UPDATE guild SET mood = 'merry'")

    backups = tmp_path / "backups"
    steps = (*migrations.MIGRATIONS, add_mood, set_mood)
    db.call(lambda: migrations.migrate(opened(), path_of(db), backups, steps))
    moods = db.call(lambda: opened().execute_sql("SELECT mood FROM guild").fetchall())
    assert moods == [("merry",)]
    assert db.call(lambda: sqlite.version(opened())) == 1 + len(steps)
    (kept,) = backups.iterdir()
    with Database(kept) as old:
        assert old.call(guilds.find, "The Globe") is not None


BEFORE_INDEX = (
    "DROP TRIGGER message_index_delete",
    "DROP TRIGGER message_index_edit",
    "DROP TABLE message_index_part",
    "DROP TABLE message_index",
    "ALTER TABLE row_numbers DROP COLUMN indexed",
    "ALTER TABLE member DROP COLUMN allows_voice",
    "ALTER TABLE reply DROP COLUMN imitates",
)
BEFORE_ASKERS = (
    *BEFORE_INDEX,
    "DROP INDEX reply_asker",
    "DROP INDEX reply_answers",
    "ALTER TABLE reply DROP COLUMN asker",
    "ALTER TABLE reply DROP COLUMN answers",
    "DROP TABLE sent_message",
)


def test_a_home_without_conversations_is_brought_up(
    db: Database, guild: GuildId, tmp_path: Path
) -> None:
    def go_back() -> None:
        for statement in (
            "DROP TABLE conversation",
            "ALTER TABLE reply DROP COLUMN filled",
            "ALTER TABLE reply DROP COLUMN summary_of",
            "ALTER TABLE reply DROP COLUMN shares",
            "ALTER TABLE message DROP COLUMN is_heard",
            "ALTER TABLE channel DROP COLUMN learning_since",
            "ALTER TABLE channel DROP COLUMN is_private",
            "ALTER TABLE channel DROP COLUMN is_age_restricted",
            "ALTER TABLE usage DROP COLUMN reach",
            "ALTER TABLE guild DROP COLUMN claimed",
            "ALTER TABLE member DROP COLUMN account",
            "ALTER TABLE member DROP COLUMN proxied_name",
            *BEFORE_ASKERS,
        ):
            opened().execute_sql(statement)
        before = migrations.MIGRATIONS.index(migrations._conversations)
        sqlite.set_version(opened(), migrations.FIRST_VERSION + before)

    reply = db.call(replies.claim, guild, None, "say")
    assert reply is not None
    db.call(go_back)
    db.call(lambda: migrations.migrate(opened(), path_of(db), tmp_path / "backups"))
    assert db.call(conversations.get, 1) is None
    kept = db.call(replies.get, reply)
    assert kept is not None
    assert (kept.reason, kept.filled, kept.summary_of) == ("say", {}, None)


def test_a_failed_migration_changes_nothing(
    db: Database, guild: GuildId, tmp_path: Path
) -> None:
    def broken(database: peewee.SqliteDatabase) -> None:
        database.execute_sql("DELETE FROM guild")
        raise RuntimeError("power cut")

    before = db.call(lambda: sqlite.version(opened()))
    steps = (*migrations.MIGRATIONS, broken)
    with pytest.raises(RuntimeError):
        db.call(
            lambda: migrations.migrate(opened(), path_of(db), tmp_path / "b", steps)
        )
    assert db.call(lambda: sqlite.version(opened())) == before
    assert db.call(guilds.find, "The Globe") is not None


def test_feedback_of_before_is_taken_over(db: Database, guild: GuildId) -> None:
    def take_back_and_migrate() -> list[tuple[object, ...]]:
        database = opened()
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


def test_a_database_that_is_not_of_this_version_is_refused_with_the_reason(
    tmp_path: Path,
) -> None:
    newest = migrations.FIRST_VERSION + len(migrations.MIGRATIONS)
    for version, reason in ((0, "empty"), (newest - 1, "older"), (newest + 1, "newer")):
        opened = peewee.SqliteDatabase(str(tmp_path / f"{version}.db"))
        sqlite.set_version(opened, version)
        with pytest.raises(AppError, match=reason):
            migrations.check(opened, tmp_path / "x.db")
        sqlite.set_version(opened, newest)
        migrations.check(opened, tmp_path / "x.db")
        opened.close()


def test_an_older_ledger_learns_its_places_and_old_replies_lose_unstored_names(
    db: Database, guild: GuildId, tmp_path: Path
) -> None:
    hosts = ("127.0.0.1", "localhost", "127.0.0.1.nip.io", "api.openai.com")

    def go_back() -> None:
        for host in hosts:
            usage.add(usage.UsageEntry("openai", "m", guild, None, host=host))
        replies.finish(reply, {"turns": [["Carla", "", None]]})
        settings.put(guild, "reply.cloud_consent", True)
        opened().execute_sql("DROP TABLE consent")
        opened().execute_sql("ALTER TABLE usage DROP COLUMN reach")
        opened().execute_sql("ALTER TABLE reply DROP COLUMN shares")
        opened().execute_sql("ALTER TABLE member DROP COLUMN account")
        opened().execute_sql("ALTER TABLE member DROP COLUMN proxied_name")
        for statement in BEFORE_ASKERS:
            opened().execute_sql(statement)
        before = migrations.MIGRATIONS.index(migrations._consents)
        sqlite.set_version(opened(), migrations.FIRST_VERSION + before)

    reply = db.call(replies.claim, guild, None, "mention", "55") or 0
    db.call(go_back)
    db.call(lambda: migrations.migrate(opened(), path_of(db), tmp_path / "backups"))
    places = {row.host: row.reach for row in db.call(usage.by_day, 0)}
    assert [places[host] for host in hosts] == ["here", "here", "cloud", "cloud"]
    assert db.call(settings.of, guild) == {}
    assert db.call(settings.consents, guild) == set()
    kept = db.call(replies.get, reply)
    assert kept is not None
    assert [list(turn) for turn in kept.turns] == [["", "", None]]


def test_the_messages_of_older_replies_are_found_by_their_ids(
    db: Database, guild: GuildId, tmp_path: Path
) -> None:
    def go_back() -> None:
        outcomes.set_state(old, "replaced", ["7"])
        outcomes.set_state(new, "sent", ["7", "8"])
        for statement in ("DROP TABLE sent_message", *BEFORE_INDEX):
            opened().execute_sql(statement)
        before = migrations.MIGRATIONS.index(migrations._sent_messages)
        sqlite.set_version(opened(), migrations.FIRST_VERSION + before)

    old = db.call(replies.claim, guild, None, "mention", "55") or 0
    new = db.call(replies.claim, guild, None, "again", "56") or 0
    db.call(go_back)
    db.call(lambda: migrations.migrate(opened(), path_of(db), tmp_path / "backups"))
    for message in ("7", "8"):
        found = db.call(replies.find_sent, message)
        assert found is not None and found.id == new
    assert db.call(replies.versions, new) == [old, new]
