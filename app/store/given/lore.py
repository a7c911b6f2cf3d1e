"""Lorebooks: what replies of a guild are told when words or meaning call for it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from app.core.names import GuildId
from app.store import rows, settings
from app.store.database import tuples, write
from app.store.rows import OverrideValue, StoredLoreEntry
from app.store.tables import LoreEntry

OWN = ""
"""The guild's own book, which came with no card."""


def guilds_with_lore() -> set[GuildId]:
    """Return the guilds that have an entry."""
    return {guild for (guild,) in tuples(LoreEntry.select(LoreEntry.guild).distinct())}


def entries(guild: GuildId) -> list[StoredLoreEntry]:
    """Return a guild's entries, the oldest first."""
    query = LoreEntry.select().where(LoreEntry.guild == guild).order_by(LoreEntry.id)
    return rows.all_of(StoredLoreEntry, query)


@write
def put(guild: GuildId, new: Sequence[StoredLoreEntry]) -> None:
    """Store entries, each in the place of one of its name in its book."""
    for entry in new:
        remove(guild, entry.book, entry.name)
        LoreEntry.create(guild=guild, **asdict(entry))


@write
def replace_all(guild: GuildId, entries: Sequence[StoredLoreEntry]) -> None:
    """Store these entries of a guild and no others."""
    remove_all(guild)
    put(guild, entries)


@write
def put_persona(
    guild: GuildId,
    entries: Sequence[StoredLoreEntry],
    channel: int,
    values: Mapping[str, OverrideValue | None],
) -> None:
    """Store a guild's book together with settings of one of its places."""
    replace_all(guild, entries)
    for name, value in values.items():
        settings.put(guild, name, value, channel)


@write
def remove(guild: GuildId, book: str, name: str | None = None) -> int:
    """Delete an entry of a book, or the whole book; return the number deleted."""
    same = (LoreEntry.guild == guild) & (LoreEntry.book == book)
    if name is not None:
        same &= LoreEntry.name == name
    return int(LoreEntry.delete().where(same).execute())


@write
def remove_all(guild: GuildId) -> None:
    """Delete every entry of a guild."""
    LoreEntry.delete().where(LoreEntry.guild == guild).execute()
