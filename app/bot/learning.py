"""Keeps every guild's open voice in step with the database."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.bot.job_calls import Jobs
from app.config import Config, with_overrides
from app.errors import AppError
from app.importers import live
from app.importers.filters import Filters, clean
from app.importers.records import Record
from app.ipc.control import Progress
from app.paths import Home
from app.store import forgetting, guilds, messages, settings, voices
from app.store.authors import AuthorKey
from app.store.database import CHECKPOINT_SECONDS, Database
from app.store.forgetting import Removed
from app.voice import building, files
from app.voice.voice import Voice, VoiceFileError

log = logging.getLogger(__name__)

FEW = 500
"""So few messages need no files: they are learned in a moment at every start."""

MOST_TAIL = 5000
"""Messages after the last build that are learned one by one when a voice is opened."""

DELETE_AT_ONCE = 1000
"""Messages deleted in one transaction, some milliseconds."""

SCRUB_SECONDS = 60.0
"""How long after a deletion the files are written anew, with all deletions since."""

OnProgress = Callable[[Progress], None]
OnForgotten = Callable[[int, Sequence[int]], Awaitable[None]]
"""Told the guild and the rows of messages that are gone from the database."""


@dataclass(frozen=True)
class Forgotten:
    """What was forgotten; `complete` when no byte of it is left in the home."""

    messages: int
    embeddings: int
    replies: int
    complete: bool


@dataclass
class _Open:
    """A guild's voice in use."""

    voice: Voice
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the files are replaced or built."""
    pending: "asyncio.Task[None] | None" = None
    """A build that waits for its time."""


class Learning:
    """The voices of all guilds, and the only way messages enter or leave them."""

    def __init__(
        self,
        home: Home,
        database: Database,
        config: Callable[[], Config],
        jobs: Jobs,
        *,
        on_progress: OnProgress = lambda progress: None,
        on_forgotten: Sequence[OnForgotten] = (),
        scrub_seconds: float = SCRUB_SECONDS,
    ) -> None:
        """Prepare; `start` does what a killed process left undone."""
        self._home = home
        self._database = database
        self._config = config
        self._jobs = jobs
        self._on_progress = on_progress
        self._on_forgotten = list(on_forgotten)
        self._scrub_seconds = scrub_seconds
        self._authors = AuthorKey.load(home.author_key_file)
        self._open: dict[int, _Open] = {}
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Finish in the background what a killed process had begun to forget."""
        known = await self._database.run(guilds.every)
        await asyncio.to_thread(self._sweep, {guild.id for guild in known})
        self._spawn(self._clear_log())
        for guild in known:
            if await self._database.run(voices.newest_change, guild.id):
                self._build_soon(await self._opened(guild.id), guild.id, 0.0)

    async def close(self) -> None:
        """Give up builds that wait or run; the database remembers what they lack."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def voice(self, guild: int) -> Voice:
        """The guild's voice, opened when it is first asked for.

        Missing or damaged files are built anew in the background; until then it speaks
        from the newest messages.
        """
        return (await self._opened(guild)).voice

    async def hear(self, guild: int, records: Sequence[Record]) -> list[int]:
        """Store messages as they are written, and learn them at once.

        Records need an id and a channel id. Returns the rows of those that were new.
        """
        filters = await self._filters(guild)
        opened = await self._opened(guild)
        rows: list[int] = []
        for record in records:
            stored = await self._database.run(
                live.store, guild, record, filters, self._authors
            )
            if stored is None:
                continue
            row, text = stored
            rows.append(row)
            if text is not None:
                opened.voice.learn(row, text)
        self._build_if_long(opened, guild)
        return rows

    async def edit(self, guild: int, message: int, text: str) -> None:
        """Replace the text of a stored message by its row."""
        filters = await self._filters(guild)
        opened = await self._opened(guild)
        dropped = filters.reason(text)
        text = clean(text)
        await self._database.run(messages.edit, message, text, dropped)
        if dropped is None:
            opened.voice.learn(message, text)
        else:
            opened.voice.forget([message])
        # What it meant before the edit is forgotten like a message that is gone.
        for tell in self._on_forgotten:
            await tell(guild, [message])
        self._build_soon(opened, guild, self._scrub_seconds)

    async def forget(
        self, guild: int, rows: Sequence[int], *, wait: bool = True
    ) -> Forgotten:
        """Forget messages by row: at once in every walk, then in every file.

        Without `wait` the files follow in the background, a while later.
        """
        removed = await self._remove(guild, rows)
        return await self._finish(guild, removed, wait=wait)

    async def forget_author(
        self, guild: int, author_id: str, *, since_ms: int = 0, wait: bool = True
    ) -> Forgotten:
        """Forget everything that an author (Discord's id, or a name in files) wrote."""
        author = self._authors.author(author_id)
        rows = await self._database.run(
            forgetting.rows_of_author, guild, author, since_ms
        )
        removed = await self._remove(guild, rows)
        await self._database.run(forgetting.delete_author, guild, author)
        return await self._finish(guild, removed, wait=wait)

    async def forget_channel(
        self, guild: int, channel: int, *, wait: bool = True
    ) -> Forgotten:
        """Forget a channel (by row) with its threads."""
        rows = await self._database.run(forgetting.rows_of_channel, guild, channel)
        removed = await self._remove(guild, rows)
        await self._database.run(forgetting.delete_channel, guild, channel)
        return await self._finish(guild, removed, wait=wait)

    async def forget_everything(self, guild: int) -> Forgotten:
        """Forget all messages, names and replies of a guild; its settings stay."""
        removed = Removed(
            replies=await self._database.run(forgetting.delete_replies, guild)
        )
        rows = await self._database.run(forgetting.rows_of_guild, guild)
        removed += await self._remove(guild, rows)
        await self._database.run(forgetting.delete_people, guild)
        return await self._finish(guild, removed, wait=True)

    async def import_files(
        self,
        guild: int,
        paths: Sequence[Path],
        channel: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Import files in a child while everything else goes on; returns the counts.

        Raises:
            AppError: What the job says that the owner can mend.
        """
        opened = await self._opened(guild)
        words = ["import", str(guild)]
        if channel is not None:
            words += ["--channel", channel]
        words += ["--", *(str(path.absolute()) for path in paths)]
        async with opened.changing:
            newest = await self._database.run(messages.last_row)
            opened.voice.begin_rebuild()
            counts = await self._run_job(words, on_progress)
            if counts.pop("built"):
                await self._renew(opened, guild)
            else:
                await self._learn_after(opened.voice, guild, newest)
        return counts

    async def rebuild(self, guild: int) -> None:
        """Write the guild's voice anew from the database, in a child."""
        opened = await self._opened(guild)
        async with opened.changing:
            await self._build(opened, guild)

    async def _remove(self, guild: int, rows: Sequence[int]) -> Removed:
        """Take messages out of the voice, the replies and the database."""
        (await self._opened(guild)).voice.forget(rows)
        blanked = await self._database.run(forgetting.blank_replies, guild, rows)
        removed = Removed(replies=blanked)
        for start in range(0, len(rows), DELETE_AT_ONCE):
            part = rows[start : start + DELETE_AT_ONCE]
            removed += await self._database.run(forgetting.delete, guild, part)
        for tell in self._on_forgotten:
            await tell(guild, rows)
        return removed

    async def _finish(self, guild: int, removed: Removed, *, wait: bool) -> Forgotten:
        opened, complete = await self._opened(guild), False
        if wait:
            complete = await self._scrub(opened, guild)
        elif removed.messages:
            self._build_soon(opened, guild, self._scrub_seconds)
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
        directory = self._home.voice(guild)
        is_damaged = False
        try:
            voice = await asyncio.to_thread(Voice.open, directory)
        except FileNotFoundError:
            voice = Voice.empty()
        except VoiceFileError as error:
            log.warning("the voice of guild %d is built anew: %s", guild, error)
            voice, is_damaged = Voice.empty(), True
        opened = _Open(voice)
        changed = await self._database.run(voices.changes, guild)
        voice.forget(changed)
        for row, text in await self._database.run(messages.learnable_of, changed):
            if row <= voice.last_message:
                voice.learn(row, text)
        is_long = await self._learn_after(voice, guild, voice.last_message)
        is_missing = not voice.bytes and voice.messages > FEW
        if is_damaged or is_missing or is_long:
            self._build_soon(opened, guild, 0.0)
        elif voice.bytes:
            self._spawn(self._verify(opened, guild))
        return opened

    async def _learn_after(self, voice: Voice, guild: int, row: int) -> bool:
        """Learn what is newer than `row`; True if that is too much to be kept apart."""
        newer = await self._database.run(
            messages.newest_learnable, guild, row, MOST_TAIL
        )
        # A pause now and then, or opening a voice would hold up the loop.
        for count, (message, text) in enumerate(newer, 1):
            voice.learn(message, text)
            if count % 50 == 0:
                await asyncio.sleep(0)
        return len(newer) == MOST_TAIL

    async def _verify(self, opened: _Open, guild: int) -> None:
        try:
            await asyncio.to_thread(opened.voice.verify)
        except (VoiceFileError, FileNotFoundError) as error:
            log.warning("the voice of guild %d is built anew: %s", guild, error)
            self._build_soon(opened, guild, 0.0)

    def _build_if_long(self, opened: _Open, guild: int) -> None:
        if opened.voice.tail_messages > max(MOST_TAIL, opened.voice.messages // 50):
            self._build_soon(opened, guild, 0.0)

    def _build_soon(self, opened: _Open, guild: int, seconds: float) -> None:
        if opened.pending is None or opened.pending.done():
            opened.pending = self._spawn(self._build_later(opened, guild, seconds))

    async def _build_later(self, opened: _Open, guild: int, seconds: float) -> None:
        await asyncio.sleep(seconds)
        # What changes from here on asks for a build of its own.
        opened.pending = None
        try:
            await self._scrub(opened, guild)
        except AppError as error:
            log.error("the voice of guild %d could not be built: %s", guild, error)

    async def _scrub(self, opened: _Open, guild: int) -> bool:
        """Write the files without what was deleted; True if nothing of it is left."""
        async with opened.changing:
            # The build is last: with it the database forgets what was to be forgotten.
            # Token voices hold the same messages; their owner builds them on demand.
            tokens = self._home.guild(guild) / "tokens"
            await asyncio.to_thread(shutil.rmtree, tokens, ignore_errors=True)
            await asyncio.to_thread(self._remove_old_copies)
            await self._build(opened, guild)
            is_swept = files.sweep(self._home.voice(guild), building.NAME)
        return await self._truncate_log() and is_swept

    async def _build(self, opened: _Open, guild: int) -> None:
        opened.voice.begin_rebuild()
        await self._run_job(["rebuild", str(guild)], None)
        await self._renew(opened, guild)

    async def _renew(self, opened: _Open, guild: int) -> None:
        await asyncio.to_thread(opened.voice.renew, self._home.voice(guild))

    async def _run_job(
        self, words: Sequence[str], on_progress: OnProgress | None
    ) -> dict[str, Any]:
        ticking = asyncio.create_task(self._keep_log_short())
        try:
            return await self._jobs.run(words, on_progress or self._on_progress)
        finally:
            ticking.cancel()

    async def _keep_log_short(self) -> None:
        """Use the database now and then: that moves the log of the child into it."""
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            await self._database.run(messages.last_row)

    async def _truncate_log(self) -> bool:
        """Empty the database's log; a reader may be in the way for a moment."""
        for _ in range(50):
            if await self._database.truncate_log():
                return True
            await asyncio.sleep(0.1)
        return False

    async def _clear_log(self) -> None:
        await self._truncate_log()

    def _remove_old_copies(self) -> None:
        """Copies kept before a migration hold what is now forgotten."""
        for copy in self._home.backups.glob("before-version-*.db*"):
            copy.unlink(missing_ok=True)

    def _sweep(self, known: set[int]) -> None:
        """Remove what killed builds and deleted guilds left on disk."""
        for directory in self._home.root.glob("guilds/*"):
            if directory.name.isdigit() and int(directory.name) in known:
                files.sweep(directory / "voice", building.NAME)
            else:
                shutil.rmtree(directory, ignore_errors=True)

    async def _filters(self, guild: int) -> Filters:
        overrides = await self._database.run(settings.of, guild)
        config = with_overrides(self._config(), overrides)
        return Filters(config.learn, config.bot.prefix)

    def _spawn(self, work: Awaitable[None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
