"""The index of messages by three characters in a row, in SQLite's engine FTS5.

It holds row numbers alone, and fills while the bot runs. Triggers take edited and
deleted messages out, whoever edits or deletes them; `merge` writes it anew, without a
trace of them.
"""

from collections.abc import Sequence

from peewee import SqliteDatabase

from app.core.names import GuildId
from app.store.statements import Row

MESSAGES = "message NOT INDEXED"
"""The table as it is read where no index may be taken."""

LIKE = r"text LIKE ? ESCAPE '\'"
"""The condition for texts of a pattern, in any case of ASCII."""

SIZE = 3
"""Characters of a part; SQLite sets it."""

PAD = " " * (SIZE - 1)
"""Put behind each text, so that every character begins a part."""

MOST_PARTS = 40
"""Parts of long words that are looked up; the text itself is compared as well."""

MOST_BEGINNINGS = 100
"""Parts that begin with a word of one or two characters; with more, all is read."""

PAGES = 100
"""Pages that one step of `merge` writes, for some hundredths of a second."""

_IS_INDEXED = "old.id <= (SELECT indexed FROM row_numbers)"
_TAKE_OUT = (
    "INSERT INTO message_index (message_index, rowid, parts)"
    f" VALUES ('delete', old.id, old.text || '{PAD}');"
)
_TABLES = (
    "CREATE VIRTUAL TABLE message_index USING fts5(parts, content='', columnsize=0,"
    " detail=none, tokenize='trigram')",
    "CREATE VIRTUAL TABLE message_index_part USING fts5vocab(message_index, row)",
    "CREATE TRIGGER message_index_delete AFTER DELETE ON message"
    f" WHEN {_IS_INDEXED} BEGIN {_TAKE_OUT} END",
    "CREATE TRIGGER message_index_edit AFTER UPDATE OF text ON message"
    f" WHEN old.text IS NOT new.text AND {_IS_INDEXED} BEGIN {_TAKE_OUT}"
    " INSERT INTO message_index (rowid, parts)"
    f" VALUES (new.id, new.text || '{PAD}'); END",
)


def create(database: SqliteDatabase) -> None:
    """Create the index, empty, with the triggers that keep it."""
    for statement in _TABLES:
        database.execute_sql(statement)


def extend(database: SqliteDatabase, rows: int) -> int:
    """Put more rows into the index, in a transaction; return how many are left."""
    found = database.execute_sql("SELECT indexed, last FROM row_numbers").fetchone()
    if found is None or found[0] == found[1]:
        return 0
    indexed, last = found
    until = min(indexed + rows, last)
    database.execute_sql(
        "INSERT INTO message_index (rowid, parts)"
        f" SELECT id, text || '{PAD}' FROM message WHERE id > ? AND id <= ?",
        (indexed, until),
    )
    database.execute_sql("UPDATE row_numbers SET indexed = ?", (until,))
    return int(last - until)


def merge(database: SqliteDatabase, *, begins: bool = False) -> bool:
    """Write a part of the index anew, without what was taken out; True until it is all.

    Args:
        begins: True for the first step, which decides on what is written anew.
    """
    connection = database.connection()
    with database.atomic("IMMEDIATE"):
        before = connection.total_changes
        database.execute_sql(
            "INSERT INTO message_index (message_index, rank) VALUES ('merge', ?)",
            (-PAGES if begins else PAGES,),
        )
        # The statement itself counts as one.
        return bool(connection.total_changes - before >= 2)


def match_query(database: SqliteDatabase, words: Sequence[str]) -> str | None:
    """Return the query for any of the words.

    It is empty if no message in the index has one, and None if the index is of no use.
    """
    queries = []
    for word in words:
        if len(word) < SIZE:
            beginnings = _beginning(database, word)
            if len(beginnings) > MOST_BEGINNINGS:
                return None
            queries += [_quoted(part) for part in beginnings]
        else:
            parts = [word[i : i + SIZE] for i in range(len(word) - SIZE + 1)]
            some = parts[:: len(parts) // MOST_PARTS + 1]
            queries.append(f"({' AND '.join(map(_quoted, some))})")
    return " OR ".join(queries)


def _beginning(database: SqliteDatabase, word: str) -> list[str]:
    """Return the index's parts that begin with one or two characters."""
    # The parts are in lower case.
    first = word.lower()
    found = database.execute_sql(
        "SELECT term FROM message_index_part WHERE term >= ? AND term < ? LIMIT ?",
        (first, f"{first}\U0010ffff", MOST_BEGINNINGS + 1),
    )
    return [part for (part,) in found]


def _quoted(part: str) -> str:
    doubled = part.replace('"', '""')
    return f'"{doubled}"'


def named(
    database: SqliteDatabase,
    parts: str,
    where: str,
    order: str,
    values: Sequence[object],
) -> list[Row]:
    """Return (time, row) of messages that the index names, in that order."""
    rows: list[Row] = database.execute_sql(
        "SELECT ts, message.id FROM message_index CROSS JOIN message"
        " ON message.id = message_index.rowid"
        f" WHERE message_index MATCH ? AND {where} ORDER BY {order} LIMIT ?",
        (parts, *values),
    ).fetchall()
    return rows


def count(database: SqliteDatabase, parts: str) -> int:
    """Count the messages that the index names."""
    sql = "SELECT COUNT(*) FROM message_index WHERE message_index MATCH ?"
    return int(database.execute_sql(sql, (parts,)).fetchone()[0])


def sample(
    database: SqliteDatabase,
    columns: str,
    parts: str,
    step: int,
    where: str,
    values: Sequence[object],
) -> list[Row]:
    """Read one of every `step` messages that the index names."""
    sql = (
        f"SELECT {columns} FROM message_index CROSS JOIN message"
        " ON message.id = message_index.rowid WHERE message_index MATCH ?"
        f" AND message_index.rowid % ? = 0 AND {where}"
    )
    return list(database.execute_sql(sql, (parts, step, *values)).fetchall())


def before(
    database: SqliteDatabase,
    columns: str,
    ts: int,
    guild: GuildId,
    where: str,
    values: Sequence[object],
) -> list[Row]:
    """Read a guild's messages before a time, channel by channel."""
    sql = (
        f"SELECT {columns} FROM channel CROSS JOIN message INDEXED BY"
        " message_channel_id_ts ON message.channel_id = channel.id AND ts < ?"
        f" WHERE channel.guild_id = ? AND {where}"
    )
    return list(database.execute_sql(sql, (ts, guild, *values)).fetchall())
