"""Reads Discord's history to catch up after a pause."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

import aiohttp
import discord

from app.core.state_file import StateFile
from app.core.supervisor import Background, Supervisor
from app.discord.comparison import PAGE, HistoryComparison, recheck_page
from app.discord.messages import Talk, incoming, place_of
from app.discord.ports import Incoming, Ports

log = logging.getLogger(__name__)

RECHECKED_PAGES = 5
"""Of the last known messages a channel; a killed process may be that far behind.

What was edited or deleted before those is left to the slow comparison.
"""

MOST_AT_ONCE = 500
"""The quiet channels that are read without pauses; more of them wait their turn."""

WRITE_SECONDS = 2.0
"""The shortest time between writing the marks, except for the last."""

MARKS_A_SECOND = 1000
"""Marks for which that time is a second longer, as all are written together."""

Readable = Talk | discord.ForumChannel
"""Of a forum only the posts have messages; each is a thread with a mark of its own."""


class CatchUp(Background):
    """Reads the messages in listened channels from while the bot was away.

    Channels where something was written are read at once. Most of many channels are
    quiet; in those only edits and deletions can be missed, and one is read after
    another, with pauses.
    """

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        state: StateFile,
        consider: Callable[[discord.Message, bool], Awaitable[None]],
        comparison: HistoryComparison,
        pause: float,
        supervisor: Supervisor,
    ) -> None:
        """Prepare with a pause of so many seconds after each of many quiet channels."""
        super().__init__(supervisor, "Reading quiet channels")
        self._bot = bot
        self._ports = ports
        self._state = state
        self._consider = consider
        self._comparison = comparison
        self._pause = pause
        self._marking = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._next: asyncio.TimerHandle | None = None
        self._written = 0.0
        self._quiet: dict[str, None] = {}
        """Marked channels that wait their turn."""
        self._refused: set[str] = set()
        """Marked channels that it may not read now."""
        self.on_readable: Callable[[], None] = lambda: None
        """Runs when some that could not be read may be read by another try."""

    async def mark(self, servers: Collection[int]) -> None:
        """At the start of a session, mark how far its servers' channels are complete.

        A mark stays until its channel has been read, so a crash in between loses
        nothing.
        """
        async with self._marking:
            found = await self._ports.messages.newest(servers)
            newest = {str(key): value for key, value in found.items()}
            if newest:
                self._look_anew(newest)
                self._state.put("behind", newest | self._behind())

    @property
    def is_behind(self) -> bool:
        """Tell if a channel was not read to its end yet."""
        return bool(self._behind())

    def reopen(self, guild: discord.Guild) -> bool:
        """Note that a server's rights changed; tell if that may help to read there."""
        here = self._marked_in([guild])
        self._refused -= here
        return bool(here - self._quiet.keys())

    async def run(self, urgent: Collection[int] = ()) -> bool:
        """Read marked channels from their marks on, with threads opened since.

        Returns False if another try may read some more.

        Args:
            urgent: The servers of which no channel may wait its turn.
        """
        async with self._reading:
            return await self._read_now(urgent)

    async def _read_now(self, urgent: Collection[int]) -> bool:
        async with self._marking:
            self._mark_new_threads()
        found = (self._bot.get_guild(one) for one in urgent)
        self._look_anew(self._marked_in(guild for guild in found if guild))
        due = [key for key in self._behind() if key not in self._refused]
        due = [key for key in due if key not in self._quiet]
        due = self._listed(due, urgent) if due else []
        is_over = True
        for key in due:
            is_over &= await self._finish(key)
        self._write(self._behind())
        self._comparison.start()
        if self._quiet:
            self.start()
        self._wait_for_time_out()
        return is_over

    def _listed(self, due: Sequence[str], urgent: Collection[int]) -> list[str]:
        """Return the channels to read now.

        Those that were archived or deleted meanwhile are left to the comparison, and
        many quiet ones wait their turn.
        """
        # py-cord would ask every server for each channel.
        places = {
            str(one.id): one
            for guild in self._bot.guilds
            for one in (*guild.channels, *guild.threads)
        }
        there = [key for key in due if isinstance(places.get(key), Readable)]
        if not any(guild.unavailable for guild in self._bot.guilds):
            # Else they may be in a server that comes back, and their marks stay.
            behind, gone = self._behind(), set(due).difference(there)
            self._comparison.add({int(key): behind[key] + 1 for key in gone})
            for key in gone:
                del behind[key]
        quiet = {key for key in there if self._is_quiet(places[key], key, urgent)}
        if len(quiet) <= MOST_AT_ONCE:
            return there
        self._quiet |= dict.fromkeys(quiet)
        return [key for key in there if key not in quiet]

    async def _run(self) -> None:
        """Read the quiet channels."""
        is_over = True
        while self._quiet:
            async with self._reading:
                key = next(iter(self._quiet), "")
                self._quiet.pop(key, None)
                is_over &= await self._finish(key)
                self._comparison.start()
            await asyncio.sleep(self._pause)
        if not is_over:
            self.on_readable()

    def _behind(self) -> dict[str, int]:
        behind: dict[str, int] = self._state.get("behind", {})
        return behind

    def _look_anew(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._quiet.pop(key, None)
            self._refused.discard(key)

    def _marked_in(self, guilds: Iterable[discord.Guild]) -> set[str]:
        here = (one.id for guild in guilds for one in (*guild.channels, *guild.threads))
        return {str(one) for one in here} & self._behind().keys()

    def _is_quiet(self, channel: object, key: str, urgent: Collection[int]) -> bool:
        """Tell if nothing was written in a channel since its mark."""
        if not isinstance(channel, Talk) or channel.guild.id in urgent:
            return False
        return (channel.last_message_id or 0) <= self._behind()[key]

    async def _finish(self, key: str) -> bool:
        """Read a channel from its mark on; return False if another try may help."""
        after = self._behind().get(key)
        if after is None:
            return True
        channel = self._bot.get_channel(int(key))
        if isinstance(channel, Talk):
            try:
                await self._read(channel, after)
            except discord.Forbidden as error:
                # When it may read there again, it goes on.
                log.warning("Channel %s cannot be read: %s", key, error)
                self._refused.add(key)
                return True
            except discord.NotFound as error:
                log.warning("Channel %s is gone: %s", key, error)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("Catching up in %s stopped: %s", key, error)
                return False
        elif not isinstance(channel, discord.ForumChannel):
            # It went a moment ago.
            return True
        self._move(key, None)
        return True

    def _wait_for_time_out(self) -> None:
        """Go on when the next time-out runs out, of which Discord tells nothing."""
        if self._next is not None:
            self._next.cancel()
        own = [guild.me for guild in self._bot.guilds if guild.me is not None]
        ends = [
            me.communication_disabled_until
            for me in own
            if me.timed_out and me.communication_disabled_until is not None
        ]
        if ends and self.is_behind:
            wait = (min(ends) - discord.utils.utcnow()).total_seconds()
            loop = asyncio.get_running_loop()
            self._next = loop.call_later(wait + 1, self._after_time_out)

    def _after_time_out(self) -> None:
        self._refused.clear()
        self.on_readable()

    async def close(self) -> None:
        """Stop, wait for nothing any more, and write the marks that are left."""
        if self._next is not None:
            self._next.cancel()
        await super().close()
        if self.is_behind:
            self._write(self._behind())

    def _mark_new_threads(self) -> None:
        """Mark open threads of which nothing is stored like their channel.

        One that began after its channel's mark is read as a whole.
        """
        behind = self._behind()
        found = {
            str(thread.id): max(thread.id - 1, behind[str(thread.parent_id)])
            for guild in self._bot.guilds
            for thread in guild.threads
            if str(thread.id) not in behind
            and not thread.is_private()
            and str(thread.parent_id) in behind
            and str(thread.parent_id) not in self._quiet
        }
        if found:
            self._state.put("behind", behind | found)

    async def _read(self, channel: Talk, after: int) -> None:
        await self._recheck(channel, after)
        last = after
        while True:
            history = channel.history(
                limit=PAGE, after=discord.Object(last), oldest_first=True
            )
            page = await history.flatten()
            said, place = self._said(page), place_of(channel)
            await self._ports.messages.hear(said, is_missed=True)
            if place is not None and page:
                # Messages reported before the session ended may be stored only now.
                await self._ports.messages.recheck(place, said, last, page[-1].id)
            for message in page:
                await self._consider(message, False)
            if len(page) < PAGE:
                return
            last = page[-1].id
            self._move(str(channel.id), last)

    async def _recheck(self, channel: Talk, newest: int) -> None:
        """Check the last known messages again.

        Some may have been edited or deleted, and a killed process may have left the
        last ones unstored or unanswered.
        """
        below: int | None = newest + 1
        for _ in range(RECHECKED_PAGES):
            if below is None:
                return
            history = channel.history(limit=PAGE, before=discord.Object(below))
            page = await history.flatten()
            if not page:
                return
            said = self._said(page)
            await self._ports.messages.hear(said, is_missed=True)
            below = await recheck_page(self._bot, self._ports, page, below)
            for message in reversed(page):
                await self._consider(message, True)
        if below is not None:
            self._comparison.add({channel.id: below})

    def _said(self, page: Sequence[discord.Message]) -> list[Incoming]:
        own = self._bot.user.id if self._bot.user else 0
        return [said for one in page if (said := incoming(one, own)) is not None]

    def _move(self, key: str, last: int | None) -> None:
        behind = self._behind()
        behind.pop(key, None)
        if last is not None:
            behind[key] = last
        # Of thousands of channels each would write the marks of all. One that a crash
        # brings back is read again.
        wait = WRITE_SECONDS + len(behind) / MARKS_A_SECOND
        if not behind or time.monotonic() - self._written >= wait:
            self._write(behind)

    def _write(self, behind: dict[str, int]) -> None:
        self._state.put("behind", behind)
        self._written = time.monotonic()
