"""What a guild's voice files still lack: changes of messages they already hold."""

from collections.abc import Sequence

from peewee import fn

from app.store import sqlite
from app.store.database import bound, tuples, write
from app.store.tables import VoiceChange


@write
def note(guild: int, messages: Sequence[int]) -> None:
    """Note that these messages were edited or deleted."""
    rows = [(guild, message) for message in messages]
    sqlite.insert_new(bound(), "voice_change", ("guild_id", "message"), rows)


def changes(guild: int) -> list[int]:
    """Rows of the messages changed since the voice files were written."""
    query = VoiceChange.select(VoiceChange.message).distinct()
    return [row for (row,) in tuples(query.where(VoiceChange.guild == guild))]


def newest_change(guild: int) -> int:
    """Number of the newest change; a rebuild that starts now covers it."""
    query = VoiceChange.select(fn.MAX(VoiceChange.id))
    return query.where(VoiceChange.guild == guild).scalar() or 0


@write
def settle(guild: int, change: int) -> None:
    """Drop the changes up to `change`: the voice files in use have them."""
    covered = (VoiceChange.guild == guild) & (VoiceChange.id <= change)
    VoiceChange.delete().where(covered).execute()
