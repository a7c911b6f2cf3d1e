"""Asks Discord about stored channels that it tells of by itself no more.

These are archived threads, and channels that came with an import. Until it is known who
reads them, their words are said nowhere else.
"""

import asyncio
import logging

import aiohttp
import discord

from app.core.supervisor import Supervisor
from app.discord.comparison import UNKNOWN_CHANNEL
from app.discord.messages import place_of
from app.discord.ports import Ports

log = logging.getLogger(__name__)


class ReaderSurvey:
    """Looks for such channels now and then, and asks for each once a session."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        after_asking: float,
        between: float,
        supervisor: Supervisor,
    ) -> None:
        """Prepare with a pause of so many seconds after each question and each look."""
        self._bot = bot
        self._ports = ports
        self._after_asking = after_asking
        self._between = between
        self._supervisor = supervisor
        self._asked: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Ask in the background from now on."""
        if self._task is None or self._task.done():
            kept = self._supervisor.keep("Asking who reads a channel", self._run)
            self._task = asyncio.create_task(kept)

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            for guild in self._bot.guilds:
                for channel in await self._ports.guilds.unknown_channels(guild.id):
                    if channel not in self._asked:
                        await self._ask(guild.id, channel)
                        await asyncio.sleep(self._after_asking)
            await asyncio.sleep(self._between)

    async def _ask(self, guild: int, number: int) -> None:
        try:
            channel = await self._bot.fetch_channel(number)
        except (discord.HTTPException, discord.InvalidData) as error:
            log.info("Discord tells nothing of channel %s: %s", number, error)
            if getattr(error, "code", 0) == UNKNOWN_CHANNEL:
                await self._ports.guilds.channel_gone(guild, number)
        except (aiohttp.ClientError, OSError) as error:
            log.info("Channel %s is asked for again: %s", number, error)
            return
        else:
            place = place_of(channel)
            if place is not None:
                await self._ports.guilds.channels_seen([place])
        self._asked.add(number)
