"""Finds what of a begun reply is on Discord already, however long ago it was sent."""

from collections.abc import Callable, Sequence

import discord

from app.discord.messages import Writable
from app.discord.safe_sender import as_sent

LOOKED_AT = 100
"""The messages after a call among which its answer is sought."""


async def sent_before(
    channel: Writable,
    is_own: Callable[[discord.Message], bool],
    trigger: int,
    parts: Sequence[str],
) -> list[int]:
    """Return the messages that say a reply as a whole; none if that is not there.

    A voice message says all of it.

    Discord knows a nonce again for some minutes only.

    Args:
        is_own: Tells if a message is by the one who replied.
    """
    wanted = " ".join(as_sent(part, channel) for part in parts).split()
    if not wanted:
        return []
    said, ids = list[str](), list[int]()
    after = discord.Object(trigger)
    async for one in channel.history(limit=LOOKED_AT, after=after, oldest_first=True):
        if not is_own(one):
            continue
        to = one.reference.message_id if one.reference else None
        if one.flags.is_voice_message and to == trigger:
            return [one.id]
        words = said + one.content.split()
        if to not in (None, trigger) or words != wanted[: len(words)]:
            continue
        said, ids = words, [*ids, one.id]
        if said == wanted:
            return ids
    return []


def is_by(account: int) -> Callable[[discord.Message], bool]:
    """Return whether an account wrote a message, as a check."""
    return lambda message: message.author.id == account
