"""The messages that belong to a guild's voice, and those its files still lack."""

from collections.abc import Iterable, Iterator, Sequence

from peewee import Expression, fn

from app.core.names import GuildId
from app.store import audience, statements
from app.store.authors import people_of
from app.store.database import bound, tuples, write
from app.store.rows import StoredSnapshot
from app.store.statements import BATCH
from app.store.tables import Member, Message, VoiceChange, VoiceGap
from app.voice.sayable import sayable

ALL = 0
"""The mark, in place of a message, that the whole voice was replaced."""

OTHER_WORDS = -1
"""The mark, in place of a message, that words went which no voice has, as of replies.
"""

MOST_RUNS = 3000
"""The newest runs of a member's messages to speak from; each token costs by them."""

Gap = tuple[int, int]
"""Rows above the first number, up to the second."""

Learnable = tuple[int, str, int]
"""A message as a voice learns it: its row, what is sayable of its text, and its
channel's row."""

_LEARNED = (Message.id, Message.text, Message.channel)


def gaps(guild: GuildId) -> list[Gap]:
    """Return the row ranges that a rollback removed from the voice."""
    query = VoiceGap.select(VoiceGap.after, VoiceGap.until)
    return [
        (after, until) for after, until in tuples(query.where(VoiceGap.guild == guild))
    ]


def belongs(
    guild: GuildId, outside: Iterable[Sequence[int]] | None = None
) -> Expression:
    """Return the condition for messages of a guild's voice, with these gaps."""
    chosen = (Message.guild == guild) & Message.dropped.is_null()
    for after, until in gaps(guild) if outside is None else outside:
        chosen &= (Message.id <= after) | (Message.id > until)
    return chosen


@write
def note(guild: GuildId, messages: Sequence[int]) -> None:
    """Note that these messages were edited or deleted."""
    rows = [(guild, message) for message in messages]
    statements.insert_new(bound(), "voice_change", ("guild_id", "message"), rows)


def changes(guild: GuildId) -> list[int]:
    """Return rows of the messages changed since the voice files were written."""
    query = VoiceChange.select(VoiceChange.message).distinct()
    return [row for (row,) in tuples(query.where(VoiceChange.guild == guild))]


def changed_guilds() -> set[GuildId]:
    """Return the guilds whose voice files lack a change."""
    query = VoiceChange.select(VoiceChange.guild).distinct()
    return {guild for (guild,) in tuples(query)}


def newest_change(guild: GuildId) -> int:
    """Return the number of the newest change; a rebuild that starts now covers it."""
    query = VoiceChange.select(fn.MAX(VoiceChange.id))
    return query.where(VoiceChange.guild == guild).scalar() or 0


@write
def settle(guild: GuildId, change: int) -> None:
    """Drop the changes up to `change`, which the current voice files contain."""
    covered = (VoiceChange.guild == guild) & (VoiceChange.id <= change)
    VoiceChange.delete().where(covered).execute()


def _read(chosen: Expression, limit: int) -> list[Learnable]:
    query = Message.select(*_LEARNED).where(chosen)
    # A plain cursor returns a million rows in a third of peewee's time.
    rows: Iterator[Learnable] = bound().execute(query.order_by(Message.id).limit(limit))
    return list(_sayable(rows))


def _sayable(rows: Iterable[Learnable]) -> Iterator[Learnable]:
    return ((row, sayable(text), channel) for row, text, channel in rows)


def learnable_page(
    guild: GuildId, after: int = 0, limit: int = 20_000
) -> list[Learnable]:
    """Return the first messages in the guild's voice after that row, by row."""
    return _read(belongs(guild) & (Message.id > after), limit)


def of_snapshot(
    snapshot: StoredSnapshot, after: int, limit: int = 20_000
) -> list[Learnable]:
    """Return a page of what is left of a snapshot's voice."""
    chosen = belongs(snapshot.guild_id, snapshot.gaps)
    rows = (Message.id > after) & (Message.id <= snapshot.last)
    return _read(chosen & rows, limit)


def newest_learnable(guild: GuildId, after: int, limit: int) -> list[Learnable]:
    """Return the newest messages to learn after that row, by row."""
    query = Message.select(*_LEARNED)
    query = query.where(belongs(guild) & (Message.id > after))
    found: list[Learnable] = tuples(query.order_by(Message.id.desc()).limit(limit))
    return list(_sayable(found[::-1]))


def recent(guild: GuildId, channel: int, limit: int) -> dict[int, str]:
    """Return a channel's newest messages in the guild's voice, by row, oldest first."""
    query = Message.select(*_LEARNED)
    query = query.where(belongs(guild) & (Message.channel == channel))
    query = query.order_by(Message.ts.desc(), Message.id.desc())
    found: list[Learnable] = tuples(query.limit(limit))
    return {row: text for row, text, _ in _sayable(found[::-1])}


def learnable_of(guild: GuildId, rows: Sequence[int]) -> list[Learnable]:
    """Return those of the messages that are in the guild's voice."""
    found: list[Learnable] = []
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        chosen = Message.id.in_(part) & belongs(guild)
        found += _sayable(tuples(Message.select(*_LEARNED).where(chosen)))
    return found


def replies_of(guild: GuildId) -> list[tuple[str, int, str, str | None]]:
    """Return (id, time, text, answered id) of all learned messages, in order."""
    query = Message.select(
        Message.external, Message.ts, Message.text, Message.reply_to
    ).where(belongs(guild))
    return list(tuples(query.order_by(Message.ts, Message.id)))


def spans_before(guild: GuildId, end: int) -> tuple[tuple[int, int], ...]:
    """Return the rows written before a time, as (first, last) of each run of rows.

    Rows come in the order of learning, and that of files may be any, so that there are
    as many runs as files. No row between a run's ends was written later.

    Args:
        end: In milliseconds.
    """
    query = Message.select(Message.id, Message.ts < end)
    spans: list[tuple[int, int]] = []
    is_open = False
    for row, is_before in tuples(
        query.where(Message.guild == guild).order_by(Message.id)
    ):
        if is_before:
            first = spans.pop()[0] if is_open else row
            spans.append((first, row))
        is_open = bool(is_before)
    return tuple(spans)


def spans_of_author(
    guild: GuildId,
    author: str,
    channel: int | None,
    *,
    is_private: bool,
    within: Sequence[tuple[int, int]] | None = None,
) -> tuple[tuple[int, int], ...]:
    """Return the rows of a member's (hash) messages, as (first, last) of each run.

    Args:
        channel: Only what may be said there counts.
        is_private: Only the owner hears it, so that all of it counts.
        within: Runs of the only rows that count, ascending; None means all.
    """
    people = Member.author.in_(people_of(guild, author))
    mine = Member.select(Member.id).where((Member.guild == guild) & people)
    chosen = belongs(guild) & Message.member.in_(mine)
    speakable = None if is_private else audience.speakable_channels(guild, channel)
    if speakable is not None:
        chosen &= Message.channel.in_(sorted(speakable))
    spans: list[tuple[int, int]] = []
    query = Message.select(Message.id).where(chosen).order_by(Message.id)
    for (row,) in tuples(query):
        if within is not None and not any(a <= row <= b for a, b in within):
            continue
        is_next = bool(spans) and spans[-1][1] == row - 1
        first = spans.pop()[0] if is_next else row
        spans.append((first, row))
    return tuple(spans[-MOST_RUNS:])
