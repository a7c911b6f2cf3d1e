"""The messages that belong to a guild's voice, and those its files still lack."""

from collections.abc import Iterable, Sequence

from peewee import Expression, fn

from app.store import sqlite
from app.store.database import bound, tuples, write
from app.store.tables import Message, VoiceChange, VoiceGap

ALL = 0
"""The mark, in place of a message, that the whole voice was replaced."""

OTHER_WORDS = -1
"""The mark, in place of a message, that words went which no voice has, as of replies.
"""

Gap = tuple[int, int]
"""Rows above the first number, up to the second."""


def gaps(guild: int) -> list[Gap]:
    """Return the row ranges that a rollback removed from the voice."""
    query = VoiceGap.select(VoiceGap.after, VoiceGap.until)
    return [
        (after, until) for after, until in tuples(query.where(VoiceGap.guild == guild))
    ]


def belongs(guild: int, outside: Iterable[Sequence[int]] | None = None) -> Expression:
    """Return the condition for messages of a guild's voice, with these gaps."""
    chosen = (Message.guild == guild) & Message.dropped.is_null()
    for after, until in gaps(guild) if outside is None else outside:
        chosen &= (Message.id <= after) | (Message.id > until)
    return chosen


@write
def note(guild: int, messages: Sequence[int]) -> None:
    """Note that these messages were edited or deleted."""
    rows = [(guild, message) for message in messages]
    sqlite.insert_new(bound(), "voice_change", ("guild_id", "message"), rows)


def changes(guild: int) -> list[int]:
    """Return rows of the messages changed since the voice files were written."""
    query = VoiceChange.select(VoiceChange.message).distinct()
    return [row for (row,) in tuples(query.where(VoiceChange.guild == guild))]


def newest_change(guild: int) -> int:
    """Return the number of the newest change; a rebuild that starts now covers it."""
    query = VoiceChange.select(fn.MAX(VoiceChange.id))
    return query.where(VoiceChange.guild == guild).scalar() or 0


@write
def settle(guild: int, change: int) -> None:
    """Drop the changes up to `change`, which the current voice files contain."""
    covered = (VoiceChange.guild == guild) & (VoiceChange.id <= change)
    VoiceChange.delete().where(covered).execute()
