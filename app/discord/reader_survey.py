"""Asks Discord about stored channels that it no longer lists by itself.

These are archived threads, and channels that came with an import. Until it is known who
reads them, their words are said nowhere else.
"""

import asyncio
import logging

import aiohttp
import discord

from app.core.supervisor import Background, Supervisor
from app.discord.comparison import UNKNOWN_CHANNEL
from app.discord.messages import place_of
from app.discord.ports import Ports

log = logging.getLogger(__name__)


class ReaderSurvey(Background):
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
        super().__init__(supervisor, "Asking who reads a channel")
        self._bot = bot
        self._ports = ports
        self._after_asking = after_asking
        self._between = between
        self._asked: set[int] = set()

    async def _run(self) -> None:
        while True:
            for guild, channel in await self._ports.guilds.unknown_channels():
                if channel not in self._asked and self._bot.get_guild(guild):
                    await self._ask(guild, channel)
                    await asyncio.sleep(self._after_asking)
            await asyncio.sleep(self._between)

    async def _ask(self, guild: int, number: int) -> None:
        try:
            channel = await self._bot.fetch_channel(number)
        except (discord.DiscordServerError, aiohttp.ClientError, OSError) as error:
            log.info("Asking about channel %s again later: %s", number, error)
            return
        except (discord.HTTPException, discord.InvalidData) as error:
            log.info("Discord does not describe channel %s: %s", number, error)
            if getattr(error, "code", 0) == UNKNOWN_CHANNEL:
                await self._ports.guilds.channel_gone(guild, number)
        else:
            place = place_of(channel)
            if place is not None:
                await self._ports.guilds.channels_seen([place])
        self._asked.add(number)
