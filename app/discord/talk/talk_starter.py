"""Starts talk in channels, when they were quiet for long or at set times."""

import logging
from asyncio import sleep
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import aiohttp
import discord

from app.chat.talk_start import Start, StartPlace, occasion
from app.core.state_file import StateFile
from app.core.supervisor import Background, Supervisor
from app.discord.delivery import Delivery
from app.discord.messages import Spoken, place_of
from app.discord.permissions import may_write
from app.discord.ports import MessagePlace, Ports
from app.discord.responder import Speaker
from app.settings.schema import Config
from app.settings.speech_sections import SpeakSettings

log = logging.getLogger(__name__)

_STARTED = "started talk"
_EPOCH_MS = 1_420_070_400_000
_LOW = (1 << 22) - 1

Starting = discord.TextChannel | Spoken
"""The channels where it may start talk; threads and posts belong to who began them."""


class TalkStarter(Background):
    """Looks at every channel now and then."""

    def __init__(
        self,
        bot: discord.Client,
        ports: Ports,
        delivery: Delivery,
        speaker: Speaker,
        state: StateFile,
        clock: Callable[[], float],
        between: float,
        supervisor: Supervisor,
    ) -> None:
        """Prepare with a pause of `between` seconds after each look."""
        super().__init__(supervisor, "Starting talk")
        self._bot = bot
        self._ports = ports
        self._delivery = delivery
        self._speaker = speaker
        self._state = state
        self._clock = clock
        self._between = between
        self._own: dict[int, int | None] = {}
        """Channels whose last message is its own, with the last one that it knew."""

    async def _run(self) -> None:
        while True:
            present = {
                guild.id: guild
                for guild in self._bot.guilds
                if self._speaker.may_be_in(guild.id)
            }
            for one in await self._ports.guilds.starting_talk(present):
                await self._look_around(present[one])
            await sleep(self._between)

    async def _look_around(self, guild: discord.Guild) -> None:
        for channel in guild.channels:
            if not isinstance(channel, Starting):
                continue
            try:
                await self._look(channel)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.info("Channel %s is looked at later: %s", channel.id, error)

    async def _look(self, channel: Starting) -> None:
        place = place_of(channel)
        if place is None or not may_write(channel):
            return
        config = await self._ports.guilds.settings(place)
        speak = config.speak
        if not speak.starts_talk:
            return
        now = datetime.fromtimestamp(self._clock()).astimezone()
        room = self._room(place, channel.last_message_id, speak)
        start = occasion(room, speak, now)
        if start is None or self._delivery.is_closed(channel.id):
            return
        if self._own.get(channel.id, 0) == channel.last_message_id:
            return
        last = await self._last(channel)
        if last is None or last.author.id == self._speaker.own_id:
            # It does not talk to itself, nor where it cannot read.
            self._own[channel.id] = channel.last_message_id
            return
        room = replace(room, said_at=last.created_at.timestamp())
        if occasion(room, speak, now) is not None:
            await self._start(place, channel, start, config)

    def _room(
        self, place: MessagePlace, last: int | None, speak: SpeakSettings
    ) -> StartPlace:
        started: dict[str, float] = self._state.get(_STARTED, {})
        said = None if last is None else discord.utils.snowflake_time(last).timestamp()
        hushed = not self._speaker.may_start(place, speak)
        number = str(place.channel)
        return StartPlace(number, place.channel_name, said, started.get(number), hushed)

    async def _last(self, channel: Starting) -> discord.Message | None:
        """Return a channel's last message; None if the bot may not read it."""
        try:
            async for message in channel.history(limit=1):
                return message
        except discord.Forbidden as error:
            log.info("The last message of %s cannot be read: %s", channel.id, error)
        return None

    async def _start(
        self, place: MessagePlace, channel: Starting, start: Start, config: Config
    ) -> None:
        started: dict[str, float] = self._state.get(_STARTED, {})
        # What is noted first is not done twice, even by a bot that is killed.
        self._state.put(_STARTED, started | {str(channel.id): start.due})
        moment = int(start.due * 1000) - _EPOCH_MS
        trigger = (moment << 22) | (channel.id & _LOW)
        ask = await self._ports.replies.start_talk(place, trigger, start.occasion)
        if ask is None:
            log.info("No talk is started in %s: nothing is known of it", channel.id)
            return
        log.info("Starting talk in %s: %s", channel.id, start.occasion)
        self._speaker.note_started(place)
        await self._delivery.respond(ask, channel, config)
