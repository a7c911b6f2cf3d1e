"""Snapshots: a guild's voice, settings, lorebook and characters under a name."""

from collections.abc import Collection, Sequence
from dataclasses import astuple

from peewee import fn

from app.core.names import GuildId
from app.store import messages, rows, voice_changes
from app.store.database import tuples, write
from app.store.given import characters, lore
from app.store.rows import (
    OverrideValue,
    StoredCharacter,
    StoredLoreEntry,
    StoredSnapshot,
)
from app.store.tables import Channel, Message, Setting, Snapshot, VoiceGap

SettingRow = tuple[int, str, OverrideValue]
"""A channel's row or 0, a setting's name, its value."""


def every(guild: GuildId) -> list[StoredSnapshot]:
    """Return the guild's snapshots, newest first."""
    query = Snapshot.select().where(Snapshot.guild == guild)
    newest = query.order_by(Snapshot.created.desc(), Snapshot.id.desc())
    return rows.all_of(StoredSnapshot, newest)


def get(guild: GuildId, name: str) -> StoredSnapshot | None:
    """Return the guild's snapshot with that name."""
    same = (Snapshot.guild == guild) & (Snapshot.name == name)
    return rows.found(StoredSnapshot, Snapshot.get_or_none(same))


def count(guild: GuildId) -> int:
    """Count the messages in the guild's voice; reads all of them."""
    found = Message.select(fn.COUNT(Message.id)).where(voice_changes.belongs(guild))
    return int(found.scalar())


@write
def take(guild: GuildId, name: str, created: int, count: int) -> StoredSnapshot:
    """Store the present state, replacing a snapshot of the same name."""
    remove(guild, name)
    made: Snapshot = Snapshot.create(
        guild=guild,
        name=name,
        created=created,
        last=messages.last_row(),
        messages=count,
        gaps=voice_changes.gaps(guild),
        settings=_settings(guild),
        lore=[astuple(entry) for entry in lore.entries(guild)],
        characters=[astuple(one) for one in characters.cast(guild)],
    )
    return rows.stored(StoredSnapshot, made)


@write
def remove(guild: GuildId, name: str) -> bool:
    """Delete a snapshot; False if the name is unknown."""
    same = (Snapshot.guild == guild) & (Snapshot.name == name)
    return bool(Snapshot.delete().where(same).execute())


@write
def roll_back(
    snapshot: StoredSnapshot, kept: Collection[str], put: Sequence[SettingRow]
) -> None:
    """Restore a guild's voice, settings, lorebook and characters from a snapshot.

    Messages learned since then stay stored outside the voice, so another snapshot can
    bring them back. The voice files are marked as outdated.

    Args:
        snapshot: One of the guild's.
        kept: Names of settings to leave unchanged.
        put: The settings of the snapshot that hold again.
    """
    guild = snapshot.guild_id
    gaps = [*snapshot.gaps, (snapshot.last, messages.last_row())]
    VoiceGap.delete().where(VoiceGap.guild == guild).execute()
    for after, until in gaps:
        if after < until:
            VoiceGap.create(guild=guild, after=after, until=until)
    Setting.delete().where(
        (Setting.guild == guild) & Setting.name.not_in(kept)
    ).execute()
    here = Channel.select(Channel.id).where(Channel.guild == guild)
    channels = {0, *(row for (row,) in tuples(here))}
    for channel, name, value in put:
        if channel in channels and name not in kept:
            Setting.create(guild=guild, channel=channel, name=name, value=value)
    lore.replace_all(guild, [StoredLoreEntry(*entry) for entry in snapshot.lore])
    if snapshot.characters is not None:
        cast = [StoredCharacter(*one) for one in snapshot.characters]
        characters.replace_all(guild, cast)
    voice_changes.note(guild, [voice_changes.ALL])


def _settings(guild: GuildId) -> list[SettingRow]:
    rows = Setting.select().where(Setting.guild == guild).order_by(Setting.id)
    return [(row.channel, row.name, row.value) for row in rows]
