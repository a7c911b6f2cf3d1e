"""Forgetting: out of the open voices at once, then out of every file."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app.core.names import GuildId
from app.ipc.control import Receipt
from app.service.voices.opened_voices import OpenedVoices
from app.store import forgetting, replies, tombstones, voice_changes
from app.store.authors import AuthorKey
from app.store.database import Database
from app.store.forgetting import Blanked, Removed

DELETE_AT_ONCE = 1000
"""Messages deleted in one transaction, for some milliseconds."""

HIDE_AT_ONCE = 2000
"""Messages taken out of an open voice before others get their turn."""

OnStep = Callable[[int, int], None]
"""Told how many messages of how many are deleted, where there are many."""

OnForgotten = Callable[[GuildId, Sequence[int]], Awaitable[None]]
"""Receives the guild and the rows of messages deleted from the database."""

OnWithdrawn = Callable[[GuildId, Sequence[tuple[str, str]]], Awaitable[None]]
"""Told the guild, and the (channel, message) on Discord of the bot's lost lines."""


@dataclass(frozen=True)
class Forgotten:
    """The result of forgetting; `complete` when no byte of it is left in the home."""

    messages: int
    embeddings: int
    replies: int
    complete: bool
    receipt: Receipt | None = None
    """Of a search of the home afterwards, where one was made."""


class Forgetter:
    """The only way messages leave the voices, the database and the files."""

    def __init__(
        self,
        database: Database,
        voices: OpenedVoices,
        authors: AuthorKey,
        on_forgotten: Sequence[OnForgotten],
    ) -> None:
        """`on_forgotten` are told what to take out of their own stores."""
        self._database = database
        self._voices = voices
        self._authors = authors
        self._on_forgotten = list(on_forgotten)
        self.on_withdrawn: OnWithdrawn | None = None

    async def forget(
        self,
        guild: GuildId,
        rows: Sequence[int],
        *,
        answered: Sequence[str] = (),
        by_owner: bool = True,
        wait: bool = True,
    ) -> Forgotten:
        """Forget messages by row: at once in every walk, then in every file.

        They stay forgotten even if they are read again; see `store.tombstones`.

        Args:
            answered: Outside ids of more messages, whose answers lose their words.
            by_owner: False for what members delete on Discord.
            wait: If False, the files follow later in the background.
        """
        removed = await self._remove(guild, rows, answered, by_owner=by_owner)
        return await self._finish(guild, removed, wait=wait)

    async def forget_author(
        self,
        guild: GuildId,
        author_id: str,
        *,
        since_ms: int = 0,
        by_owner: bool = True,
        wait: bool = True,
    ) -> Forgotten:
        """Forget all messages of an author (Discord's id, or a name in files).

        The rest is as in `forget_member`.
        """
        return await self.forget_member(
            guild,
            self._authors.author(author_id),
            since_ms=since_ms,
            by_owner=by_owner,
            wait=wait,
        )

    async def forget_member(
        self,
        guild: GuildId,
        author: str,
        *,
        since_ms: int = 0,
        by_owner: bool = True,
        wait: bool = True,
        step: OnStep | None = None,
    ) -> Forgotten:
        """Forget everything that an author (hash) wrote.

        Their messages up to now stay forgotten, even those never stored.

        Args:
            since_ms: Only messages since then.
            by_owner: False if the author asks for it.
            wait: As in `forget`.
        """
        # Do this first, so that nothing being read right now slips in.
        await self._bury(guild, author, since_ms, by_owner=by_owner)
        rows = await self._database.run(
            forgetting.rows_of_author, guild, author, since_ms
        )
        # Answers keep words of questions that are not stored themselves.
        asked = await self._database.run(replies.asked_by, guild, author, since_ms)
        removed = await self._remove(guild, rows, asked, by_owner=by_owner, step=step)
        await self._database.run(forgetting.delete_author, guild, author)
        return await self._finish(guild, removed, wait=wait)

    async def forget_channel(
        self,
        guild: GuildId,
        channel: int,
        *,
        by_owner: bool = True,
        wait: bool = True,
        step: OnStep | None = None,
    ) -> Forgotten:
        """Forget a channel (by row) with its threads; otherwise like `forget`."""
        async with self._voices.unchanged(guild):
            rows = await self._database.run(forgetting.rows_of_channel, guild, channel)
            said = await self._database.run(replies.answered_in, guild, channel)
            removed = await self._remove(
                guild, rows, said, by_owner=by_owner, step=step
            )
            await self._database.run(forgetting.delete_channel, guild, channel)
        return await self._finish(guild, removed, wait=wait)

    async def forget_everything(
        self, guild: GuildId, *, keeps_uploads: bool = False, step: OnStep | None = None
    ) -> Forgotten:
        """Forget all messages, names and replies of a guild; its settings stay.

        Nothing of it comes back by itself. A training or an import may bring it back,
        except what was forgotten earlier.

        Args:
            keeps_uploads: A file that waits to be learned takes the place of it all.

        Raises:
            UsageError: If another process holds the guild, with its files that wait.
        """
        await self._voices.require(guild)
        if not keeps_uploads:
            await self._voices.drop_uploads(guild)
        async with self._voices.unchanged(guild):
            await self._bury(guild, tombstones.EVERYONE, 0, by_owner=True)
            removed = Removed(
                replies=await self._database.run(forgetting.delete_replies, guild)
            )
            rows = await self._database.run(forgetting.rows_of_guild, guild)
            removed += await self._remove(guild, rows, is_all=True, step=step)
            await self._database.run(forgetting.delete_progress, guild)
            await self._database.run(forgetting.delete_people, guild)
            await self._database.run(forgetting.delete_snapshots, guild)
        return await self._finish(guild, removed, wait=True)

    async def remember_author(
        self, guild: GuildId, author_id: str, *, by_owner: bool = True
    ) -> int:
        """Let an author's messages be learned again; return the number of spans lifted.

        The author can only lift their own requests.
        """
        author = self._authors.author(author_id)
        lift = tombstones.lift_author
        return await self._database.run(lift, guild, author, by_owner=by_owner)

    async def blank(
        self,
        guild: GuildId,
        rows: Sequence[int],
        answered: Sequence[str] = (),
        *,
        by_owner: bool,
    ) -> Blanked:
        """Take the words out of replies that drew on messages, and the bot's lines."""
        blank = forgetting.blank_replies
        blanked = await self._database.run(
            blank, guild, rows, answered, by_owner=by_owner
        )
        await self._take_out(guild, blanked)
        return blanked

    async def question_edited(self, guild: GuildId, external: str) -> None:
        """Take the words out of answers to a message that is not stored."""
        blank, edited = forgetting.blank_replies, [external]
        blanked = await self._database.run(blank, guild, [], edited, are_edited=True)
        if blanked.replies:
            await self._take_out(guild, blanked)
            self._voices.scrub_soon(await self._voices.get(guild), guild)

    async def _take_out(self, guild: GuildId, blanked: Blanked) -> None:
        """Take the bot's own lines out of the voice, and tell of what it sent."""
        if blanked.own:
            (await self._voices.get(guild)).voice.forget(blanked.own)
            await self.tell(guild, blanked.own)
        await self.withdraw(guild, blanked.sent)

    async def withdraw(self, guild: GuildId, sent: Sequence[tuple[str, str]]) -> None:
        """Report the bot's messages, (channel, message), whose words are forgotten."""
        if sent and self.on_withdrawn is not None:
            await self.on_withdrawn(guild, sent)

    async def _bury(
        self, guild: GuildId, author: str, since_ms: int, *, by_owner: bool
    ) -> None:
        now_ms = int(time.time() * 1000)
        bury = tombstones.bury_author
        await self._database.run(
            bury, guild, author, now_ms, since=since_ms, by_owner=by_owner
        )

    async def _remove(
        self,
        guild: GuildId,
        rows: Sequence[int],
        answered: Sequence[str] = (),
        *,
        by_owner: bool = True,
        is_all: bool = False,
        step: OnStep | None = None,
    ) -> Removed:
        """Take messages out of the voice, the replies and the database."""
        # Held to the end, so that nobody opens it again with what is not deleted yet.
        opened = await self._voices.get(guild)
        for start in range(0, len(rows), HIDE_AT_ONCE):
            opened.voice.forget(rows[start : start + HIDE_AT_ONCE])
            await asyncio.sleep(0)
        blanked = await self.blank(guild, rows, answered, by_owner=by_owner)
        removed = Removed(replies=blanked.replies)
        for start in range(0, len(rows), DELETE_AT_ONCE):
            if step:
                step(start, len(rows))
            part = rows[start : start + DELETE_AT_ONCE]
            removed += await self._database.run(
                forgetting.delete, guild, part, by_owner=by_owner, is_all=is_all
            )
        if step:
            step(len(rows), len(rows))
        await self.tell(guild, rows)
        return removed

    async def scrub(self, guild: GuildId) -> bool:
        """Clear every file of rows that went; True when no byte of them is left."""
        changed = [voice_changes.OTHER_WORDS]
        await self._database.run(voice_changes.note, guild, changed)
        return (await self._finish(guild, Removed(), wait=True)).complete

    async def _finish(
        self, guild: GuildId, removed: Removed, *, wait: bool
    ) -> Forgotten:
        opened, complete = await self._voices.get(guild), False
        if wait:
            if opened.pending:
                opened.pending.cancel()
            try:
                complete = await self._voices.scrub(opened, guild)
            finally:
                if not complete:
                    self._voices.scrub_again(opened, guild)
        elif await self._database.run(voice_changes.newest_change, guild):
            self._voices.scrub_soon(opened, guild)
        return Forgotten(
            removed.messages, removed.embeddings, removed.replies, complete
        )

    async def tell(self, guild: GuildId, rows: Sequence[int]) -> None:
        """Take the messages out of the stores of others, such as their vectors."""
        for take_out in self._on_forgotten:
            await take_out(guild, rows)
