"""Guilds and channels as Discord tells of them, and what is set for them."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from random import Random

from app.core.errors import UsageError
from app.discord.ports import MessagePlace
from app.discord.stored.id_map import IdMap
from app.service.app_context import AppContext
from app.service.given import personas
from app.service.given.character_cards import CharacterCard
from app.service.given.personas import Persona
from app.service.handlers.channel_actions import likely_emoji, set_learning
from app.service.privacy import delete_after_grace
from app.service.voices.forgetter import Forgotten
from app.service.weekly_stats import GuildWeek, week_of
from app.service.words import guess_game
from app.service.words.guess_game import GuessGame
from app.service.words.guild_year import GuildYear, year_of
from app.service.words.phrase_origin import PhraseOrigin, origin_of
from app.settings import consent, owner_rules, setting_keys
from app.settings.effective import ResolvedSetting
from app.settings.schema import Config
from app.store import audience, guilds
from app.store import settings as overrides
from app.store.reply import outcomes
from app.store.rows import StoredCharacter, StoredLoreEntry

EVERYWHERE = "The owner can add `everywhere:True`."


class StoredGuilds:
    """The port of guild events, for one home."""

    def __init__(self, context: AppContext, ids: IdMap, rng: Random) -> None:
        self._context = context
        self._ids = ids
        self._rng = rng

    async def settings(self, place: MessagePlace) -> Config:
        """Return the effective settings of a channel."""
        rows = await self._ids.rows(place)
        return await self._context.settings.of(rows.guild, rows.root)

    async def server_settings(self, guild: int) -> Config:
        """Return the settings of a server, wherever in it."""
        return await self._context.settings.of(await self._ids.guild(guild))

    async def starting_talk(self, present: Collection[int]) -> list[int]:
        """Return the servers where the bot may start talk, or in a channel of them."""
        if self._context.settings.home.speak.starts_talk:
            return list(present)
        names = ("speak.start_at", "speak.start_after_hours")
        set_there = overrides.servers_that_set
        found = await self._context.database.run(set_there, names)
        return [guild for guild in present if str(guild) in found]

    async def explain_settings(self, place: MessagePlace) -> list[ResolvedSetting]:
        """Return every setting that can differ in a channel, with its origin."""
        rows = await self._ids.rows(place)
        explained = await self._context.settings.explain(rows.guild, rows.root)
        return [one for one in explained if one.key.scope != "home"]

    async def withdraw_consent(self, guild: int) -> list[str] | None:
        """Take back the owner's consents for a guild."""
        row = await self._ids.guild(guild)
        found = await self._context.settings.withdraw(row)
        return None if found is None else consent.withdrawn(found)

    async def change_setting(
        self,
        place: MessagePlace,
        name: str,
        text: str | None,
        *,
        channel_only: bool,
        everywhere: bool = False,
        agreed: bool = False,
        is_owner: bool = False,
    ) -> ResolvedSetting:
        """Set or reset a setting of the guild, only of the channel, or of the home."""
        owner_rules.check_change(name, is_owner=is_owner, everywhere=everywhere)
        rows, settings = await self._ids.rows(place), self._context.settings
        if everywhere:
            return await settings.change(name, text, agreed=agreed)
        if setting_keys.find_key(name).scope == "home":
            raise UsageError(f"{name} applies to all servers.", EVERYWHERE)
        scope = rows.root if channel_only else 0
        await settings.change(name, text, rows.guild, scope, agreed=agreed)
        explained = await settings.explain(rows.guild, rows.root)
        return next(one for one in explained if one.key.name == name)

    async def learning_channels(self, guild: int) -> set[int]:
        """Return Discord's ids of the listened channels."""
        row = await self._ids.guild(guild)
        channels = await self._context.database.run(guilds.channels, row)
        ids = (one.discord_id for one in channels if one.is_learning)
        return {int(one) for one in ids if one is not None}

    async def set_learning(self, place: MessagePlace, on: bool) -> None:
        """Start or stop learning from a channel."""
        rows = await self._ids.rows(place)
        await set_learning(self._context, rows.listened, on)

    async def present(self, present: Mapping[int, str]) -> None:
        """Note that the bot is in exactly these guilds; old grace periods end.

        Those of other processes are not looked at.
        """
        now_ms = int(time.time() * 1000)
        hold = self._context.held.shards.hold
        stored = await self._context.database.run(guilds.every)
        every = [one for one in stored if hold(one.discord_id)]
        known = {one.discord_id: one for one in every}
        for guild, name in present.items():
            self._ids.forget(guild)
            one = known.get(str(guild))
            if one is None or one.left is not None or name not in ("", one.name):
                await self.joined(guild, name)
        for one in every:
            is_gone = one.discord_id is not None and int(one.discord_id) not in present
            if is_gone and one.left is None:
                await self._context.database.run(guilds.set_left, one.id, now_ms)
        await delete_after_grace(self._context)

    async def joined(self, guild: int, name: str) -> None:
        """Note that the bot is in a guild; a running grace period ends.

        During an outage Discord tells no name, and the known one stays.
        """
        self._ids.forget(guild)
        if not name:
            row = await self._ids.guild(guild)
            await self._context.database.run(guilds.set_left, row, None)
        else:
            await self._ids.guild(guild, name)

    async def left(self, guild: int) -> None:
        """Note that the bot was removed from a guild; its grace period begins."""
        row = await self._ids.guild(guild)
        now_ms = int(time.time() * 1000)
        await self._context.database.run(guilds.set_left, row, now_ms)
        self._ids.forget(guild)

    async def channels_seen(self, places: Sequence[MessagePlace]) -> None:
        """Note these channels, so that an owner can choose among them."""
        await self._ids.note(places)

    async def unknown_channels(self) -> list[tuple[int, int]]:
        """Return (server, channel) of stored ones whose readers nobody told yet."""
        found = await self._context.database.run(audience.unknown_channels)
        return [(int(server), int(channel)) for server, channel in found]

    async def channel_gone(self, guild: int, channel: int) -> None:
        """Note that Discord does not have an imported channel; it stays."""
        row = await self._ids.guild(guild)
        note_gone = audience.note_gone
        await self._context.database.run(note_gone, row, str(channel))

    async def channel_deleted(self, guild: int, channel: int) -> Forgotten:
        """Forget a channel or thread deleted on Discord, where the owner wants it."""
        row = await self._ids.guild(guild)
        found = await self._context.database.run(guilds.find_channel, row, str(channel))
        config = await self._context.settings.of(row)
        if found is None or not config.learn.forget_deleted_channels:
            return Forgotten(0, 0, 0, False)
        forgetter = self._context.forgetter
        return await forgetter.forget_channel(row, found.id, by_owner=False, wait=False)

    async def servers_with(self, channel: int) -> list[int]:
        """Return the servers of which that channel is stored."""
        found = await self._context.database.run(guilds.servers_with, str(channel))
        return [int(one) for one in found]

    async def week(self, guild: int, channels: Collection[int]) -> GuildWeek:
        """Return the last seven days of some channels."""
        row = await self._ids.guild(guild)
        now_ms = int(time.time() * 1000)
        week = await week_of(self._context.reader, row, channels, now_ms)
        speak = (await self._context.settings.of(row)).speak
        words = [word for word in week.words if not speak.forbids(word[0])]
        teachers = [
            one._replace(name=speak.sayable_name(one.name)) for one in week.teachers
        ]
        return replace(week, words=tuple(words), teachers=tuple(teachers))

    async def origin(self, place: MessagePlace, phrase: str) -> PhraseOrigin | None:
        """Return who said a phrase first, from what may be said there."""
        rows, reader = await self._ids.rows(place), self._context.reader
        speakable = audience.speakable_channels
        channels = await reader.run(speakable, rows.guild, rows.channel)
        with self._context.parts.timed("games.origin", rows.guild):
            origin = await origin_of(reader, rows.guild, phrase, channels)
        if origin is None:
            return None
        speak = (await self._context.settings.of(rows.guild, rows.root)).speak
        named = speak.sayable_name(origin.first.name)
        return replace(origin, first=replace(origin.first, name=named))

    async def guess_game(self, place: MessagePlace) -> GuessGame | None:
        """Make a game of lines that may be said there; None if there are too few."""
        rows = await self._ids.rows(place)
        with self._context.parts.timed("games.whosaid", rows.guild):
            return await guess_game.new_game(self._context, rows, self._rng)

    async def note_guess(self, game: GuessGame, place: int) -> None:
        """Count somebody's guess, by the line's place."""
        await guess_game.note_guess(self._context, game, place)

    async def note_shown(
        self,
        place: MessagePlace,
        message: int,
        sources: Sequence[int],
        lines: Sequence[int] = (),
    ) -> bool:
        """Note an answer that quotes members, so that it goes when their words do."""
        rows, note = await self._ids.rows(place), outcomes.note_shown
        there = rows.guild, rows.channel
        run = self._context.database.run
        return await run(note, *there, str(message), sources, lines)

    async def may_be_told(self, game: GuessGame) -> bool:
        """Tell if none of a game's lines was forgotten meanwhile."""
        return await guess_game.may_be_told(self._context, game)

    async def year(
        self, guild: int, channels: Collection[int], year: int | None
    ) -> GuildYear:
        """Return a year of some channels; None means the last twelve months."""
        row = await self._ids.guild(guild)
        speak = (await self._context.settings.of(row)).speak
        reader = self._context.reader
        with self._context.parts.timed("games.wrapped", row):
            found = await year_of(reader, row, channels, year, time.time())
        return found.without(speak.forbids)

    async def lore(self, guild: int) -> list[StoredLoreEntry]:
        """Return the entries of a server's lorebook."""
        return await self._context.lorebooks.entries(await self._ids.guild(guild))

    async def add_lore(
        self, guild: int, name: str, words: Sequence[str], text: str
    ) -> StoredLoreEntry:
        """Write an entry, in place of one of that name."""
        row = await self._ids.guild(guild)
        return await self._context.lorebooks.add(row, name, words, text)

    async def remove_lore(self, guild: int, name: str) -> StoredLoreEntry:
        """Delete an entry, and return it."""
        row = await self._ids.guild(guild)
        return await self._context.lorebooks.remove(row, name)

    async def persona(self, place: MessagePlace, *, channel_only: bool) -> Persona:
        """Return the persona of a server, or of the channel alone."""
        rows = await self._ids.rows(place)
        channel = rows.root if channel_only else 0
        return await personas.persona_of(self._context, rows.guild, channel)

    async def take_card(
        self, place: MessagePlace, data: bytes, *, channel_only: bool
    ) -> CharacterCard:
        """Give a server, or the channel alone, the persona and lore of a card."""
        rows = await self._ids.rows(place)
        channel = rows.root if channel_only else 0
        return await personas.take_card(self._context, rows.guild, data, channel)

    async def drop_persona(self, place: MessagePlace, *, channel_only: bool) -> Persona:
        """Take the persona of a server, or of the channel, away with its lore."""
        rows = await self._ids.rows(place)
        channel = rows.root if channel_only else 0
        return await personas.drop_persona(self._context, rows.guild, channel)

    async def cast(self, guild: int) -> list[StoredCharacter]:
        """Return the characters of a server beside the bot itself."""
        return await self._context.cast.of(await self._ids.guild(guild))

    async def add_character(
        self, place: MessagePlace, data: bytes, *, channel_only: bool, dial: int | None
    ) -> CharacterCard:
        """Add the character of a card, which is called by its name."""
        rows, take = await self._ids.rows(place), self._context.cast.take_card
        return await take(rows.guild, data, rows.root if channel_only else 0, dial)

    async def dismiss(self, guild: int, name: str) -> StoredCharacter:
        """Delete a character, with its lore."""
        row = await self._ids.guild(guild)
        return await self._context.cast.remove(row, name)

    async def emoji(self, place: MessagePlace) -> str | None:
        """Return an emoji of people whose words may be said there, by frequency."""
        rows = await self._ids.rows(place)
        return await likely_emoji(self._context, rows.guild, rows.channel, self._rng)
