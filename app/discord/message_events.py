"""Learning from Discord: stores, follows and forgets messages as events arrive."""

import asyncio
import re
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from app.discord.id_map import RowsHost
from app.discord.ports import Incoming, MessagePlace
from app.importers.filters import clean
from app.importers.records import File, Record
from app.ipc.control import MessageSeen, Progress
from app.service.app_context import AppContext
from app.service.voice_keeper import Forgotten
from app.store import forgetting, guilds, messages, tombstones
from app.store.tables import Channel

DAY_MS = 86_400_000
DISCORD_EPOCH_MS = 1_420_070_400_000
EMOJI_MESSAGES = 400
_EMOJI = re.compile(r"<a?:\w{2,32}:\d+>|[\U0001F300-\U0001FAFF☀-➿]")


class LearningHost(RowsHost):
    """The part of the host that learns.

    A guild's events are handled in order, so a deletion never overtakes its message.
    """

    _rng: Random

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._order: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._changes: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Edits and deletions, which take longer; new messages do not wait for them."""

    async def is_learning(self, place: MessagePlace) -> bool:
        """Return whether messages of a place are learned."""
        return place.root in await self.learning_channels(place.guild)

    async def learning_channels(self, guild: int) -> set[int]:
        """Return Discord's ids of the listened channels."""
        row = await self.guild_row(guild)
        channels: list[Channel] = await self._context.database.run(guilds.channels, row)
        ids = (one.discord_id for one in channels if one.is_learning)
        return {int(one) for one in ids if one is not None}

    async def set_learning(self, place: MessagePlace, on: bool) -> None:
        """Start or stop learning from a channel."""
        _, channel = await self.rows_of(place)
        await self._context.database.run(guilds.set_learning, channel, on)

    async def present(self, present: Mapping[int, str]) -> None:
        """Note that the bot is in exactly these guilds; old grace periods end."""
        now_ms = int(time.time() * 1000)
        for guild, name in present.items():
            await self.joined(guild, name)
        for one in await self._context.database.run(guilds.every):
            is_gone = one.discord_id is not None and int(one.discord_id) not in present
            if is_gone and one.left is None:
                await self._context.database.run(guilds.set_left, one.id, now_ms)
        await self.delete_after_grace()

    async def delete_after_grace(self) -> None:
        """Delete the guilds that the bot left long enough ago."""
        now_ms = int(time.time() * 1000)
        days = self._context.settings.home.bot.keep_days_after_leaving
        if not days:
            return
        left = guilds.left_before
        for one in await self._context.database.run(left, now_ms - days * DAY_MS):
            await self._context.voices.forget_everything(one.id)
            await self._context.database.run(forgetting.delete_guild, one.id)
            self.forget_rows(int(one.discord_id or 0))

    async def joined(self, guild: int, name: str) -> None:
        """Note that the bot is in a guild; a running grace period ends."""
        self.forget_rows(guild)
        await self.guild_row(guild, name)

    async def channels_seen(self, places: Sequence[MessagePlace]) -> None:
        """Note these channels, so that an owner can choose among them."""
        for place in places:
            await self.rows_of(place)

    async def left(self, guild: int) -> None:
        """Note that the bot was removed from a guild; its grace period begins."""
        row = await self.guild_row(guild)
        now_ms = int(time.time() * 1000)
        await self._context.database.run(guilds.set_left, row, now_ms)

    async def hear(self, batch: Sequence[Incoming]) -> int:
        """Store messages of listened channels; return the number of new ones."""
        new = 0
        for guild in dict.fromkeys(said.place.guild for said in batch):
            async with self._order[guild]:
                said = [one for one in batch if one.place.guild == guild]
                new += await self._hear(guild, said)
        return new

    async def _hear(self, guild: int, batch: Sequence[Incoming]) -> int:
        listened = await self.learning_channels(guild)
        said = [one for one in batch if one.place.root in listened]
        if not said:
            return 0
        for place in dict.fromkeys(one.place for one in said):
            await self.own_channel_row(place)
        row = await self.guild_row(guild)
        rows = await self._context.voices.hear(row, [record_of(one) for one in said])
        await self._context.memory.link(rows)
        if len(said) == 1 and rows:
            _, channel = await self.own_channel_row(said[0].place)
            self._context.events.tell(MessageSeen(rows[0], row, channel))
        return len(rows)

    async def recheck(
        self, place: MessagePlace, batch: Sequence[Incoming], first: int, last: int
    ) -> Forgotten:
        """Apply edits and deletions that were missed between two messages."""
        guild, channel = await self.own_channel_row(place)
        there = {one.id: clean(one.text) for one in batch}
        known = await self._context.database.run(
            messages.heard_between, channel, first, last, _ms(first), _ms(last)
        )
        for stored in known:
            if there.get(stored.external, stored.text) != stored.text:
                text = there[stored.external]
                await self._context.voices.edit(guild, stored.id, text)
        gone = [stored.id for stored in known if stored.external not in there]
        return await self._context.voices.forget(
            guild, gone, by_owner=False, wait=False
        )

    async def edited(self, guild: int, message: int, text: str) -> None:
        """Replace a message's old text by the new one."""
        async with self._order[guild]:
            row = await self.guild_row(guild)
            rows = await self._rows_of_messages(row, [message])
        async with self._changes[guild]:
            for found in rows:
                await self._context.voices.edit(row, found, text)

    async def deleted(self, guild: int, gone: Sequence[int]) -> Forgotten:
        """Forget messages that were deleted on Discord."""
        externals = [str(one) for one in gone]
        async with self._order[guild]:
            row = await self.guild_row(guild)
            # An earlier page, or an export, may still contain them.
            await self._context.database.run(
                tombstones.bury, row, externals, by_owner=False
            )
            rows = await self._rows_of_messages(row, gone)
        async with self._changes[guild]:
            return await self._context.voices.forget(
                row, rows, by_owner=False, wait=False
            )

    async def _rows_of_messages(self, guild: int, ids: Sequence[int]) -> list[int]:
        externals = [str(one) for one in ids]
        return await self._context.database.run(messages.rows_of, guild, externals)

    async def channel_deleted(self, guild: int, channel: int) -> Forgotten:
        """Forget a channel or thread that was deleted on Discord."""
        row = await self.guild_row(guild)
        found = await self._context.database.run(guilds.find_channel, row, str(channel))
        if found is None:
            return Forgotten(0, 0, 0, False)
        learning = self._context.voices
        gone = await learning.forget_channel(row, found.id, by_owner=False, wait=False)
        self.forget_rows(guild)
        return gone

    async def stored(self, guild: int) -> int:
        """Return the number of the guild's stored messages."""
        row = await self.guild_row(guild)
        return await self._context.reader.run(messages.count, row)

    async def forget_learned(self, guild: int) -> Forgotten:
        """Forget every message of the guild, and keep its settings."""
        return await self._context.voices.forget_everything(await self.guild_row(guild))

    async def learn_anew(self, guild: int) -> None:
        """Allow what was forgotten with everything else to come back, on request."""
        row = await self.guild_row(guild)
        lift, everyone = tombstones.lift_author, tombstones.EVERYONE
        await self._context.database.run(lift, row, everyone, by_owner=True)

    async def learn_file(self, guild: int, name: str, data: bytes) -> tuple[int, int]:
        """Learn an export; return the numbers of added and read messages."""
        row = await self.guild_row(guild)
        with tempfile.TemporaryDirectory(dir=self._context.home.root) as directory:
            path = Path(directory) / f"upload{Path(name).suffix[:10]}"
            await asyncio.to_thread(path.write_bytes, data)
            counts = await self._context.voices.import_files(row, [path])
        return int(counts["added"]), int(counts["read"])

    async def newest(self) -> dict[int, int]:
        """Return the newest stored message of every listened channel."""
        return await self._context.database.run(_newest)

    async def oldest_heard(self, place: MessagePlace) -> int | None:
        """Return the oldest stored message that Discord had in a channel or thread."""
        _, channel = await self.own_channel_row(place)
        return await self._context.database.run(messages.oldest_heard, channel)

    async def emoji(self, guild: int) -> str | None:
        """Return an emoji of the guild's people, drawn by frequency."""
        row = await self.guild_row(guild)
        page = await self._context.reader.run(messages.page, row, limit=EMOJI_MESSAGES)
        counts: Counter[str] = Counter(
            emoji
            for message in page
            if not message.is_bot
            for emoji in _EMOJI.findall(message.text)
        )
        if not counts:
            return None
        (drawn,) = self._rng.choices(list(counts), weights=list(counts.values()))
        return str(drawn)

    async def train_progress(
        self, guild: int, share: float, read: int, rate: float, finished: bool
    ) -> None:
        """Show the progress of reading a history on the owner's screen."""
        row = await self.guild_row(guild)
        found = await self._context.database.run(guilds.get, row)
        progress = Progress(
            "train",
            found.name if found else str(guild),
            read,
            read if finished else round(read / max(share, 0.001)),
            "messages",
            rate,
            job=row,
            finished=finished,
        )
        self._context.events.tell(progress)


def record_of(said: Incoming) -> Record:
    """Convert a message to an importer's record."""
    return Record(
        author=str(said.author),
        name=said.author_name,
        text=said.text,
        id=str(said.id),
        ts=said.at_ms,
        reply_to=str(said.reply_to) if said.reply_to else None,
        channel=said.place.channel_name,
        channel_id=str(said.place.channel),
        is_bot=said.is_bot,
        files=tuple(File(str(one.id), one.name, one.url) for one in said.files),
    )


def _ms(snowflake: int) -> int:
    """Return the time inside a Discord id."""
    return (snowflake >> 22) + DISCORD_EPOCH_MS


def _newest() -> dict[int, int]:
    """Return the newest by Discord's ids; threads count with their channel."""
    found: dict[int, int] = {}
    for guild in guilds.every():
        channels = guilds.channels(guild.id)
        learning = {one.id for one in channels if one.is_learning}
        for one in channels:
            is_learned = one.id in learning or one.parent_id in learning
            external = messages.newest_of_people(one.id) if is_learned else None
            if external is not None and external.isdigit() and one.discord_id:
                found[int(one.discord_id)] = int(external)
    return found
