"""Tells a proxied line from other messages: its original goes a moment later.

PluralKit and Tupperbox post a person's message again by a webhook, under another name
and without the marks around it, and delete the original. Discord tells of both in any
order.
"""

import asyncio
from collections import deque
from collections.abc import Callable

import discord

from app.discord.messages import is_by_webhook

REMEMBERED = 500
"""The number of latest messages among which a proxied line's original is sought."""

COPIED_SECONDS = 10.0
"""The most time between an original and its copy, or its deletion."""

MOST_MARKS = 200
"""The most characters that a proxy leaves out; its marks have up to 100 each side."""


class ProxiedOriginal:
    """A person's message that a proxy may post again."""

    def __init__(self, message: discord.Message) -> None:
        self.message = message
        self.copy: int | None = None
        self.is_gone = asyncio.Event()
        """Set when it was deleted."""
        self.is_settled = asyncio.Event()
        """Set when the copy stands in its place, or never will."""


class Proxies:
    """The latest messages, with the proxied lines that repeat them."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        """Prepare.

        Args:
            seconds: The time to wait for the copy, or for the deletion.
        """
        self._clock = clock
        self._seconds = seconds
        self._latest = deque[ProxiedOriginal](maxlen=REMEMBERED)

    def note(self, message: discord.Message) -> None:
        """Remember what a person wrote."""
        if message.guild is not None and not message.author.bot:
            self._latest.append(ProxiedOriginal(message))

    def original_of(self, copy: discord.Message) -> ProxiedOriginal | None:
        """Return what a webhook's message repeats, for the first copy of each."""
        if not is_by_webhook(copy):
            return None
        for one in reversed(self._latest):
            if one.copy is None and _repeats(copy, one.message):
                one.copy = copy.id
                return one
        return None

    def gone(self, message: int) -> ProxiedOriginal | None:
        """Note a deletion; return the original if a proxy may have deleted it."""
        found = (one for one in self._latest if one.message.id == message)
        original = next(found, None)
        if original is None:
            return None
        original.is_gone.set()
        age = self._clock() - original.message.created_at.timestamp()
        return original if age < COPIED_SECONDS else None

    async def goes(self, original: ProxiedOriginal) -> bool:
        """Wait until the original is deleted; False if it stays."""
        is_gone = await self._within(original.is_gone)
        if not is_gone:
            original.is_settled.set()
        return is_gone

    async def settle(self, original: ProxiedOriginal) -> None:
        """Wait until a deleted original's copy stands in its place, if one comes."""
        await self._within(original.is_settled)

    async def _within(self, event: asyncio.Event) -> bool:
        try:
            await asyncio.wait_for(event.wait(), self._seconds)
        except TimeoutError:
            return False
        return True


def _repeats(copy: discord.Message, original: discord.Message) -> bool:
    """Return whether one message says what another said a moment before."""
    if copy.channel.id != original.channel.id:
        return False
    passed = copy.created_at - original.created_at
    if not 0 <= passed.total_seconds() <= COPIED_SECONDS:
        return False
    said, before = copy.content.strip(), original.content.strip()
    if not said:
        names = [file.filename for file in copy.attachments]
        return bool(names) and names == [one.filename for one in original.attachments]
    return said in before and len(before) - len(said) <= MOST_MARKS
