"""The characters of guilds, which are called by their names, and their webhooks."""

from collections.abc import Sequence
from dataclasses import asdict

from peewee import fn

from app.core.names import GuildId
from app.store import rows
from app.store.database import tuples, write
from app.store.given import lore
from app.store.rows import StoredCharacter, StoredCharacterHook, StoredLoreEntry
from app.store.tables import Character, CharacterHook, Guild


def guilds_with_characters() -> set[GuildId]:
    """Return the guilds that have a character."""
    return {guild for (guild,) in tuples(Character.select(Character.guild).distinct())}


def cast(guild: GuildId) -> list[StoredCharacter]:
    """Return a guild's characters, the oldest first."""
    fields = [Character.name, Character.about, Character.dial, Character.channels]
    query = Character.select(*fields, Character.face).where(Character.guild == guild)
    return rows.all_of(StoredCharacter, query.order_by(Character.id))


def picture(guild: GuildId, name: str) -> bytes | None:
    """Return the picture of the character of that name, if it has one."""
    same = (Character.guild == guild) & (Character.name == name)
    found = tuples(Character.select(Character.picture).where(same))
    return bytes(found[0][0]) if found and found[0][0] is not None else None


def picture_bytes(guild: GuildId) -> int:
    """Return the size of all pictures of a guild's characters."""
    size = fn.COALESCE(fn.SUM(fn.LENGTH(Character.picture)), 0)
    return int(Character.select(size).where(Character.guild == guild).scalar())


@write
def put(
    guild: GuildId,
    character: StoredCharacter,
    entries: Sequence[StoredLoreEntry] | None = None,
    picture: bytes | None = None,
) -> None:
    """Store a character, in place of one of that name.

    Args:
        entries: The guild's whole book from now on; None leaves it as it is.
    """
    remove(guild, character.name, entries)
    Character.create(guild=guild, picture=picture, **asdict(character))


@write
def remove(
    guild: GuildId,
    name: str | None = None,
    entries: Sequence[StoredLoreEntry] | None = None,
) -> None:
    """Delete the character of that name, or with None every one; as `put`."""
    chosen = Character.guild == guild
    if name is not None:
        chosen &= Character.name == name
    Character.delete().where(chosen).execute()
    if entries is not None:
        lore.replace_all(guild, entries)


@write
def replace_all(guild: GuildId, characters: Sequence[StoredCharacter]) -> None:
    """Store these characters of a guild and no others; those of a name keep faces."""
    known = Character.select().where(Character.guild == guild)
    faces = {one.name: (one.face, one.picture) for one in known}
    remove(guild)
    for one in characters:
        face, picture = faces.get(one.name, ("", None))
        fields = asdict(one) | {"face": face, "picture": picture}
        Character.create(guild=guild, **fields)


def every_hook() -> set[str]:
    """Return Discord's ids of all webhooks that the bot ever made for characters."""
    return {
        webhook for (webhook,) in tuples(CharacterHook.select(CharacterHook.webhook))
    }


def hooks(guild: GuildId) -> list[StoredCharacterHook]:
    """Return the webhooks of a guild that are not deleted."""
    fields = CharacterHook.channel, CharacterHook.webhook, CharacterHook.face
    here = (CharacterHook.guild == guild) & ~CharacterHook.is_deleted
    query = CharacterHook.select(*fields).where(here).order_by(CharacterHook.id)
    return [StoredCharacterHook(*row) for row in tuples(query)]


def hooked_guilds() -> list[str]:
    """Return Discord's ids of the guilds with webhooks that are not deleted."""
    query = CharacterHook.select(Guild.discord_id).join(Guild)
    chosen = query.where(~CharacterHook.is_deleted & Guild.discord_id.is_null(False))
    return [guild for (guild,) in tuples(chosen.distinct())]


@write
def put_hook(guild: GuildId, hook: StoredCharacterHook) -> None:
    """Store a webhook that was made."""
    CharacterHook.create(guild=guild, **asdict(hook))


@write
def drop_hook(webhook: str) -> None:
    """Note that a webhook is deleted."""
    same = CharacterHook.webhook == webhook
    CharacterHook.update(is_deleted=True).where(same).execute()
