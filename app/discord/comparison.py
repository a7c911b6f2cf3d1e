"""Compares stored messages with Discord, slowly, channel by channel.

Catching up only checks a channel's newest messages. Older edits and deletions from
while the bot was away are found here, a page at a time.
"""

import asyncio
import logging
import time
from collections.abc import Mapping

import aiohttp
import discord

from app.core.state_file import StateFile
from app.core.supervisor import Background, Supervisor
from app.discord.messages import Talk, incoming, place_of
from app.discord.ports import Ports

log = logging.getLogger(__name__)

PAGE = 100
"""Discord's limit for one request."""

WRITTEN_A_SECOND = 1000
"""Of so many channels in the plan one is written a second, as all are together."""

UNKNOWN_CHANNEL = 10003
"""Discord's code for a deleted channel."""


class HistoryComparison(Background):
    """Goes through channels from new to old; the state file holds its position."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        state: StateFile,
        seconds: float,
        supervisor: Supervisor,
    ) -> None:
        """Prepare with a pause of that many seconds after each page."""
        super().__init__(supervisor, "Comparing with Discord")
        self._bot = bot
        self._ports = ports
        self._state = state
        self._seconds = seconds
        self._written = 0.0

    def add(self, channels: Mapping[int, int]) -> None:
        """Queue channels for comparison, each for its messages below an id.

        A channel that is already being compared is finished first, then started again.
        """
        plan = self._plan()
        for channel, below in channels.items():
            log.info("Older messages of channel %s are compared slowly", channel)
            at, _ = plan.get(str(channel), (below, 0))
            plan[str(channel)] = [at, below if str(channel) in plan else 0]
        if channels:
            self._save(plan)

    async def _run(self) -> None:
        while plan := self._plan():
            key, (below, _) = next(iter(plan.items()))
            try:
                at = await self._compare(int(key), below)
            except (discord.Forbidden, discord.NotFound, discord.InvalidData) as error:
                log.warning("Channel %s cannot be compared: %s", key, error)
                at = None
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("Comparing waits after %s", error)
                at = below
            self._move(key, at)
            await asyncio.sleep(self._seconds)

    async def _compare(self, channel_id: int, below: int) -> int | None:
        """Compare one page; return the start of the next one, or None at the end."""
        channel = await self._find(channel_id)
        place = place_of(channel)
        if not isinstance(channel, Talk) or place is None:
            return None
        oldest = await self._ports.messages.oldest_heard(place)
        if oldest is None or oldest >= below:
            return None
        history = channel.history(limit=PAGE, before=discord.Object(below))
        page = await history.flatten()
        if not page:
            # Discord also answers this if the bot may not read the history.
            return None
        return await recheck_page(self._bot, self._ports, page, below)

    async def _find(self, channel: int) -> object:
        """Return the channel, or an archived thread; forget what Discord lacks."""
        found = self._bot.get_channel(channel)
        if found is not None:
            return found
        try:
            return await self._bot.fetch_channel(channel)
        except discord.NotFound as error:
            if error.code == UNKNOWN_CHANNEL:
                for server in await self._ports.guilds.servers_with(channel):
                    guild = self._bot.get_guild(server)
                    if guild is not None and not guild.unavailable:
                        await self._ports.guilds.channel_deleted(server, channel)
            raise

    def _move(self, key: str, at: int | None) -> None:
        plan = self._plan()
        # It may have been queued again meanwhile.
        _, again = plan[key]
        if at is not None:
            plan[key] = [at, again]
        else:
            del plan[key]
            if again:
                plan[key] = [again, 0]
        # What a crash brings back of many is compared again.
        wait = len(plan) / WRITTEN_A_SECOND
        if not plan or time.monotonic() - self._written >= wait:
            self._save(plan)

    def _plan(self) -> dict[str, list[int]]:
        """Return by channel the id reached, and the id to restart at or 0."""
        plan: dict[str, list[int]] = self._state.get("comparing", {})
        return plan

    def _save(self, plan: dict[str, list[int]]) -> None:
        self._state.put("comparing", plan)
        self._written = time.monotonic()


async def recheck_page(
    bot: discord.Client, ports: Ports, page: list[discord.Message], below: int
) -> int | None:
    """Apply missed changes of a page of history, read downwards from that id.

    Returns the id below which the next page begins; None at the end.
    """
    own = bot.user.id if bot.user else 0
    said = [one for message in page if (one := incoming(message, own)) is not None]
    place = place_of(page[0].channel)
    at = page[-1].id if len(page) == PAGE else None
    if place is not None:
        await ports.messages.recheck(place, said, at or 0, below)
    return at
