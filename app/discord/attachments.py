"""Files that came with learned messages, fetched anew from Discord and re-posted."""

import io
import logging
from collections.abc import Callable, Sequence

import aiohttp
import discord

from app.discord.messages import Talk

log = logging.getLogger(__name__)

MAX_BYTES = 10 << 20
"""What Discord takes from a bot in a server without boosts."""


async def source_files(
    bot: discord.Client, sources: Sequence[tuple[int, int]], here: object
) -> list[Callable[[], discord.File]]:
    """The first file that can still be had of those (channel, message) sources.

    The message is asked for again: its file's old address has expired, and a file
    whose message was deleted must not come back. Nor must one come out of a channel
    that not everybody can see into another, which is `here`.
    """
    for channel_id, message_id in sources:
        channel = bot.get_channel(channel_id)
        if not isinstance(channel, Talk):
            continue
        everyone = channel.permissions_for(channel.guild.default_role)
        if channel != here and not everyone.view_channel:
            continue
        try:
            message = await channel.fetch_message(message_id)
            for attachment in message.attachments:
                if attachment.size <= MAX_BYTES:
                    data = await attachment.read()
                    return [_maker(data, attachment.filename)]
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("A source's file cannot be had: %s", error)
    return []


def _maker(data: bytes, name: str) -> Callable[[], discord.File]:
    """Makes the file anew for every try, because sending one closes it."""
    return lambda: discord.File(io.BytesIO(data), name)
