"""Learns whether a guild writes one line or several short ones in a row."""

from collections.abc import Callable
from random import Random

from app.store import messages
from app.store.database import Database

WITHIN_MS = 20_000
"""The time within which two messages of an author count as one thing said."""

LOOKED_AT = 2_000
"""The number of newest messages that show the guild's present habit."""

LEAST = 100
"""The fewest messages that show a habit."""

KEPT_SECONDS = 3600.0


class Bursts:
    """Draws the number of lines of a reply."""

    def __init__(
        self, database: Database, rng: Random, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._rng = rng
        self._clock = clock
        self._shares: dict[int, tuple[float, float]] = {}

    async def lines(self, guild: int, most: int) -> int:
        """Return as many lines as people of the guild write in a row, up to `most`."""
        if most <= 1:
            return 1
        share = await self.share(guild)
        lines = 1
        while lines < most and self._rng.random() < share:
            lines += 1
        return lines

    async def share(self, guild: int) -> float:
        """Return the share of messages that their author followed up within seconds."""
        known = self._shares.get(guild)
        if known is None or self._clock() - known[0] > KEPT_SECONDS:
            followed, all_of_them = await self._database.run(
                messages.bursts, guild, LOOKED_AT, WITHIN_MS
            )
            share = followed / all_of_them if all_of_them >= LEAST else 0.0
            known = self._shares[guild] = (self._clock(), share)
        return known[1]
