"""The files of the voices: opened, built in a child, and cleared of forgotten text."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from app.chat import feedback_weights
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.control import ImportPreviewReply, ImportReply, Progress
from app.ipc.jobs import (
    CompareJob,
    CompareJobReply,
    ImportJob,
    PreviewJob,
    RebuildJob,
)
from app.ipc.wire import Request
from app.service.job_runner import JobRunner
from app.store import feedback, messages, voice_changes
from app.store.database import CHECKPOINT_SECONDS, Database
from app.voice import files, voice_builder
from app.voice.voice import Voice, VoiceFileError, words_in

log = logging.getLogger(__name__)

FEW = 500
"""The number of messages that need no files, since learning takes a moment."""

MOST_TAIL = 5000
"""The number of messages learned one by one when a voice is opened."""

PAUSE_EVERY = 50
"""Messages learned in one go, for some milliseconds."""

TRIES = 50
"""Tries to empty the log, a tenth of a second apart, as readers are brief."""

R = TypeVar("R")
OnProgress = Callable[[Progress], None]

OnScrub = Callable[[GuildId, Sequence[int]], Awaitable[bool]]
"""Told the guild and the rows, or `voice_changes.ALL`, of messages to take out.

It returns True when nothing of them is left.
"""


def drop_uploads(home: Home, guild: GuildId) -> None:
    """Delete the files that wait to be learned into a guild."""
    for folder in home.uploads.glob(f"{guild}-*"):
        shutil.rmtree(folder, ignore_errors=True)


class VoiceFiles:
    """Keeps a home's voice files in step with its database."""

    def __init__(
        self,
        home: Home,
        database: Database,
        jobs: JobRunner,
        on_progress: OnProgress,
        on_scrub: OnScrub,
    ) -> None:
        """`on_scrub` takes messages out of the files of others."""
        self._on_scrub = on_scrub
        self._home = home
        self._database = database
        self._jobs = jobs
        self._on_progress = on_progress

    async def open(self, guild: GuildId) -> tuple[Voice, bool]:
        """Open the guild's voice, and tell whether its files must be built.

        Missing or damaged files only reduce what it remembers: it then speaks from the
        newest messages of the database.
        """
        is_damaged = False
        try:
            voice = await asyncio.to_thread(Voice.open, self._home.voice(guild))
        except FileNotFoundError:
            voice = Voice.empty()
        except VoiceFileError as error:
            log.warning("rebuilding the voice of guild %d: %s", guild, error)
            voice, is_damaged = Voice.empty(), True
        changed = await self._database.run(voice_changes.changes, guild)
        if voice_changes.ALL in changed:
            voice, is_damaged = Voice.empty(), True
        voice.forget(changed)
        known = await self._database.run(voice_changes.learnable_of, guild, changed)
        for row, text, channel in known:
            if row <= voice.last_message:
                voice.learn(row, text, channel)
        is_long = await self.learn_after(voice, guild, voice.last_message)
        await self.weigh(voice, guild)
        is_missing = not voice.bytes and voice.messages > FEW
        return voice, is_damaged or is_missing or is_long

    async def weigh(self, voice: Voice, guild: GuildId) -> None:
        """Weigh messages by all opinions of the replies that drew on them."""
        votes = await self._database.run(feedback.votes_by_source, guild)
        weights = feedback_weights.weights(votes)
        for message in voice.weighed | weights.keys():
            voice.weigh(message, weights.get(message, 1.0))

    def among(self, guilds: Sequence[GuildId]) -> list[GuildId]:
        """Return those of the guilds that have files."""
        there = {path.name for path in self._home.guilds.glob("*")}
        return [guild for guild in guilds if str(guild) in there]

    def words(self, guild: GuildId) -> int | None:
        """Return the words that the files hold; None without sound files."""
        try:
            return words_in(self._home.voice(guild))
        except (FileNotFoundError, VoiceFileError):
            return None

    async def learn_after(self, voice: Voice, guild: GuildId, row: int) -> bool:
        """Learn messages after `row`; True if they are too many to keep apart."""
        newer = await self._database.run(
            voice_changes.newest_learnable, guild, row, MOST_TAIL
        )
        for count, message in enumerate(newer, 1):
            voice.learn(*message)
            if count % PAUSE_EVERY == 0:
                await asyncio.sleep(0)
        return len(newer) == MOST_TAIL

    async def is_intact(self, voice: Voice, guild: GuildId) -> bool:
        """Return whether every byte is unchanged; reads the whole file."""
        try:
            await asyncio.to_thread(voice.verify)
        except (VoiceFileError, FileNotFoundError) as error:
            log.warning("rebuilding the voice of guild %d: %s", guild, error)
            return False
        return True

    async def build(
        self, voice: Voice, guild: GuildId, *, compact: bool = False
    ) -> None:
        """Rebuild the files from the database, and speak from them.

        Args:
            compact: Write the database anew as well.
        """
        voice.begin_rebuild()
        await self._run(RebuildJob(guild, compact), self._on_progress)
        await self._renew(voice, guild)

    async def add(
        self, voice: Voice, job: ImportJob, on_progress: OnProgress | None
    ) -> ImportReply:
        """Run an import, speak from its messages, and return its counts."""
        newest = await self._database.run(messages.last_row)
        voice.begin_rebuild()
        reply = await self._run(job, on_progress or self._on_progress)
        if reply.built:
            await self._renew(voice, job.guild)
        else:
            await self.learn_after(voice, job.guild, newest)
        return reply.counts

    async def preview(
        self, job: PreviewJob, on_progress: OnProgress | None
    ) -> ImportPreviewReply:
        """Look at files, and store nothing."""
        return await self._jobs.run(job, on_progress or self._on_progress)

    async def scrub(self, voice: Voice, guild: GuildId) -> bool:
        """Rewrite the files without deleted messages; True if nothing of them is left.

        The note of the deletion goes last, so a killed process starts over.
        """
        is_clean = True
        change = await self._database.run(voice_changes.newest_change, guild)
        await self.build(voice, guild, compact=bool(change))
        if change:
            changed = await self._database.run(voice_changes.changes, guild)
            is_clean = await self._on_scrub(guild, changed)
            await asyncio.to_thread(self._remove_copies)
        is_clean &= await asyncio.to_thread(self._sweep, guild)
        if not is_clean or not await self.empty_log():
            return False
        await self._database.run(voice_changes.settle, guild, change)
        return True

    async def compare(self, job: CompareJob) -> CompareJobReply:
        """Return words in one snapshot but not in the other, or in the voice now."""
        return await self._jobs.run(job, self._on_progress)

    async def empty_log(self) -> bool:
        """Empty the database's log, with its deleted text; False while it is in use."""
        for _ in range(TRIES):
            if await self._database.truncate_log():
                return True
            await asyncio.sleep(0.1)
        return False

    async def drop_uploads(self, guild: GuildId) -> None:
        """Delete the files that wait to be learned, as they would bring words back."""
        await asyncio.to_thread(drop_uploads, self._home, guild)

    def sweep(self, known: set[GuildId]) -> None:
        """Remove leftovers of killed builds and deleted guilds from disk."""
        for directory in self._home.root.glob("guilds/*"):
            if directory.name.isdigit() and int(directory.name) in known:
                files.sweep(directory / "voice", voice_builder.NAME)
            else:
                shutil.rmtree(directory, ignore_errors=True)

    def remove(self, guild: GuildId) -> None:
        """Remove all files of a guild."""
        shutil.rmtree(self._home.guild(guild), ignore_errors=True)

    def _remove_copies(self) -> None:
        """Remove the copies of the database made before its migrations."""
        for copy in self._home.backups.glob("before-*.db*"):
            copy.unlink(missing_ok=True)

    async def _renew(self, voice: Voice, guild: GuildId) -> None:
        await asyncio.to_thread(voice.renew, self._home.voice(guild))

    def _sweep(self, guild: GuildId) -> bool:
        return files.sweep(self._home.voice(guild), voice_builder.NAME)

    async def _run(self, job: Request[R], on_progress: OnProgress) -> R:
        async with self._short_log():
            return await self._jobs.run(job, on_progress)

    @contextlib.asynccontextmanager
    async def _short_log(self) -> AsyncIterator[None]:
        """Use the database now and then, which moves a child's log into it."""

        async def tick() -> None:
            while True:
                await asyncio.sleep(CHECKPOINT_SECONDS)
                await self._database.run(messages.last_row)

        ticking = asyncio.create_task(tick())
        try:
            yield
        finally:
            ticking.cancel()
