"""The open voices of all guilds, and the work that rewrites their files."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from app.core.errors import AppError
from app.core.names import GuildId
from app.service.shared.held_servers import HeldServers
from app.service.voices.voice_files import MOST_TAIL, VoiceFiles
from app.store import guilds, voice_changes
from app.store.database import Database
from app.voice.voice import Voice

log = logging.getLogger(__name__)

SCRUB_SECONDS = 60.0
"""The delay after a deletion before the files are rewritten."""

SCRUB_MESSAGES = 60_000
"""The number of messages that adds the same delay again."""

RETRY_SECONDS, LONGEST_RETRY = 60.0, 3600.0
"""The delay after files could not be rewritten; it doubles each time."""


MOST_OPEN = 100
"""The most voices that stay open unused: up to 1 MB each, and quickly opened again."""


@dataclass
class OpenedVoice:
    """A guild's voice in use."""

    voice: Voice
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the files are replaced or built."""
    pending: "asyncio.Task[None] | None" = None
    """A build that waits for its start."""
    is_elsewhere: bool = False
    """Another process holds the guild: this voice is empty and has no files."""
    failures: int = 0
    """Builds in a row that left something of what was forgotten."""


class OpenedVoices:
    """Opens each guild's voice on first use, and rewrites files in the background."""

    def __init__(
        self,
        database: Database,
        files: VoiceFiles,
        scrub_seconds: float,
        held: HeldServers,
    ) -> None:
        """Prepare; `start` finishes the work of a killed process."""
        self._database = database
        self._held = held
        self._files = files
        self._scrub_seconds = scrub_seconds
        self._open: WeakValueDictionary[GuildId, OpenedVoice] = WeakValueDictionary()
        """All that somebody holds, so that no guild has two voices at once."""
        self._recent: OrderedDict[GuildId, OpenedVoice] = OrderedDict()
        """Those last used, the oldest first."""
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Finish in the background the forgetting that a killed process began."""
        known = await self._held.among(await self._database.run(guilds.numbers))
        await asyncio.to_thread(self._files.sweep, known)
        self._spawn(self._empty_log())
        changed = await self._database.run(voice_changes.changed_guilds)
        for guild in sorted(await self._held.among(changed)):
            self.build_soon(await self.get(guild), guild, 0.0)

    async def close(self) -> None:
        """Cancel waiting and running builds; the database remembers what they lack.

        No voice stays open, as Windows keeps files that are.
        """
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._recent.clear()

    async def get(self, guild: GuildId) -> OpenedVoice:
        """Return a guild's voice, and let go of the one that was unused for longest."""
        if not await self._held.holds(guild):
            return OpenedVoice(Voice.empty(), is_elsewhere=True)
        opened = self._open.get(guild)
        if opened is None:
            async with self._opening:
                opened = self._open.get(guild)
                if opened is None:
                    opened = self._open[guild] = await self._open_files(guild)
        self._recent[guild] = opened
        self._recent.move_to_end(guild)
        if len(self._recent) > MOST_OPEN:
            self._recent.popitem(last=False)
        return opened

    async def weigh_anew(self) -> None:
        """Weigh the messages of open voices by all opinions that there are now."""
        for guild, opened in list(self._open.items()):
            await self._files.weigh(opened.voice, guild)

    def known_words(self, guilds: Sequence[GuildId]) -> dict[GuildId, int | None]:
        """Return the words of voices, open or as files say; None without any."""
        # Few of many servers have files.
        found = {one: self._files.words(one) for one in self._files.among(guilds)}
        opened = {one: self._open.get(one) for one in guilds}
        return {
            guild: voice.voice.words if voice else found.get(guild)
            for guild, voice in opened.items()
        }

    @asynccontextmanager
    async def unchanged(self, guild: GuildId) -> AsyncIterator[None]:
        """Wait for an import or a build that runs; the next one begins afterwards.

        An import would store on what is being forgotten.
        """
        opened = await self.get(guild)
        async with opened.changing:
            yield

    async def require(self, guild: GuildId) -> None:
        """Refuse what the holder of a guild alone can do.

        Raises:
            UsageError: If another process holds it.
        """
        await self._held.require(guild)

    async def drop_uploads(self, guild: GuildId) -> None:
        """Delete the files that wait to be learned, as they would bring words back."""
        await self._files.drop_uploads(guild)

    async def follow(self, guild: GuildId) -> list[int]:
        """Take over what other processes changed, and return the messages' rows.

        Files of a guild that this process does not hold, or no more, are removed.
        """
        if not await self._held.holds(guild):
            self._recent.pop(guild, None)
            self._open.pop(guild, None)
            await asyncio.to_thread(self._files.remove, guild)
            return []
        changed = await self._database.run(voice_changes.changes, guild)
        opened = await self.get(guild)
        opened.voice.forget(changed)
        for one in await self._database.run(voice_changes.learnable_of, guild, changed):
            opened.voice.learn(*one)
        self.scrub_soon(opened, guild)
        return changed

    async def _open_files(self, guild: GuildId) -> OpenedVoice:
        voice, is_lacking = await self._files.open(guild)
        opened = OpenedVoice(voice)
        if is_lacking:
            self.build_soon(opened, guild, 0.0)
        elif voice.bytes:
            self._spawn(self._verify(opened, guild))
        return opened

    async def _verify(self, opened: OpenedVoice, guild: GuildId) -> None:
        if not await self._files.is_intact(opened.voice, guild):
            self.build_soon(opened, guild, 0.0)

    def build_if_long(self, opened: OpenedVoice, guild: GuildId) -> None:
        if opened.voice.tail_messages > max(MOST_TAIL, opened.voice.messages // 50):
            self.build_soon(opened, guild, 0.0)

    def build_soon(self, opened: OpenedVoice, guild: GuildId, seconds: float) -> None:
        if opened.is_elsewhere:
            return
        if opened.pending is None or opened.pending.done():
            opened.pending = self._spawn(self._build_later(opened, guild, seconds))

    async def _build_later(
        self, opened: OpenedVoice, guild: GuildId, seconds: float
    ) -> None:
        await asyncio.sleep(seconds)
        # Changes from here on need their own build.
        opened.pending = None
        is_clean = False
        try:
            is_clean = await self.scrub(opened, guild)
        except (AppError, OSError) as error:
            log.error("the voice of guild %d could not be built: %s", guild, error)
        if is_clean:
            opened.failures = 0
        else:
            self.scrub_again(opened, guild)

    async def scrub(self, opened: OpenedVoice, guild: GuildId) -> bool:
        """Rewrite the files; True if nothing forgotten is left in them.

        Whoever holds the guild is told by the database, and rewrites theirs.
        """
        if opened.is_elsewhere:
            return False
        async with opened.changing:
            return await self._files.scrub(opened.voice, guild)

    def scrub_again(self, opened: OpenedVoice, guild: GuildId) -> None:
        """Rewrite the files later, as something forgotten is left in them.

        A full disk has room again some time, and a busy log comes to rest.
        """
        pause = RETRY_SECONDS * 2 ** min(opened.failures, 9)
        opened.failures += 1
        self.build_soon(opened, guild, min(pause, LONGEST_RETRY))

    def scrub_soon(self, opened: OpenedVoice, guild: GuildId) -> None:
        """Rewrite the files after a while, for all deletions until then."""
        times = 1 + opened.voice.messages / SCRUB_MESSAGES
        self.build_soon(opened, guild, self._scrub_seconds * times)

    def _spawn(self, work: Awaitable[None]) -> "asyncio.Task[None]":
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _empty_log(self) -> None:
        await self._files.empty_log()
