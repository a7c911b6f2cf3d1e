"""The messages of members with a phrase: the first one, how many, when and where."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from app.core.names import GuildId
from app.store.database import bound
from app.store.engines import engine_of
from app.store.search.message_search import forms, like_pattern
from app.store.statements import Row, run

MOST_READ = 3_000
"""Messages that are read; of more, a sample is read and the counts are estimates."""

LEAST_SAMPLE = 30
"""Fewer messages of a sample tell too little, and all are read."""

_COLUMNS = "message.id, message.ts, message.channel_id, message.member_id, message.text"


class Occurrence(NamedTuple):
    """One message with the phrase."""

    row: int
    ts: int
    channel: int
    member: int


class Occurrences(NamedTuple):
    """The messages of a guild that have a phrase."""

    found: list[Occurrence]
    """Those that were read, by time."""
    step: int
    """Of every `step` rows one was read, but for the first message."""

    @property
    def messages(self) -> int:
        """The number of messages with the phrase; an estimate if rows were skipped."""
        if self.step == 1:
            return len(self.found)
        return 1 + (len(self.found) - 1) * self.step


def occurrences(
    guild: GuildId, phrase: str, channels: Collection[int] | None
) -> Occurrences:
    """Find the learned messages in which members said a phrase, as whole words.

    Members who opted out are left out, and so are bots.

    Args:
        channels: Rows of the channels to look into; None for all.
    """
    database, words = bound(), forms(phrase)
    search = engine_of(database).search
    said = " OR ".join([search.LIKE] * len(words))
    where, values = _by_members(guild, channels)
    where, values = f"{where} AND ({said})", [*values, *map(like_pattern, words)]
    parts = search.match_query(database, words)
    indexed = run(database, "SELECT indexed FROM row_numbers").fetchone()
    last = indexed[0] if indexed and parts is not None else 0
    rows: list[Row] = run(
        database,
        f"SELECT {_COLUMNS} FROM {search.MESSAGES} WHERE message.id > ? AND {where}",
        (last, *values),
    ).fetchall()
    step = 1
    if parts and last:
        step = search.count(database, parts) // MOST_READ + 1
        chosen = search.sample(database, _COLUMNS, parts, step, where, values)
        if step > 1 and len(_whole(chosen, phrase)) < LEAST_SAMPLE:
            step = 1
            chosen = search.sample(database, _COLUMNS, parts, step, where, values)
        rows += chosen
    found = _whole(rows, phrase)
    if step > 1:
        first = found[0].ts
        rows = search.before(database, _COLUMNS, first, guild, where, values)
        found = [*_whole(rows, phrase)[:1], *found]
    return Occurrences(found, step)


def _by_members(
    guild: GuildId, channels: Collection[int] | None
) -> tuple[str, list[object]]:
    """Return the condition for learned messages of members, with its values."""
    where = (
        "message.guild_id = ? AND message.dropped IS NULL AND message.member_id IN"
        " (SELECT id FROM member WHERE guild_id = ? AND NOT is_bot"
        " AND NOT has_opted_out)"
    )
    values: list[object] = [guild, guild]
    if channels is not None:
        marks = ", ".join("?" * len(channels))
        where += f" AND message.channel_id IN ({marks})" if marks else " AND FALSE"
        values += channels
    return where, values


def _whole(rows: Sequence[Row], phrase: str) -> list[Occurrence]:
    """Return the messages in which the phrase stands as whole words, by time."""
    found = re.compile(rf"(?<!\w){re.escape(phrase)}(?!\w)", re.IGNORECASE).search
    kept = [Occurrence(*row[:4]) for row in rows if found(row[4])]
    return sorted(kept, key=lambda one: (one.ts, one.row))
