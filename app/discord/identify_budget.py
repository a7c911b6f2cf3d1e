"""Limits new sessions with Discord."""

from collections.abc import Callable

from app.core.state_file import StateFile
from app.core.time_units import DAY_SECONDS


class IdentifyBudget:
    """The number of new sessions left, counted across restarts.

    Discord resets the bot token after 1,000 in a day, so a crash loop must never come
    near that.
    """

    WINDOWS = ((600.0, 5), (DAY_SECONDS, 100))
    """Seconds, and the most starts within them; each shard identifies at a start."""

    MOST = 800
    """The most identifies within them, however many shards there are."""

    def __init__(self, state: StateFile, clock: Callable[[], float]) -> None:
        self._state = state
        self._clock = clock

    def wait_seconds(self, shards: int = 1, share: float = 1.0) -> float:
        """Return the seconds until the next identify is allowed; 0 means now.

        Args:
            share: The part of the bot's shards that these are; other processes count
                theirs.
        """
        now = self._clock()
        times = self._recent(now)
        waits = [0.0]
        for window, starts in self.WINDOWS:
            # Two starts of a very large bot must be possible.
            most = max(min(starts * shards, int(self.MOST * share)), 2 * shards)
            inside = [then for then in times if now - then < window]
            if len(inside) >= most:
                waits.append(inside[-most] + window - now)
        return max(waits)

    def spend(self) -> None:
        """Count one identify."""
        now = self._clock()
        self._state.put("identifies", [*self._recent(now), now])

    def _recent(self, now: float) -> list[float]:
        times = self._state.get("identifies", [])
        return [then for then in times if 0 <= now - then < DAY_SECONDS]
