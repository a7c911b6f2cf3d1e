"""The characters of all guilds: taken from cards, and called by their names."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from hashlib import blake2b
from sys import getsizeof

from app.chat.reply_trigger import find_wake_word
from app.core.errors import UsageError
from app.core.names import GuildId, is_same
from app.service.given.character_cards import CharacterCard, character_of
from app.service.given.guild_shelf import GuildShelf
from app.service.given.lorebooks import Lorebooks
from app.settings.schema import Config
from app.store.database import Database
from app.store.given import characters
from app.store.rows import StoredCharacter, StoredCharacterHook, StoredLoreEntry

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
        self._own_hooks = database.call(characters.every_hook)
        self.on_change: Callable[[GuildId], Awaitable[None]] = _nothing
        """Called when a guild's characters may be others than before."""

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
        every = await self._book(guild, card.name, card.lore)
        face = _face(card.name, card.picture)
        new = StoredCharacter(card.name, card.persona, dial, channels, face)
        put = characters.put
        await self._database.run(put, guild, new, every, card.picture)
        await self._changed(guild)
        return card

    async def _book(
        self, guild: GuildId, name: str, entries: Sequence[StoredLoreEntry]
    ) -> list[StoredLoreEntry]:
        """Return a guild's book with other entries of one character."""
        lorebooks = self._lorebooks()
        others = {entry.book for entry in await lorebooks.entries(guild)}
        return await lorebooks.with_card(guild, name, entries, others - {name})

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
        gone = found[0].name
        every = await self._book(guild, gone, [])
        await self._database.run(characters.remove, guild, gone, every)
        await self._changed(guild)
        return found[0]

    async def remove_all(self, guild: GuildId) -> None:
        """Delete every character of a guild."""
        await self._database.run(characters.remove, guild)
        await self.look_again(guild)

    async def put_all(self, guild: GuildId, cast: Sequence[StoredCharacter]) -> None:
        """Store a guild's characters in place of all earlier ones."""
        await self._database.run(characters.replace_all, guild, cast)
        await self.look_again(guild)

    async def look_again(self, guild: GuildId | None) -> None:
        """Read a guild's characters again when they are wanted; None means all."""
        await self._shelf.look_again(guild)
        if guild is not None:
            await self.on_change(guild)

    async def _changed(self, guild: GuildId) -> None:
        await self._lorebooks().look_again(guild)
        await self.look_again(guild)

    def bytes_of(self, guild: GuildId) -> int | None:
        """Return what a guild's characters take in memory; None if they are not there.

        Their pictures are read for a new webhook alone.
        """
        there = self._shelf.peek(guild)
        return None if there is None else sum(getsizeof(one.about) for one in there)

    def is_own_hook(self, webhook: int) -> bool:
        """Tell if the bot made that webhook (Discord's id) for a character."""
        return str(webhook) in self._own_hooks

    async def picture(self, guild: GuildId, name: str) -> bytes | None:
        """Return a character's picture, if it has one."""
        return await self._database.run(characters.picture, guild, name)

    async def hooks(self, guild: GuildId) -> list[StoredCharacterHook]:
        """Return a guild's webhooks that are not deleted."""
        return await self._database.run(characters.hooks, guild)

    async def hooked_guilds(self) -> list[str]:
        """Return Discord's ids of the guilds with webhooks that are not deleted."""
        return await self._database.run(characters.hooked_guilds)

    async def put_hook(self, guild: GuildId, hook: StoredCharacterHook) -> None:
        """Note a webhook that was made, before anything is said through it."""
        self._own_hooks.add(hook.webhook)
        await self._database.run(characters.put_hook, guild, hook)

    async def drop_hook(self, webhook: int) -> None:
        """Note that a webhook is deleted."""
        await self._database.run(characters.drop_hook, str(webhook))


async def _nothing(guild: GuildId) -> None:
    """Do nothing about a change."""


def _face(name: str, picture: bytes | None) -> str:
    return blake2b(name.encode() + b"\0" + (picture or b""), digest_size=16).hexdigest()
