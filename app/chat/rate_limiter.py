"""Counts of what happened lately, for cooldowns and limits."""

from collections import OrderedDict, deque

from app.chat.circuit_breaker import Clock


class RateLimiter:
    """When things last happened, for cooldowns and counts a minute; bounded."""

    def __init__(self, clock: Clock, max_keys: int = 10_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, key: str) -> None:
        """It happened now."""
        times = self._times.setdefault(key, deque(maxlen=1000))
        self._times.move_to_end(key)
        times.append(self._clock())
        if len(self._times) > self._max_keys:
            self._times.popitem(last=False)

    def seconds_since(self, key: str) -> float | None:
        """Since the last time, or None when it never happened."""
        times = self._times.get(key)
        return self._clock() - times[-1] if times else None

    def count(self, key: str, seconds: float) -> int:
        """How often it happened within the last `seconds`."""
        since = self._clock() - seconds
        return sum(1 for time in self._times.get(key, ()) if time > since)
