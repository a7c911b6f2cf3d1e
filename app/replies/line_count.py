"""Learns whether a guild writes one line or several short ones in a row."""

from collections.abc import Callable
from functools import partial
from random import Random

from app.replies.habit import Habit
from app.store import messages
from app.store.database import Database

WITHIN_MS = 20_000
"""The time within which two messages of an author count as one thing said."""

follow_ups = partial(messages.bursts, within_ms=WITHIN_MS)
"""Counts the messages that their author followed up within seconds."""


class Bursts:
    """Draws the number of lines of a reply."""

    def __init__(
        self, database: Database, rng: Random, clock: Callable[[], float]
    ) -> None:
        self._rng = rng
        self._habit = Habit(database, clock, follow_ups)

    async def lines(self, guild: int, most: int) -> int:
        """Return as many lines as people of the guild write in a row, up to `most`."""
        if most <= 1:
            return 1
        share = await self._habit.share(guild)
        lines = 1
        while lines < most and self._rng.random() < share:
            lines += 1
        return lines
