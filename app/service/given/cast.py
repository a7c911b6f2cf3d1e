"""The characters of all guilds: taken from cards, and called by their names."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from app.chat.reply_trigger import find_wake_word
from app.core.errors import UsageError
from app.core.names import GuildId, is_same
from app.service.given.character_cards import CharacterCard, character_of
from app.service.given.guild_shelf import GuildShelf
from app.service.given.lorebooks import Lorebooks
from app.settings.schema import Config
from app.store.database import Database
from app.store.given import characters
from app.store.rows import StoredCharacter

MOST_CHARACTERS = 20


class Cast:
    """Every guild's characters; those of guilds that talk stay in memory."""

    def __init__(
        self, database: Database, lorebooks: "Callable[[], Lorebooks]"
    ) -> None:
        self._database = database
        self._lorebooks = lorebooks
        self._shelf = GuildShelf(
            database, characters.guilds_with_characters, self._read
        )

    async def _read(self, guild: GuildId) -> list[StoredCharacter]:
        return await self._database.run(characters.cast, guild)

    async def of(
        self, guild: GuildId, channel: int | None = None
    ) -> list[StoredCharacter]:
        """Return a guild's characters, or those that speak in a channel (row)."""
        return [
            one
            for one in await self._shelf.get(guild) or ()
            if channel is None or not one.channels or channel in one.channels
        ]

    async def waking(self, config: Config, guild: GuildId, channel: int) -> Config:
        """Return settings under which the names of characters call them, too."""
        names = [one.name for one in await self.of(guild, channel)]
        if not names:
            return config
        words = [*config.speak.wake_words, *names]
        return replace(config, speak=replace(config.speak, wake_words=words))

    async def called(
        self, guild: GuildId, channel: int, text: str
    ) -> StoredCharacter | None:
        """Return the character whose name a text has, if it speaks in the channel."""
        here = await self.of(guild, channel)
        name = find_wake_word(text, [one.name for one in here])
        return next((one for one in here if one.name == name), None)

    async def take_card(
        self, guild: GuildId, data: bytes, channel: int = 0, dial: int | None = None
    ) -> CharacterCard:
        """Add the character of a card, in place of one of that name.

        Args:
            channel: The row of a channel to speak in, beside those it speaks in; 0 for
                all channels.
            dial: None leaves it to the settings of the place.

        Raises:
            AppError: If the file is no card, or there is no room for it; then nothing
                is changed.
        """
        card = await asyncio.to_thread(character_of, data)
        there = await self.of(guild)
        same = next((one for one in there if one.name == card.name), None)
        if same is None and len(there) >= MOST_CHARACTERS:
            raise UsageError(
                f"A server has at most {MOST_CHARACTERS} characters.",
                "Remove one first.",
            )
        before = same.channels if same else []
        channels = sorted({*before, channel}) if channel else []
        await self._put_lore(guild, card)
        new = StoredCharacter(card.name, card.persona, dial, channels)
        await self._database.run(characters.put, guild, new)
        await self.look_again(guild)
        return card

    async def _put_lore(self, guild: GuildId, card: CharacterCard) -> None:
        lorebooks = self._lorebooks()
        others = {entry.book for entry in await lorebooks.entries(guild)}
        await lorebooks.put_card(guild, card.name, card.lore, others)

    async def remove(self, guild: GuildId, name: str) -> StoredCharacter:
        """Delete the character of that name in any case, with its lore.

        Raises:
            UsageError: If there is none.
        """
        there = await self.of(guild)
        found = [one for one in there if is_same(one.name, name)]
        if not found:
            names = ", ".join(one.name for one in there)
            hint = f"Known characters: {names}." if names else "There is none yet."
            raise UsageError(f"There is no character {name.strip()!r}.", hint)
        lorebooks = self._lorebooks()
        books = {entry.book for entry in await lorebooks.entries(guild)}
        gone = found[0].name
        await lorebooks.put_card(guild, gone, [], books - {gone})
        await self._database.run(characters.remove, guild, gone)
        await self.look_again(guild)
        return found[0]

    async def remove_all(self, guild: GuildId) -> None:
        """Delete every character of a guild."""
        await self._database.run(characters.remove, guild)
        await self.look_again(guild)

    async def look_again(self, guild: GuildId) -> None:
        """Read a guild's characters again when they are wanted."""
        await self._shelf.look_again(guild)
