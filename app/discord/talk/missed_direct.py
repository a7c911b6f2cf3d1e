"""Answers direct messages that were written while the bot was away."""

import logging

import aiohttp
import discord

from app.core.state_file import StateFile
from app.discord.talk.direct_talk import DirectTalk

log = logging.getLogger(__name__)

_CHANNELS = "direct"
MOST_CHANNELS = 50
MOST_MESSAGES = 20
"""The messages of a person that are looked at; the newest count."""


class MissedDirect:
    """The channels of direct messages, and how far they are answered.

    Discord tells a bot of no such channel at the start of a session, so those of people
    who are answered are remembered by their ids.
    """

    def __init__(
        self, bot: discord.Client, direct: DirectTalk, state: StateFile
    ) -> None:
        self._bot = bot
        self._direct = direct
        self._state = state

    async def hear(self, message: discord.Message) -> None:
        """Answer a new direct message, and note that."""
        if self._direct.refusal(message.author):
            await self._direct.consider(message)
            return
        channel = message.channel.id
        if str(channel) not in self._state.get(_CHANNELS, {}):
            self._note(channel, message.id - 1)
        await self._direct.consider(message)
        self._note(channel, message.id)

    def _note(self, channel: int, last: int) -> None:
        known: dict[str, int] = dict(self._state.get(_CHANNELS, {}))
        known[str(channel)] = max(known.pop(str(channel), 0), last)
        latest = list(known.items())[-MOST_CHANNELS:]
        self._state.put(_CHANNELS, dict(latest))

    async def catch_up(self) -> bool:
        """Answer what was missed; return False if another try may answer some more."""
        is_over = True
        for key, last in list(self._state.get(_CHANNELS, {}).items()):
            try:
                await self._read(int(key), last)
            except (discord.NotFound, discord.Forbidden, discord.InvalidData) as error:
                log.info("Direct messages cannot be read: %s", error)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("Reading direct messages stopped: %s", error)
                is_over = False
        return is_over

    async def _read(self, number: int, last: int) -> None:
        channel = await self._bot.fetch_channel(number)
        if not isinstance(channel, discord.DMChannel):
            return
        history = channel.history(limit=MOST_MESSAGES)
        for message in reversed(await history.flatten()):
            if message.id > last and not self._direct.refusal(message.author):
                await self._direct.consider(message)
                self._note(number, message.id)
