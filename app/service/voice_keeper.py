"""Keeps every guild's open voice in step with the database."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from app.core.errors import AppError
from app.core.names import wire_name
from app.core.paths import Home
from app.importers import message_intake
from app.importers.filters import Filters, clean
from app.importers.message_intake import TakenIn
from app.importers.records import Record
from app.ipc.control import ImportPreviewReply, ImportReply, Receipt
from app.ipc.jobs import CompareJob, CompareJobReply, ImportJob, PreviewJob
from app.service.job_runner import JobRunner
from app.service.voice_files import MOST_TAIL, OnProgress, OnScrub, VoiceFiles
from app.settings.schema import Config
from app.store import forgetting, guilds, messages, snapshots, tombstones, voice_changes
from app.store.authors import AuthorKey, open_key
from app.store.database import Database
from app.store.forgetting import Blanked, Removed
from app.store.places import Place
from app.store.rows import StoredSnapshot
from app.store.snapshots import SettingRow
from app.voice.voice import Voice

log = logging.getLogger(__name__)

DELETE_AT_ONCE = 1000
"""Messages deleted in one transaction, for some milliseconds."""

SCRUB_SECONDS = 60.0
"""The delay after a deletion before the files are rewritten."""

SCRUB_MESSAGES = 60_000
"""The number of messages that adds the same delay again."""

Store = Callable[[Filters, AuthorKey], TakenIn | None]

OnForgotten = Callable[[int, Sequence[int]], Awaitable[None]]
"""Receives the guild and the rows of messages deleted from the database."""

OnWithdrawn = Callable[[int, Sequence[tuple[str, str]]], Awaitable[None]]
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


@dataclass
class _Open:
    """A guild's voice in use."""

    voice: Voice
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the files are replaced or built."""
    pending: "asyncio.Task[None] | None" = None
    """A build that waits for its start."""


async def nothing_else(guild: int, rows: Sequence[int]) -> None:
    """Scrub nothing, where there are no other files."""


class VoiceKeeper:
    """The voices of all guilds, and the only way messages enter or leave them."""

    def __init__(
        self,
        home: Home,
        database: Database,
        config: Callable[[int], Awaitable[Config]],
        jobs: JobRunner,
        *,
        on_progress: OnProgress = lambda progress: None,
        on_forgotten: Sequence[OnForgotten] = (),
        on_scrub: OnScrub = nothing_else,
        scrub_seconds: float = SCRUB_SECONDS,
    ) -> None:
        """Prepare; `start` finishes the work of a killed process.

        Args:
            config: Gives the settings that hold in a guild.
            on_scrub: Takes messages out of other files before they count as gone.
        """
        self._database = database
        self._config = config
        self._files = VoiceFiles(home, database, jobs, on_progress, on_scrub)
        self._on_forgotten = list(on_forgotten)
        self._scrub_seconds = scrub_seconds
        self.on_withdrawn: OnWithdrawn | None = None
        self._authors = database.call(open_key, home.author_key_file)
        self._open: dict[int, _Open] = {}
        self._filters: dict[int, tuple[Config, Filters]] = {}
        """Each guild's, with the settings they are made from."""
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Finish in the background the forgetting that a killed process began."""
        known = await self._database.run(guilds.every)
        await asyncio.to_thread(self._files.sweep, {guild.id for guild in known})
        self._spawn(self._empty_log())
        for guild in known:
            if await self._database.run(voice_changes.newest_change, guild.id):
                self._build_soon(await self._opened(guild.id), guild.id, 0.0)

    async def close(self) -> None:
        """Cancel waiting and running builds; the database remembers what they lack."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def voice(self, guild: int) -> Voice:
        """Return the guild's voice, opened on first use.

        Missing or damaged files are rebuilt in the background; until then it speaks
        from the newest messages.
        """
        return (await self._opened(guild)).voice

    async def hear(self, guild: int, records: Sequence[Record]) -> list[int]:
        """Store live messages, and learn them at once.

        Records need an id and a channel id. Returns the rows of the new ones.
        """
        stores = [partial(message_intake.store, guild, record) for record in records]
        return [one.row for one in await self._take_in(guild, stores)]

    async def hear_at(
        self,
        guild: int,
        heard: Sequence[tuple[Place, Record]],
        *,
        is_missed: bool = False,
    ) -> list[TakenIn]:
        """The same with messages of Discord; only places listened to count.

        Args:
            is_missed: They were missed, so the places count as they were at the time.
        """
        store = message_intake.store_heard
        stores = [
            partial(store, place, guild, record, is_missed) for place, record in heard
        ]
        return await self._take_in(guild, stores)

    async def _take_in(self, guild: int, stores: Sequence[Store]) -> list[TakenIn]:
        filters = await self._filters_of(guild)
        opened = await self._opened(guild)
        new: list[TakenIn] = []
        for store in stores:
            taken = await self._database.run(store, filters, self._authors)
            if taken is None:
                continue
            new.append(taken)
            if taken.text is not None:
                opened.voice.learn(taken.row, taken.text, taken.channel)
        self._build_if_long(opened, guild)
        return new

    async def reword(self, guild: int, message: int, text: str) -> None:
        """Replace the words of the bot's own stored line, which nobody learned."""
        await self._database.run(messages.reword, message, clean(text))
        for tell in self._on_forgotten:
            await tell(guild, [message])

    async def edit(self, guild: int, message: int, text: str) -> None:
        """Replace the text of a stored message by its row.

        Discord sends whole messages for link previews and pins; the same text changes
        nothing.
        """
        found = await self._database.run(messages.get, message)
        if found is None or found.text == clean(text):
            return
        filters = await self._filters_of(guild)
        opened = await self._opened(guild)
        # The owner's patterns may take a fraction of a second; the thread of the
        # database keeps the edits in order.
        dropped = await self._database.run(filters.reason, text)
        # What replies and the bot's own lines have of the old text goes.
        await self._blank(guild, [message], by_owner=False)
        await self._database.run(messages.edit, message, clean(text), dropped)
        opened.voice.forget([message])
        rows = await self._database.run(messages.learnable_of, guild, [message])
        for learned in rows:
            opened.voice.learn(*learned)
        # The meaning before the edit is forgotten like a deleted message.
        for tell in self._on_forgotten:
            await tell(guild, [message])
        self._scrub_soon(opened, guild)

    async def forget(
        self,
        guild: int,
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
        guild: int,
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
        guild: int,
        author: str,
        *,
        since_ms: int = 0,
        by_owner: bool = True,
        wait: bool = True,
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
        removed = await self._remove(guild, rows, by_owner=by_owner)
        await self._database.run(forgetting.delete_author, guild, author)
        return await self._finish(guild, removed, wait=wait)

    async def forget_channel(
        self, guild: int, channel: int, *, by_owner: bool = True, wait: bool = True
    ) -> Forgotten:
        """Forget a channel (by row) with its threads; otherwise like `forget`."""
        rows = await self._database.run(forgetting.rows_of_channel, guild, channel)
        removed = await self._remove(guild, rows, by_owner=by_owner)
        await self._database.run(forgetting.delete_channel, guild, channel)
        return await self._finish(guild, removed, wait=wait)

    async def forget_everything(self, guild: int) -> Forgotten:
        """Forget all messages, names and replies of a guild; its settings stay.

        Nothing of it comes back by itself. A training or an import may bring it back,
        except what was forgotten earlier.
        """
        await self._bury(guild, tombstones.EVERYONE, 0, by_owner=True)
        removed = Removed(
            replies=await self._database.run(forgetting.delete_replies, guild)
        )
        rows = await self._database.run(forgetting.rows_of_guild, guild)
        removed += await self._remove(guild, rows, is_all=True)
        await self._database.run(forgetting.delete_progress, guild)
        await self._database.run(forgetting.delete_people, guild)
        await self._database.run(forgetting.delete_snapshots, guild)
        return await self._finish(guild, removed, wait=True)

    async def remember_author(
        self, guild: int, author_id: str, *, by_owner: bool = True
    ) -> int:
        """Let an author's messages be learned again; return the number of spans lifted.

        The author can only lift their own requests.
        """
        author = self._authors.author(author_id)
        lift = tombstones.lift_author
        return await self._database.run(lift, guild, author, by_owner=by_owner)

    async def import_files(
        self,
        guild: int,
        paths: Sequence[Path],
        channel: str | None = None,
        on_progress: OnProgress | None = None,
        *,
        as_format: str | None = None,
        dates: str | None = None,
    ) -> ImportReply:
        """Import files in a child while everything else continues; return the counts.

        Raises:
            AppError: If the job reports an error for the owner.
        """
        opened = await self._opened(guild)
        names = [wire_name(path) for path in paths]
        job = ImportJob(guild, names, channel, as_format, dates)
        try:
            async with opened.changing:
                return await self._files.add(opened.voice, job, on_progress)
        except AppError:
            # A stopped or failed import has stored messages, which are learned all the
            # same.
            self._build_soon(opened, guild, 0.0)
            raise

    async def preview(
        self, job: PreviewJob, on_progress: OnProgress | None = None
    ) -> ImportPreviewReply:
        """Look at files in a child, and store nothing.

        Raises:
            AppError: If the job reports an error for the owner.
        """
        return await self._files.preview(job, on_progress)

    async def rebuild(self, guild: int) -> None:
        """Rebuild the guild's voice from the database, in a child."""
        opened = await self._opened(guild)
        async with opened.changing:
            await self._files.build(opened.voice, guild)

    async def roll_back(
        self,
        snapshot: StoredSnapshot,
        kept: Collection[str],
        put: Sequence[SettingRow],
    ) -> bool:
        """Roll the voice back to a snapshot, like `snapshots.roll_back`.

        Returns True if nothing else is left in the voice's files.
        """
        guild = snapshot.guild_id
        opened = await self._opened(guild)
        await self._database.run(snapshots.roll_back, snapshot, kept, put)
        return await self._scrub(opened, guild)

    async def compare(
        self, guild: int, before: str, after: str | None
    ) -> CompareJobReply:
        """Return words the voice gained and lost between snapshots, or since one."""
        return await self._files.compare(CompareJob(guild, before, after))

    async def _bury(
        self, guild: int, author: str, since_ms: int, *, by_owner: bool
    ) -> None:
        now_ms = int(time.time() * 1000)
        bury = tombstones.bury_author
        await self._database.run(
            bury, guild, author, now_ms, since=since_ms, by_owner=by_owner
        )

    async def _remove(
        self,
        guild: int,
        rows: Sequence[int],
        answered: Sequence[str] = (),
        *,
        by_owner: bool = True,
        is_all: bool = False,
    ) -> Removed:
        """Take messages out of the voice, the replies and the database."""
        (await self._opened(guild)).voice.forget(rows)
        blanked = await self._blank(guild, rows, answered, by_owner=by_owner)
        removed = Removed(replies=blanked.replies)
        for start in range(0, len(rows), DELETE_AT_ONCE):
            part = rows[start : start + DELETE_AT_ONCE]
            removed += await self._database.run(
                forgetting.delete, guild, part, by_owner=by_owner, is_all=is_all
            )
        for tell in self._on_forgotten:
            await tell(guild, rows)
        return removed

    async def _blank(
        self,
        guild: int,
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
        if blanked.own:
            (await self._opened(guild)).voice.forget(blanked.own)
            for tell in self._on_forgotten:
                await tell(guild, blanked.own)
        await self.withdraw(guild, blanked.sent)
        return blanked

    async def withdraw(self, guild: int, sent: Sequence[tuple[str, str]]) -> None:
        """Report the bot's messages, (channel, message), whose words are forgotten."""
        if sent and self.on_withdrawn is not None:
            await self.on_withdrawn(guild, sent)

    async def _finish(self, guild: int, removed: Removed, *, wait: bool) -> Forgotten:
        opened, complete = await self._opened(guild), False
        if wait:
            if opened.pending:
                opened.pending.cancel()
            complete = await self._scrub(opened, guild)
        elif await self._database.run(voice_changes.newest_change, guild):
            self._scrub_soon(opened, guild)
        return Forgotten(
            removed.messages, removed.embeddings, removed.replies, complete
        )

    async def _opened(self, guild: int) -> _Open:
        if guild not in self._open:
            async with self._opening:
                if guild not in self._open:
                    self._open[guild] = await self._open_files(guild)
        return self._open[guild]

    async def _open_files(self, guild: int) -> _Open:
        voice, is_lacking = await self._files.open(guild)
        opened = _Open(voice)
        if is_lacking:
            self._build_soon(opened, guild, 0.0)
        elif voice.bytes:
            self._spawn(self._verify(opened, guild))
        return opened

    async def _verify(self, opened: _Open, guild: int) -> None:
        if not await self._files.is_intact(opened.voice, guild):
            self._build_soon(opened, guild, 0.0)

    def _build_if_long(self, opened: _Open, guild: int) -> None:
        if opened.voice.tail_messages > max(MOST_TAIL, opened.voice.messages // 50):
            self._build_soon(opened, guild, 0.0)

    def _build_soon(self, opened: _Open, guild: int, seconds: float) -> None:
        if opened.pending is None or opened.pending.done():
            opened.pending = self._spawn(self._build_later(opened, guild, seconds))

    async def _build_later(self, opened: _Open, guild: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        # Changes from here on need their own build.
        opened.pending = None
        try:
            await self._scrub(opened, guild)
        except AppError as error:
            log.error("the voice of guild %d could not be built: %s", guild, error)

    async def _scrub(self, opened: _Open, guild: int) -> bool:
        async with opened.changing:
            return await self._files.scrub(opened.voice, guild)

    async def _empty_log(self) -> None:
        await self._files.empty_log()

    def _scrub_soon(self, opened: _Open, guild: int) -> None:
        """Rewrite the files after a while, for all deletions until then."""
        times = 1 + opened.voice.messages / SCRUB_MESSAGES
        self._build_soon(opened, guild, self._scrub_seconds * times)

    async def _filters_of(self, guild: int) -> Filters:
        config = await self._config(guild)
        made_from, filters = self._filters.get(guild, (None, None))
        if filters is None or made_from is not config:
            filters = Filters(config.learn, config.bot.prefix)
            self._filters[guild] = config, filters
        return filters

    def _spawn(self, work: Awaitable[None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
