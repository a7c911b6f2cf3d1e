"""Migrates a database of an older version to this version."""

import time
from collections.abc import Callable, Sequence
from json import dumps, loads
from pathlib import Path

from peewee import BooleanField, Database, SqliteDatabase, TextField

from app.core.errors import AppError
from app.core.loopback import is_loopback
from app.store.engines import Place, engine_of
from app.store.search import message_index
from app.store.tables import (
    TABLES,
    Character,
    CharacterHook,
    Comparison,
    Consent,
    Conversation,
    ForgottenSpan,
    ForgottenTwin,
    HomeValue,
    LoreEntry,
    MemberFact,
    MeterWeek,
    SentMessage,
    Snapshot,
    Tombstone,
    VoiceGap,
)

Migration = Callable[..., None]


def _compare_and_meter(database: SqliteDatabase) -> None:
    # It loads the drivers of other databases too: 1 MB that the screens do without.
    from playhouse.migrate import SqliteMigrator
    from playhouse.migrate import migrate as change

    migrator = SqliteMigrator(database)
    change(
        migrator.add_column("member", "allows_tuning", BooleanField(default=False)),
        migrator.add_column("reply", "arm", TextField(default="")),
    )
    database.create_tables([MeterWeek, Comparison])


def _kinds_of_feedback(database: SqliteDatabase) -> None:
    """An opinion records its kind; one person may have several kinds per reply."""
    from playhouse.migrate import SqliteMigrator
    from playhouse.migrate import migrate as change

    migrator = SqliteMigrator(database)
    change(
        migrator.add_column("feedback", "kind", TextField(default="thumb")),
        migrator.add_column("feedback", "was", TextField(default="")),
        migrator.drop_index("feedback", "feedback_reply_id_author"),
        migrator.add_index("feedback", ("reply_id", "author", "kind"), True),
    )


def _conversations(database: SqliteDatabase) -> None:
    """Conversations get rows, and replies record the parts of their prompts."""
    database.create_tables([Conversation])
    for column in ("filled TEXT NOT NULL DEFAULT '{}'", "summary_of INTEGER"):
        database.execute_sql(f"ALTER TABLE reply ADD COLUMN {column}")


def _snapshots(database: SqliteDatabase) -> None:
    database.create_tables([VoiceGap, Snapshot])


def _tombstones(database: SqliteDatabase) -> None:
    """Forgotten messages leave a trace; messages record whether Discord had them."""
    database.create_tables([Tombstone, ForgottenSpan])
    # Old messages may come from Discord or from a file. None from a file may be deleted
    # because Discord lacks it.
    database.execute_sql(
        "ALTER TABLE message ADD COLUMN is_heard INTEGER NOT NULL DEFAULT 0"
    )


def _home_values(database: SqliteDatabase) -> None:
    database.create_tables([HomeValue])


def _readers_of_channels(database: SqliteDatabase) -> None:
    """Channels record their readers, and from when on they are learned."""
    for column in (
        "learning_since INTEGER",
        "is_private INTEGER",
        "is_age_restricted INTEGER NOT NULL DEFAULT 0",
    ):
        database.execute_sql(f"ALTER TABLE channel ADD COLUMN {column}")
    # Nothing older than the oldest message there was ever wanted.
    oldest = "SELECT MIN(ts) FROM message WHERE channel_id = channel.id"
    database.execute_sql(
        "UPDATE channel SET learning_since = COALESCE("
        f"({oldest} AND is_heard), ({oldest}), ?) WHERE is_learning",
        (int(time.time() * 1000),),
    )


def _claimed_guilds(database: SqliteDatabase) -> None:
    """A guild keeps the server that its files say they are of."""
    database.execute_sql("ALTER TABLE guild ADD COLUMN claimed TEXT")


def _consents(database: SqliteDatabase) -> None:
    """Consent names host and purpose, and the ledger knows where a host is.

    Earlier consent named neither, so it ends, and the owner has to agree again.
    """
    database.create_tables([Consent])
    database.execute_sql("DELETE FROM setting WHERE name = 'reply.cloud_consent'")
    database.execute_sql(
        "ALTER TABLE usage ADD COLUMN reach TEXT NOT NULL DEFAULT 'cloud'"
    )
    hosts = database.execute_sql("SELECT DISTINCT host FROM usage").fetchall()
    for (host,) in hosts:
        if is_loopback(host):
            same = "UPDATE usage SET reach = 'here' WHERE host = ?"
            database.execute_sql(same, (host,))


def _nameless_turns(database: SqliteDatabase) -> None:
    """Turns of messages that are not stored lose the names of their authors."""
    query = "SELECT id, turns FROM reply WHERE trigger IS NOT NULL AND turns != '[]'"
    for row, kept in database.execute_sql(query).fetchall():
        turns = [["", *turn[1:]] if turn[2] is None else turn for turn in loads(kept)]
        changed = dumps(turns)
        if changed != dumps(loads(kept)):
            update = "UPDATE reply SET turns = ? WHERE id = ?"
            database.execute_sql(update, (changed, row))


def _forgotten_twins(database: SqliteDatabase) -> None:
    database.create_tables([ForgottenTwin])


def _proxied_names(database: SqliteDatabase) -> None:
    """Members record the account behind a name that a proxy writes under."""
    for column in ("account", "proxied_name"):
        database.execute_sql(f"ALTER TABLE member ADD COLUMN {column} TEXT")


def _shares_of_words(database: SqliteDatabase) -> None:
    """Replies record how much of each word the voice decided."""
    column = "shares TEXT NOT NULL DEFAULT '[]'"
    database.execute_sql(f"ALTER TABLE reply ADD COLUMN {column}")


def _askers(database: SqliteDatabase) -> None:
    """A reply keeps whom it answers, so that it goes with what that person forgets."""
    for column in ("asker TEXT NOT NULL DEFAULT ''", "answers TEXT"):
        database.execute_sql(f"ALTER TABLE reply ADD COLUMN {column}")
    database.execute_sql("CREATE INDEX reply_asker ON reply (asker)")
    database.execute_sql("CREATE INDEX reply_answers ON reply (answers)")


def _sent_messages(database: SqliteDatabase) -> None:
    """The messages of replies are found by their ids."""
    database.create_tables([SentMessage])
    database.execute_sql(
        "INSERT INTO sent_message (reply_id, message)"
        " SELECT reply.id, one.value FROM reply, json_each(reply.sent) AS one"
    )


def _messages_by_guild(database: SqliteDatabase) -> None:
    """Messages of one guild among thousands are found by an index."""
    database.execute_sql(
        "CREATE INDEX IF NOT EXISTS message_guild_id ON message (guild_id)"
    )
    database.execute_sql(
        "CREATE INDEX IF NOT EXISTS message_dropped ON message (guild_id, dropped)"
        " WHERE dropped IS NOT NULL"
    )


def _message_index(database: SqliteDatabase) -> None:
    """Messages are found by an index, which fills while the bot runs."""
    database.execute_sql(
        "ALTER TABLE row_numbers ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0"
    )
    message_index.create(database)


def _imitations(database: SqliteDatabase) -> None:
    """Members agree that the bot speaks like them, and replies know whom they do."""
    for table, column in (
        ("member", "allows_voice INTEGER NOT NULL DEFAULT 0"),
        ("reply", "imitates TEXT NOT NULL DEFAULT ''"),
    ):
        database.execute_sql(f"ALTER TABLE {table} ADD COLUMN {column}")


def _lorebooks(database: SqliteDatabase) -> None:
    """Servers have lorebooks, and snapshots keep them."""
    database.create_tables([LoreEntry])
    _add(database, "snapshot", "lore", "TEXT NOT NULL DEFAULT '[]'")


def _characters(database: SqliteDatabase) -> None:
    database.create_tables([Character])


def _faces(database: SqliteDatabase) -> None:
    """Characters have pictures and webhooks; snapshots and replies know of them."""
    _add(database, "snapshot", "characters", "TEXT")
    _add(database, "character", "picture", "BLOB")
    _add(database, "character", "face", "TEXT NOT NULL DEFAULT ''")
    _add(database, "reply", "role", "TEXT NOT NULL DEFAULT ''")
    database.create_tables([CharacterHook])


def _member_facts(database: SqliteDatabase) -> None:
    """Messages are read for what members tell of themselves."""
    _add(database, "guild", "facts_read", "INTEGER NOT NULL DEFAULT 0")
    database.create_tables([MemberFact])


def _asked_facts(database: SqliteDatabase) -> None:
    """A model is asked about messages in which the rules found no fact."""
    _add(database, "guild", "facts_asked", "INTEGER NOT NULL DEFAULT 0")


def _add(database: SqliteDatabase, table: str, name: str, kind: str) -> None:
    """Add a column, unless a step before made the table just now, as it is today."""
    if name not in {column.name for column in database.get_columns(table)}:
        kind = database.get_context_options()["field_types"].get(kind, kind)
        database.execute_sql(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")


FIRST_VERSION = 1
MIGRATIONS: tuple[Migration, ...] = (
    _compare_and_meter,
    _kinds_of_feedback,
    _conversations,
    _snapshots,
    _tombstones,
    _home_values,
    _readers_of_channels,
    _claimed_guilds,
    _consents,
    _nameless_turns,
    _forgotten_twins,
    _proxied_names,
    _shares_of_words,
    _askers,
    _sent_messages,
    _message_index,
    _messages_by_guild,
    _imitations,
    _lorebooks,
    _characters,
    _faces,
    _member_facts,
    _asked_facts,
)
"""The steps after the first version, oldest first; a new database needs none."""


def check(database: Database, path: Place) -> None:
    """Reject a database that this version cannot read.

    Raises:
        AppError: If the database is newer or older than the program, or has no tables
            yet.
    """
    found = engine_of(database).version(database)
    newest = FIRST_VERSION + len(MIGRATIONS)
    if found > newest:
        raise AppError(
            f"{path} was written by a newer Mynah (version {found} of the tables).",
            "Update Mynah, or restore a copy from the backups folder.",
        )
    if found == 0:
        raise AppError(f"{path} is still empty.", "Start Mynah once.")
    if found < newest:
        raise AppError(
            f"{path} belongs to an older version (version {found} of the tables).",
            "Start the bot to update it.",
        )


def migrate(
    database: Database,
    path: Place,
    backups: Path,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> None:
    """Bring the database to this version; an older one is copied to `backups` first.

    Raises:
        AppError: If the database is newer than the program.
    """
    newest = FIRST_VERSION + len(migrations)
    engine = engine_of(database)
    found = engine.version(database)
    if found > newest:
        check(database, path)
    if found == 0:
        with database.atomic("IMMEDIATE"):
            database.create_tables(TABLES)
            engine.search.create(database)
            engine.set_version(database, newest)
        return
    if found == newest:
        return
    engine.keep(database, backups / f"before-version-{newest}.db")
    for number in range(found, newest):
        _step(database, migrations[number - FIRST_VERSION], number + 1)


def _step(database: Database, migration: Migration, number: int) -> None:
    engine = engine_of(database)
    with engine.changing_tables(database), database.atomic("IMMEDIATE"):
        migration(database)
        engine.set_version(database, number)
