"""Messages of chats as they happen: said, edited and deleted, each in its turn."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from app.chat.fact_reader import facts_in
from app.core.names import GuildId
from app.importers.records import Record
from app.ipc.control import MessageSeen
from app.service.app_context import AppContext
from app.service.voices.forgetter import Forgotten
from app.store import messages, replies, tombstones
from app.store.given import facts
from app.store.messages import Heard
from app.store.places import Place, Standing


class LiveMessages:
    """Carries out what happens to the messages of guilds.

    A guild's events come in order, so a deletion never overtakes its message. Edits and
    deletions take longer than new messages, which do not wait for them. Guilds are
    given by row, messages by the id that their chat has for them.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._order: defaultdict[GuildId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._changes: defaultdict[GuildId, asyncio.Lock] = defaultdict(asyncio.Lock)

    def in_order(self, guild: GuildId) -> asyncio.Lock:
        """Return what to hold while messages of a guild are prepared and stored."""
        return self._order[guild]

    async def hear(
        self, guild: GuildId, heard: Sequence[tuple[Place, Record]], *, is_missed: bool
    ) -> int:
        """Store messages of listened channels, in order; return the number of new ones.

        Args:
            is_missed: Store only what was written while the channel was listened to.
        """
        new = await self._context.voices.hear_at(guild, heard, is_missed=is_missed)
        if new:
            self._context.memory.link_soon([one.row for one in new])
        if new and len(heard) == 1:
            seen = MessageSeen(new[0].row, guild, new[0].channel)
            self._context.events.tell(seen)
        return len(new)

    async def hear_live(self, guild: GuildId, place: Place, record: Record) -> Standing:
        """Store a new message where it is listened to; tell what decides on it."""
        async with self._order[guild]:
            new, standing = await self._context.voices.hear_live(guild, place, record)
            if new is not None:
                self._context.memory.link_soon([new.row])
                self._context.events.tell(MessageSeen(new.row, guild, new.channel))
        return standing

    async def take_place(
        self, guild: GuildId, original: str, place: Place, record: Record
    ) -> None:
        """Store a message in order, in place of the one that it repeats."""
        run = self._context.database.run
        await run(replies.move_trigger, original, record.id or "")
        for row in await run(messages.rows_of, guild, [original]):
            if await self._context.voices.take_over(guild, row, record):
                return
        await self.hear(guild, [(place, record)], is_missed=False)

    async def recheck(
        self, guild: GuildId, known: Sequence[Heard], there: Mapping[int, str | None]
    ) -> Forgotten:
        """Apply edits and deletions that were missed.

        Args:
            known: The messages as they are stored.
            there: The text of each message that is still there; None where the chat
                keeps it back.
        """
        for one in known:
            text = there.get(one.external)
            if text is not None and text != one.text:
                await self._edit(guild, one.id, text)
        gone = [one.id for one in known if one.external not in there]
        return await self._forget(guild, gone)

    async def edited(
        self, guild: GuildId, message: str, text: str, *, is_edit: bool
    ) -> None:
        """Replace a message's old text by the new one, also where it was answered.

        Args:
            is_edit: False where nobody changed its words, as for a link's preview.
        """
        run = self._context.database.run
        async with self._order[guild]:
            rows = await run(messages.rows_of, guild, [message])
        async with self._changes[guild]:
            if is_edit and not rows:
                await self._context.forgetter.question_edited(guild, message)
            for row in rows:
                await self._edit(guild, row, text)

    async def _edit(self, guild: GuildId, row: int, text: str) -> None:
        await self._context.voices.edit(guild, row, text)
        if (await self._context.settings.of(guild)).memory.people:
            await self._context.database.run(facts.read_again, row, facts_in)

    async def deleted(self, guild: GuildId, gone: Sequence[str]) -> Forgotten:
        """Forget messages that are deleted."""
        run = self._context.database.run
        async with self._order[guild]:
            # An earlier page, or an export, may still contain them.
            await run(tombstones.bury, guild, gone, by_owner=False)
            rows = await run(messages.rows_of, guild, gone)
        async with self._changes[guild]:
            return await self._forget(guild, rows, gone)

    async def direct_edited(self, message: str) -> None:
        """Forget the answer to a direct message whose words were changed."""
        found = await self._context.database.run(replies.answer_to, message)
        if found is not None:
            await self._context.forgetter.question_edited(found.guild_id, message)

    async def direct_deleted(self, message: str) -> None:
        """Forget the answer to a direct message that was deleted."""
        run = self._context.database.run
        found = await run(replies.answer_to, message)
        if found is not None:
            await run(tombstones.bury, found.guild_id, [message], by_owner=False)
            await self._forget(found.guild_id, [], [message])

    async def banned(self, guild: GuildId, author: str) -> Forgotten:
        """Forget a member who was banned, where the owner wants it."""
        config = await self._context.settings.of(guild)
        if not config.learn.forget_banned:
            return Forgotten(0, 0, 0, False)
        # Behind what was told before, so that nothing of theirs is stored after it.
        async with self._order[guild], self._changes[guild]:
            return await self._context.forgetter.forget_author(
                guild, author, wait=False
            )

    async def _forget(
        self, guild: GuildId, rows: Sequence[int], answered: Sequence[str] = ()
    ) -> Forgotten:
        return await self._context.forgetter.forget(
            guild, rows, answered=answered, by_owner=False, wait=False
        )
