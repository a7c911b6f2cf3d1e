"""The search for messages by their words, on either engine."""

from collections.abc import Sequence
from typing import NamedTuple

from peewee import Database

from app.core.names import GuildId
from app.store.engines import engine_of
from app.store.statements import Row, run

NEWEST = 4000
"""Messages of a place that are read first, as frequent words are among them."""

MOST_BYTES = 49_000
"""SQLite compares with no longer pattern."""


class Sought(NamedTuple):
    """The messages that a search is for."""

    words: tuple[str, ...]
    """Any of them; the case counts beyond ASCII."""
    guild: GuildId | None = None
    channel: int | None = None
    before: tuple[int, int] | None = None
    """Only those before that time and row."""


def newest(database: Database, sought: Sought, limit: int) -> list[int]:
    """Return rows of the newest messages with one of the words, newest first.

    Those of a channel are in order of time, others in that of their rows.
    """
    words = [one for one in sought.words if len(one.encode()) < MOST_BYTES]
    if not words or any("\0" in one for one in words):
        return []
    place, values = _place(sought)
    said = " OR ".join([engine_of(database).search.LIKE] * len(words))
    values += [like_pattern(one) for one in words] + [limit]
    order = "message.id DESC" if sought.channel is None else "ts DESC, message.id DESC"
    rows = _recent(database, sought, said, values)
    if len(rows) == limit or _is_small(database, sought):
        return rows
    found = _search(database, words, f"{place} AND ({said})", order, values)
    # By time and row, or else by row.
    found.sort(key=lambda one: one if sought.channel else one[1:], reverse=True)
    return [row for _, row in found[:limit]]


def _recent(
    database: Database, sought: Sought, said: str, values: Sequence[object]
) -> list[int]:
    """Read the newest messages of the place alone; frequent words are among them."""
    place, _ = _place(sought)
    if sought.guild is None:
        return []
    order = "id DESC" if sought.channel is None else "ts DESC, id DESC"
    chosen = f"{place} ORDER BY {order} LIMIT {NEWEST}"
    newest = f"SELECT id, ts, text FROM message WHERE {chosen}"
    found = run(
        database, f"SELECT id FROM ({newest}) AS message WHERE {said} LIMIT ?", values
    )
    return [row for (row,) in found]


def _is_small(database: Database, sought: Sought) -> bool:
    """Tell if a place has no messages but those that were read.

    The index is of all servers: among thousands, it takes longer than reading one.
    """
    if sought.guild is None:
        return False
    place, values = _place(sought)
    some = f"SELECT 1 FROM message WHERE {place} LIMIT {NEWEST}"
    found = run(database, f"SELECT COUNT(*) FROM ({some}) AS message", values)
    return bool(found.fetchone()[0] < NEWEST)


def _search(
    database: Database,
    words: Sequence[str],
    where: str,
    order: str,
    values: Sequence[object],
) -> list[Row]:
    """Read messages that are not in the index, and those that it names."""
    search = engine_of(database).search
    parts = search.match_query(database, words)
    found = run(database, "SELECT indexed FROM row_numbers").fetchone()
    last = found[0] if found and parts is not None else 0
    rows: list[Row] = run(
        database,
        f"SELECT ts, message.id FROM {search.MESSAGES} WHERE message.id > ?"
        f" AND {where} ORDER BY {order} LIMIT ?",
        (last, *values),
    ).fetchall()
    if parts and last:
        rows += search.named(database, parts, where, order, values)
    return rows


def _place(sought: Sought) -> tuple[str, list[object]]:
    conditions, values = ["TRUE"], list[object]()
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
