"""The index of messages by three characters in a row, in SQLite's engine FTS5.

It holds row numbers alone, and fills while the bot runs. Triggers take edited and
deleted messages out, whoever edits or deletes them; `merge` writes it anew, without a
trace of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from peewee import SqliteDatabase

from app.core.names import GuildId
from app.store.sqlite import Row

SIZE = 3
"""Characters of a part; SQLite sets it."""

PAD = " " * (SIZE - 1)
"""Put behind each text, so that every character begins a part."""

MOST_PARTS = 40
"""Parts of long words that are looked up; the text itself is compared as well."""

MOST_BEGINNINGS = 100
"""Parts that begin with a word of one or two characters; with more, all is read."""

NEWEST = 4000
"""Messages of a place that are read first, as frequent words are among them."""

MOST_BYTES = 49_000
"""SQLite compares with no longer pattern."""

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


class Sought(NamedTuple):
    """The messages that a search is for."""

    words: tuple[str, ...]
    """Any of them; the case counts beyond ASCII."""
    guild: GuildId | None = None
    channel: int | None = None
    before: tuple[int, int] | None = None
    """Only those before that time and row."""


def newest(database: SqliteDatabase, sought: Sought, limit: int) -> list[int]:
    """Return rows of the newest messages with one of the words, newest first.

    Those of a channel are in order of time, others in that of their rows.
    """
    words = [one for one in sought.words if len(one.encode()) < MOST_BYTES]
    if not words or any("\0" in one for one in words):
        return []
    place, values = _place(sought)
    said = " OR ".join(["text LIKE ? ESCAPE '\\'"] * len(words))
    values += [like_pattern(one) for one in words] + [limit]
    order = "message.id DESC" if sought.channel is None else "ts DESC, message.id DESC"
    if len(rows := _recent(database, sought, said, values)) == limit:
        return rows
    found = _search(database, words, f"{place} AND ({said})", order, values)
    # By time and row, or else by row.
    found.sort(key=lambda one: one if sought.channel else one[1:], reverse=True)
    return [row for _, row in found[:limit]]


def _recent(
    database: SqliteDatabase, sought: Sought, said: str, values: Sequence[object]
) -> list[int]:
    """Read the newest messages of the place alone; frequent words are among them."""
    place, _ = _place(sought)
    if sought.guild is None:
        return []
    if sought.channel is not None:
        chosen = f"{place} ORDER BY ts DESC, id DESC LIMIT {NEWEST}"
    else:
        last = f"(SELECT last FROM row_numbers) - {NEWEST}"
        chosen = f"id > {last} AND {place} ORDER BY id DESC"
    newest = f"SELECT id, ts, text FROM message WHERE {chosen}"
    found = database.execute_sql(
        f"SELECT id FROM ({newest}) AS message WHERE {said} LIMIT ?", values
    )
    return [row for (row,) in found]


def _search(
    database: SqliteDatabase,
    words: Sequence[str],
    where: str,
    order: str,
    values: Sequence[object],
) -> list[Row]:
    """Read messages that are not in the index, and those that it names."""
    head, parts = "SELECT ts, message.id FROM", match_query(database, words)
    found = database.execute_sql("SELECT indexed FROM row_numbers").fetchone()
    last = found[0] if found and parts is not None else 0
    rows: list[Row] = database.execute_sql(
        f"{head} message NOT INDEXED WHERE message.id > ? AND {where}"
        f" ORDER BY {order} LIMIT ?",
        (last, *values),
    ).fetchall()
    if parts and last:
        rows += database.execute_sql(
            f"{head} message_index CROSS JOIN message"
            " ON message.id = message_index.rowid"
            f" WHERE message_index MATCH ? AND {where} ORDER BY {order} LIMIT ?",
            (parts, *values),
        ).fetchall()
    return rows


def _place(sought: Sought) -> tuple[str, list[object]]:
    conditions, values = ["1"], list[object]()
    if sought.guild is not None:
        conditions.append("guild_id = ?")
        values.append(sought.guild)
    if sought.channel is not None:
        conditions.append("channel_id = ?")
        values.append(sought.channel)
    if sought.before is not None:
        conditions.append("(ts, message.id) < (?, ?)")
        values += sought.before
    return " AND ".join(conditions), values


def forms(words: str) -> tuple[str, ...]:
    """Return the words in other cases; SQLite itself knows none beyond ASCII."""
    if words.isascii():
        return (words,)
    return tuple(sorted({words, words.lower(), words.upper(), words.capitalize()}))


def like_pattern(words: str) -> str:
    """Return the pattern of `LIKE` for texts with these words in them."""
    for sign in "\\%_":
        words = words.replace(sign, f"\\{sign}")
    return f"%{words}%"


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
