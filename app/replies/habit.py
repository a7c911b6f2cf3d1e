"""The share of a guild's newest messages that show a habit of its people."""

from collections.abc import Callable

from app.store.database import Database

LOOKED_AT = 2_000
"""The number of newest messages that show the guild's present habit."""

LEAST = 100
"""The fewest messages that show a habit."""

KEPT_SECONDS = 3600.0

Count = Callable[[int, int], tuple[int, int]]
"""Counts among so many of a guild's (row) newest messages: those that show the habit,
and all that might. It runs in the database's thread."""


class Habit:
    """The share of messages that show a habit, counted once an hour for each guild."""

    def __init__(
        self, database: Database, clock: Callable[[], float], count: Count
    ) -> None:
        """`clock` is in seconds."""
        self._database = database
        self._clock = clock
        self._count = count
        self._shares: dict[int, tuple[float, float]] = {}

    async def share(self, guild: int) -> float:
        """Return the share, in 0..1; 0 where too little was said."""
        known = self._shares.get(guild)
        if known is None or self._clock() - known[0] > KEPT_SECONDS:
            shown, looked_at = await self._database.run(self._count, guild, LOOKED_AT)
            share = shown / looked_at if looked_at >= LEAST else 0.0
            known = self._shares[guild] = (self._clock(), share)
        return known[1]
