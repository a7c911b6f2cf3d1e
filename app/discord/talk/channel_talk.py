"""The talk before a message where nothing is stored: from memory, or fetched once."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Collection

import aiohttp
import discord

from app.chat.rate_limiter import RateLimiter
from app.discord.messages import Writable
from app.discord.permissions import may_see

log = logging.getLogger(__name__)

MOST_MESSAGES = 20
"""The most messages before one that it is answered with."""

MOST_CHANNELS = 50
"""The channels whose fetched messages stay in memory."""

FETCHES_A_MINUTE = 10
FETCH_SECONDS = 1.0
"""The time that a reply waits for Discord's history."""

_FETCH = "fetch"


class ChannelTalk:
    """The latest talk in channels that are not listened to; never stored.

    py-cord remembers what came by itself. What was said before that is fetched from
    Discord, once for each channel and session.
    """

    def __init__(self, bot: discord.Client, clock: Callable[[], float]) -> None:
        self._bot = bot
        self._rates = RateLimiter(clock)
        self._fetched: OrderedDict[int, dict[int, discord.Message]] = OrderedDict()

    async def before(self, message: discord.Message) -> list[discord.Message]:
        """Return the messages before one in its channel, oldest first."""
        channel = message.channel
        said = {
            one.id: one
            for one in self._bot.cached_messages
            if one.channel.id == channel.id and one.id < message.id
        }
        if len(said) < MOST_MESSAGES and isinstance(channel, Writable):
            oldest = min(said, default=message.id)
            said = await self._earlier(channel, oldest) | said
        return [said[key] for key in sorted(said)][-MOST_MESSAGES:]

    def forget(self, messages: Collection[int]) -> None:
        """Drop messages that were deleted."""
        for fetched in self._fetched.values():
            for one in messages:
                fetched.pop(one, None)

    def note_edit(self, message: discord.Message) -> None:
        """Take over an edited message."""
        fetched = self._fetched.get(message.channel.id, {})
        if message.id in fetched:
            fetched[message.id] = message

    async def _earlier(
        self, channel: Writable, before: int
    ) -> dict[int, discord.Message]:
        known = self._fetched.get(channel.id)
        if known is None and self._may_fetch(channel):
            known = await self._fetch(channel, before)
        return known or {}

    def _may_fetch(self, channel: Writable) -> bool:
        """Return whether Discord shows its history, and was not asked too often."""
        if self._rates.count(_FETCH, 60.0) >= FETCHES_A_MINUTE:
            return False
        if isinstance(channel, discord.DMChannel):
            return True
        me = channel.guild.me
        rights = channel.permissions_for(me) if me is not None else None
        return rights is None or (may_see(channel) and rights.read_message_history)

    async def _fetch(
        self, channel: Writable, before: int
    ) -> dict[int, discord.Message] | None:
        self._rates.note(_FETCH)
        history = channel.history(limit=MOST_MESSAGES, before=discord.Object(before))
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                page = await history.flatten()
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("The talk in channel %s cannot be read: %s", channel.id, error)
            return None
        self._fetched[channel.id] = {one.id: one for one in page}
        if len(self._fetched) > MOST_CHANNELS:
            self._fetched.popitem(last=False)
        return self._fetched[channel.id]
