"""Reads Discord's history to catch up after a pause."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import aiohttp
import discord

from app.core.state_file import StateFile
from app.discord.comparison import PAGE, HistoryComparison, recheck_page
from app.discord.messages import Talk, incoming, place_of
from app.discord.ports import Incoming, Ports

log = logging.getLogger(__name__)

RECHECKED_PAGES = 5
"""Of the last known messages a channel; a killed process may be that far behind.

What was edited or deleted before those is left to the slow comparison.
"""

REPORT_SECONDS = 5.0
WRITE_SECONDS = 2.0
"""The shortest time between writing the marks, except for the last."""

MAX_THREADS = 1000


class CatchUp:
    """Reads the messages in listened channels from while the bot was away."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        state: StateFile,
        consider: Callable[[discord.Message, bool], Awaitable[None]],
        comparison: HistoryComparison,
    ) -> None:
        self._bot = bot
        self._ports = ports
        self._state = state
        self._consider = consider
        self._comparison = comparison
        self._marking = asyncio.Lock()
        self._running = asyncio.Lock()
        self._next: asyncio.TimerHandle | None = None
        self._written = 0.0
        self.on_readable: Callable[[], None] = lambda: None
        """Runs when a time-out is over that kept channels from being read."""

    async def mark(self, servers: Collection[int]) -> None:
        """At the start of a session, mark how far its servers' channels are complete.

        A mark stays until its channel has been read, so a crash in between loses
        nothing.
        """
        async with self._marking:
            found = await self._ports.messages.newest(servers)
            newest = {str(key): value for key, value in found.items()}
            if newest:
                self._state.put("behind", newest | self._state.get("behind", {}))

    @property
    def is_behind(self) -> bool:
        """Tell if a channel was not read to its end yet."""
        return bool(self._state.get("behind"))

    async def run(self) -> bool:
        """Read every marked channel from its mark on, with threads opened since.

        Returns False if another try may read some more.
        """
        async with self._running:
            return await self._run()

    async def _run(self) -> bool:
        is_over = True
        async with self._marking:
            behind: dict[str, int] = self._state.get("behind", {})
            self._state.put("behind", behind | self._new_threads(behind))
        for key, after in list(self._state.get("behind", {}).items()):
            channel = self._bot.get_channel(int(key))
            if isinstance(channel, Talk):
                try:
                    await self._read(channel, after)
                except discord.Forbidden as error:
                    # When it may read there again, it goes on.
                    log.warning("Channel %s cannot be read: %s", key, error)
                    continue
                except discord.NotFound as error:
                    log.warning("Channel %s is gone: %s", key, error)
                except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                    log.warning("Catching up in %s stopped: %s", key, error)
                    is_over = False
                    continue
            elif isinstance(channel, discord.ForumChannel):
                # Only its posts have messages; each is a thread with its own mark.
                pass
            elif any(guild.unavailable for guild in self._bot.guilds):
                # The channel may be in a server that comes back; its mark stays.
                continue
            else:
                # The channel was archived or deleted meanwhile.
                self._comparison.add(int(key), after + 1)
            self._move(key, None)
        self._write(self._state.get("behind", {}))
        self._comparison.start()
        self._wait_for_time_out()
        return is_over

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
            self._next = loop.call_later(wait + 1, lambda: self.on_readable())

    def close(self) -> None:
        """Wait for nothing any more."""
        if self._next is not None:
            self._next.cancel()

    def _new_threads(self, behind: Mapping[str, int]) -> dict[str, int]:
        """Mark open threads of which nothing is stored like their channel.

        One that began after its channel's mark is read as a whole.
        """
        return {
            str(thread.id): max(thread.id - 1, behind[str(thread.parent_id)])
            for guild in self._bot.guilds
            for thread in guild.threads
            if str(thread.id) not in behind
            and not thread.is_private()
            and str(thread.parent_id) in behind
        }

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
            self._comparison.add(channel.id, below)

    def _said(self, page: Sequence[discord.Message]) -> list[Incoming]:
        own = self._bot.user.id if self._bot.user else 0
        return [said for one in page if (said := incoming(one, own)) is not None]

    def _move(self, key: str, last: int | None) -> None:
        behind: dict[str, int] = self._state.get("behind", {})
        behind.pop(key, None)
        if last is not None:
            behind[key] = last
        # Of thousands of channels each would write the marks of all. One that a crash
        # brings back is read again.
        if not behind or time.monotonic() - self._written >= WRITE_SECONDS:
            self._write(behind)

    def _write(self, behind: Mapping[str, int]) -> None:
        self._state.put("behind", behind)
        self._written = time.monotonic()
