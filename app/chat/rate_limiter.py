"""Counts of what happened lately, for cooldowns and limits."""

from collections import OrderedDict, deque

from app.chat.circuit_breaker import Clock


class RateLimiter:
    """Times of recent events, for cooldowns and rates per minute; bounded."""

    def __init__(self, clock: Clock, max_keys: int = 10_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, key: str) -> float:
        """Note an event now; return its time."""
        times = self._times.setdefault(key, deque(maxlen=1000))
        self._times.move_to_end(key)
        now = self._clock()
        times.append(now)
        if len(self._times) > self._max_keys:
            self._times.popitem(last=False)
        return now

    def take_back(self, key: str, time: float) -> None:
        """Forget an event, which did not come about after all."""
        times = self._times.get(key)
        if times and time in times:
            times.remove(time)

    def seconds_since(self, key: str) -> float | None:
        """Return the seconds since the last event, or None if there was none."""
        times = self._times.get(key)
        return self._clock() - times[-1] if times else None

    def count(self, key: str, seconds: float) -> int:
        """Count the events within the last `seconds`."""
        since = self._clock() - seconds
        return sum(1 for time in self._times.get(key, ()) if time > since)
