"""The characters of guilds, which are called by their names."""

from dataclasses import asdict

from app.core.names import GuildId
from app.store import rows
from app.store.database import tuples, write
from app.store.rows import StoredCharacter
from app.store.tables import Character


def guilds_with_characters() -> set[GuildId]:
    """Return the guilds that have a character."""
    return {guild for (guild,) in tuples(Character.select(Character.guild).distinct())}


def cast(guild: GuildId) -> list[StoredCharacter]:
    """Return a guild's characters, the oldest first."""
    query = Character.select().where(Character.guild == guild).order_by(Character.id)
    return rows.all_of(StoredCharacter, query)


@write
def put(guild: GuildId, character: StoredCharacter) -> None:
    """Store a character, in place of one of that name."""
    remove(guild, character.name)
    Character.create(guild=guild, **asdict(character))


@write
def remove(guild: GuildId, name: str | None = None) -> None:
    """Delete the character of that name, or with None every one."""
    chosen = Character.guild == guild
    if name is not None:
        chosen &= Character.name == name
    Character.delete().where(chosen).execute()
