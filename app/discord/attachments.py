"""Files of learned messages, fetched again from Discord and re-posted."""

import io
import logging
from collections.abc import Callable, Sequence

import aiohttp
import discord

from app.discord.messages import Talk, place_of

log = logging.getLogger(__name__)

MAX_BYTES = 10 << 20
"""Discord's limit for a bot in a server without boosts."""


async def source_files(
    bot: discord.Client, sources: Sequence[tuple[int, int]], here: object
) -> list[Callable[[], discord.File]]:
    """Return the first available file of those (channel, message) sources.

    The message is fetched again: its file's old address has expired, and a file of a
    deleted message must not come back. Nor may a file leave the readers of its
    channel for those of another one, `here`.
    """
    for channel_id, message_id in sources:
        channel = bot.get_channel(channel_id)
        if not isinstance(channel, Talk):
            continue
        source, shown = place_of(channel), place_of(here)
        if not source or not shown or not shown.audience.may_hear(source.audience):
            continue
        try:
            message = await channel.fetch_message(message_id)
            for attachment in message.attachments:
                if attachment.size <= MAX_BYTES:
                    data = await attachment.read()
                    return [_maker(data, attachment.filename)]
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.info("A source's file is unavailable: %s", error)
    return []


def _maker(data: bytes, name: str) -> Callable[[], discord.File]:
    """Recreates the file for every try, because sending one closes it."""
    return lambda: discord.File(io.BytesIO(data), name)
