"""Learning from Discord: stores, follows and forgets messages as events arrive."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from app.core.names import GuildId
from app.discord.ports import Incoming, LearnedFile, MessagePlace, Situation
from app.discord.stored.id_map import IdMap, first_snowflake, snowflake_ms, stored
from app.discord.talk.proxied_names import ProxiedNames
from app.importers import file_check
from app.importers.filters import clean
from app.importers.gate import Target
from app.importers.records import File, Record
from app.ipc.control import Progress
from app.service.app_context import AppContext
from app.service.digest import Digest, digest
from app.service.live_messages import LiveMessages
from app.service.voices.forgetter import Forgotten
from app.settings.speech_rules import is_listed
from app.store import guilds, members, messages, replies, tombstones
from app.store.places import Place, Standing
from app.store.reply import reply_sources


class StoredMessages:
    """The port of message events, for one home."""

    def __init__(self, context: AppContext, ids: IdMap) -> None:
        self._context = context
        self._ids = ids
        self._names = ProxiedNames(context, ids)
        self._live = LiveMessages(context)

    async def hear(self, batch: Sequence[Incoming], *, is_missed: bool = False) -> int:
        """Store messages of listened channels; return the number of new ones.

        Args:
            is_missed: Store only what was written while the channel was listened to.
        """
        new, bot = 0, self._context.settings.home.bot
        for guild in dict.fromkeys(said.place.guild for said in batch):
            if not is_listed(bot.servers, guild):
                continue
            row = await self._ids.guild(guild)
            async with self._live.in_order(row):
                said = [one for one in batch if one.place.guild == guild]
                said = await self._with_account(guild, said)
                people = [await self._names.recognised(one) for one in said]
                heard = [_heard(one) for one in people if one is not None]
                new += await self._live.hear(row, heard, is_missed=is_missed)
        return new

    async def hear_live(self, said: Incoming) -> Situation | None:
        """Store a new message where it is listened to; tell what decides on it."""
        if said.is_account_deleted or said.is_webhook:
            await self.hear([said])
            return None
        row = await self._ids.guild(said.place.guild)
        standing = await self._live.hear_live(row, *_heard(said))
        return await situation_of(self._context, standing)

    async def proxied(self, said: Incoming, original: int) -> None:
        """Let a proxied line take the place of its original, which is deleted."""
        row = await self._ids.guild(said.place.guild)
        async with self._live.in_order(row):
            gone = await self._names.link(row, said)
            await self._context.forgetter.forget(row, gone, by_owner=False, wait=False)
            known = await self._names.recognised(said) or said
            await self._live.take_place(row, str(original), *_heard(known))

    async def _with_account(
        self, guild: int, batch: Sequence[Incoming]
    ) -> list[Incoming]:
        """Leave out and forget people whose account is deleted, where that is set."""
        gone = {one.author for one in batch if one.is_account_deleted}
        if not gone:
            return list(batch)
        row = await self._ids.guild(guild)
        config = await self._context.settings.of(row)
        if not config.learn.forget_deleted_accounts:
            return list(batch)
        for author in await self.known_among(guild, gone):
            await self._context.forgetter.forget_author(
                row, str(author), by_owner=False, wait=False
            )
        return [one for one in batch if not one.is_account_deleted]

    async def known_among(self, guild: int, authors: Collection[int]) -> list[int]:
        """Return those of whom anything is stored."""
        row = await self._ids.guild(guild)
        hashes = {self._ids.author(one): one for one in authors}
        known = await self._context.database.run(members.known, row, list(hashes))
        return sorted(hashes[one] for one in known)

    async def withheld(self, guild: int, said: Sequence[Incoming]) -> set[int]:
        """Return the ids of messages that may not be quoted, even where nobody listens.

        Their authors opted out, had them forgotten, or are unknown.
        """
        row = await self._ids.guild(guild)
        known = [(one, await self._names.recognised(one)) for one in said]
        asked = [
            tombstones.TombstoneCandidate(
                self._ids.author((who or one).person), str(one.id), one.at_ms,
                clean(one.text),
            )
            for one, who in known
        ]  # fmt: skip
        gone = await self._context.database.run(_withheld, row, asked)
        # One of several people with the same name may have opted out.
        unclear = {one.id for one, who in known if who is None}
        return unclear | {said[place].id for place in gone}

    async def recheck(
        self, place: MessagePlace, batch: Sequence[Incoming], first: int, last: int
    ) -> Forgotten:
        """Apply edits and deletions that were missed between two messages."""
        rows = await self._ids.rows(place)
        batch = await self._with_account(place.guild, batch)
        there = {one.id: None if one.is_withheld else clean(one.text) for one in batch}
        known = await self._context.database.run(
            messages.heard_between,
            rows.channel,
            first,
            last,
            snowflake_ms(first),
            snowflake_ms(last),
        )
        return await self._live.recheck(rows.guild, known, there)

    async def edited(
        self, guild: int, message: int, text: str, *, is_edit: bool = True
    ) -> None:
        """Replace a message's old text by the new one, also where it was answered."""
        row = await self._ids.guild(guild)
        await self._live.edited(row, str(message), text, is_edit=is_edit)

    async def deleted(self, guild: int, gone: Sequence[int]) -> Forgotten:
        """Forget messages that were deleted on Discord."""
        row = await self._ids.guild(guild)
        return await self._live.deleted(row, [str(one) for one in gone])

    async def direct_edited(self, message: int) -> None:
        """Forget the answer to a direct message whose words were changed."""
        await self._live.direct_edited(str(message))

    async def direct_deleted(self, message: int) -> None:
        """Forget the answer to a direct message that was deleted."""
        await self._live.direct_deleted(str(message))

    async def banned(self, guild: int, author: int) -> Forgotten:
        """Forget a member who was banned, where the owner wants it."""
        row = await self._ids.guild(guild)
        return await self._live.banned(row, str(author))

    async def stored(self, guild: int) -> int:
        """Return the number of the guild's stored messages."""
        row = await self._ids.guild(guild)
        return await self._context.reader.run(messages.count, row)

    async def forget_learned(self, guild: int) -> Forgotten:
        """Forget every message of the guild, and keep its settings."""
        return await self._context.forgetter.forget_everything(
            await self._ids.guild(guild)
        )

    async def learn_anew(self, guild: int) -> None:
        """Allow what was forgotten with everything else to come back, on request."""
        row = await self._ids.guild(guild)
        lift, everyone = tombstones.lift_author, tombstones.EVERYONE
        await self._context.database.run(lift, row, everyone, by_owner=True)

    async def check_file(self, guild: int, name: str, data: bytes) -> None:
        """Read an export, to know that it can be learned."""
        row = await self._ids.guild(guild)
        found = await self._context.database.run(guilds.get, row)
        target = Target.of(found) if found else Target(str(guild))
        async with self._unpacked(name, data) as path:
            await asyncio.to_thread(file_check.check, [path], target)

    async def learn_file(
        self, guild: int, name: str, data: bytes, *, clean: bool
    ) -> LearnedFile:
        """Learn an export, as far as it can be read."""
        row = await self._ids.guild(guild)
        learn = self._context.uploads.learn
        gone, reply = await learn(row, name, data, clean=clean)
        faults = [error.text for error in reply.errors]
        faults += [f"left out as {one.reason}" for one in reply.passed_over]
        faults += [
            f"{n:,} messages left out: {why}" for why, n in reply.reasons.items()
        ]
        return LearnedFile(reply.added, reply.read, tuple(faults), gone)

    @asynccontextmanager
    async def _unpacked(self, name: str, data: bytes) -> AsyncIterator[Path]:
        """Put an uploaded file on disk for a while."""
        folder = self._context.home.temporary
        folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as directory:
            path = Path(directory) / f"upload{Path(name).suffix[:10]}"
            await asyncio.to_thread(path.write_bytes, data)
            yield path

    async def forget_sources(self, reply: int) -> Forgotten:
        """Forget the source messages of a reply."""
        drawn = await self._context.database.run(_drawn, reply)
        if drawn is None:
            return Forgotten(0, 0, 0, False)
        return await self._context.forgetter.forget(*drawn)

    async def digest(
        self, place: MessagePlace, author: int, hours: int | None
    ) -> Digest | None:
        """Sum up a channel since the author's last message, or since some hours."""
        rows = await self._ids.rows(place)
        if not rows.is_learning:
            return None
        hashed = self._ids.author(author)
        told = await digest(self._context, rows.guild, rows.channel, hashed, hours)
        speak = (await self._context.settings.of(rows.guild)).speak
        lines = [
            replace(one, name=speak.sayable_name(one.name))
            for one in told.lines
            if not speak.forbids(one.text)
        ]
        return replace(told, lines=tuple(lines))

    async def newest(self, servers: Collection[int]) -> dict[int, int]:
        """Return the newest stored message of every listened channel there."""
        return await self._context.reader.run(_newest, servers)

    async def oldest_heard(self, place: MessagePlace) -> int | None:
        """Return the oldest stored message that Discord had in a channel or thread."""
        rows = await self._ids.rows(place)
        return await self._context.database.run(messages.oldest_heard, rows.channel)

    async def train_progress(
        self, guild: int, share: float, read: int, rate: float, finished: bool
    ) -> None:
        """Show the progress of reading a history on the owner's screen."""
        row = await self._ids.guild(guild)
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
        author=said.key or str(said.author),
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


def _heard(said: Incoming) -> tuple[Place, Record]:
    """Return a message as the service takes it."""
    return stored(said.place), record_of(said)


async def situation_of(context: AppContext, standing: Standing) -> Situation:
    """The circumstances of a message, with the settings of its place."""
    guild, root = standing.rows.guild, standing.rows.root
    config = await context.settings.of(guild, root)
    config = await context.cast.waking(config, guild, root)
    return Situation(
        config,
        standing.has_opted_out,
        standing.is_answered,
        standing.rows.is_learning,
    )


def _withheld(
    guild: GuildId, asked: Sequence[tombstones.TombstoneCandidate]
) -> set[int]:
    """Return the places of messages that were forgotten, or whose authors opted out."""
    out = members.opted_out(guild)
    gone = {place for place, one in enumerate(asked) if one.author in out}
    if tombstones.are_there(guild):
        gone |= tombstones.forgotten(guild, asked)
    return gone


def _drawn(reply: int) -> tuple[GuildId, list[int]] | None:
    """The guild of a reply, and the messages it drew on."""
    row = replies.get(reply)
    if row is None:
        return None
    return row.guild_id, [source.message for source in reply_sources.sources_of(reply)]


def _newest(servers: Collection[int]) -> dict[int, int]:
    """Return the newest by Discord's ids; threads count with their channel."""
    found, marks = dict[int, int](), dict[int, int]()
    channels = guilds.heard_channels([str(one) for one in servers])
    learning = {one.id for one in channels if one.is_learning}
    for one in channels:
        follows = one.parent_id in learning and not one.is_private
        is_learned = one.id in learning or follows
        if is_learned and one.newest is not None and one.newest.isdigit():
            found[int(one.discord_id)] = int(one.newest)
            above = one.parent_id or one.id
            marks[above] = max(marks.get(above, 0), int(one.newest))
    for one in channels:
        # A forum has no messages itself; new posts follow its mark.
        mark = marks.get(one.id) or first_snowflake(one.learning_since)
        if one.id in learning and mark:
            found.setdefault(int(one.discord_id), mark)
    return found
