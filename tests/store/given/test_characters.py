"""The characters of guilds in the database."""

from dataclasses import replace

from app.core.names import GuildId
from app.store import forgetting, guilds
from app.store.database import Database
from app.store.given import characters
from app.store.rows import StoredCharacter, StoredCharacterHook
from app.store.tables import Guild

IDA = StoredCharacter("Ida", "an old sailor", 30, [4, 7])
WICK = StoredCharacter("Wick", "a lamp maker", None, [])


def test_a_character_replaces_the_one_of_its_name_in_its_guild_alone(
    db: Database, guild: GuildId
) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    for row in (guild, other):
        db.call(characters.put, row, IDA)
    db.call(characters.put, guild, WICK)
    younger = StoredCharacter("Ida", "a young sailor", None, [])
    db.call(characters.put, guild, younger)
    assert db.call(characters.cast, guild) == [WICK, younger]
    assert db.call(characters.cast, other) == [IDA]
    db.call(characters.remove, guild, "Ida")
    assert db.call(characters.cast, guild) == [WICK]
    db.call(characters.remove, guild)
    assert db.call(characters.guilds_with_characters) == {other}
    db.call(characters.put_hook, guild, StoredCharacterHook("7", "1", "face"))
    db.call(characters.drop_hook, "1")
    # Its old lines stay, and are still the bot's own.
    assert db.call(characters.hooks, guild) == []
    assert db.call(characters.every_hook) == {"1"}
    db.call(forgetting.delete_guild, other)
    assert db.call(characters.guilds_with_characters) == set()


def test_the_guilds_with_webhooks_are_known(db: Database, guild: GuildId) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    for row, number in ((guild, "41"), (other, "42")):
        db.call(_name_on_discord, row, number)
    hook = StoredCharacterHook("5", "9", "face")
    db.call(characters.put_hook, guild, hook)
    db.call(characters.put_hook, guild, replace(hook, webhook="10"))
    assert db.call(characters.hooked_guilds) == ["41"]
    db.call(characters.drop_hook, "9")
    db.call(characters.drop_hook, "10")
    assert db.call(characters.hooked_guilds) == []


def _name_on_discord(guild: GuildId, number: str) -> None:
    Guild.update(discord_id=number).where(Guild.id == guild).execute()
