"""Limits on asking a provider: circuit breaker, rates and a fair queue."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Clock = Callable[[], float]
"""A monotonic clock, in seconds."""


class Breaker:
    """Blocks a failing provider, and lets single probes through after a pause.

    It opens after `threshold` failures in a row, for `first_pause` seconds, then lets
    one request through: success closes it, failure doubles the pause.
    """

    def __init__(
        self,
        clock: Clock,
        threshold: int = 3,
        first_pause: float = 5.0,
        longest_pause: float = 300.0,
    ) -> None:
        self._clock = clock
        self._threshold = threshold
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._failures = 0
        self._pause = first_pause
        self._open_until: float | None = None
        self._probe_until = 0.0

    def refuses(self) -> str | None:
        """Return why the provider must not be asked now, or None."""
        if self._open_until is None:
            return None
        left = self._open_until - self._clock()
        if left > 0:
            return (
                f"it failed {self._failures} times; it is tried again in {left:.0f} s"
            )
        if self._clock() < self._probe_until:
            return "one request is testing it"
        return None

    def enter(self) -> None:
        """Note an outgoing request, the only one while the breaker is half open."""
        if self._open_until is not None:
            self._probe_until = self._clock() + 10.0

    def succeeded(self) -> None:
        """Close the breaker."""
        self._failures = 0
        self._pause = self._first_pause
        self._open_until = None
        self._probe_until = 0.0

    def failed(self) -> None:
        """Count a failure, and open the breaker after too many."""
        self._failures += 1
        self._probe_until = 0.0
        if self._open_until is not None:
            self._pause = min(self._pause * 2, self._longest_pause)
        if self._open_until is not None or self._failures >= self._threshold:
            self._open_until = self._clock() + self._pause

    def released(self) -> None:
        """Note that a request ended, with a result or by being cancelled."""
        self._probe_until = 0.0


class Rates:
    """Times of recent events, for cooldowns and rates per minute; bounded."""

    def __init__(self, clock: Clock, max_keys: int = 10_000) -> None:
        self._clock = clock
        self._max_keys = max_keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, key: str) -> None:
        """Note an event now."""
        times = self._times.setdefault(key, deque(maxlen=1000))
        self._times.move_to_end(key)
        times.append(self._clock())
        if len(self._times) > self._max_keys:
            self._times.popitem(last=False)

    def seconds_since(self, key: str) -> float | None:
        """Return the seconds since the last event, or None if there was none."""
        times = self._times.get(key)
        return self._clock() - times[-1] if times else None

    def count(self, key: str, seconds: float) -> int:
        """Count the events within the last `seconds`."""
        since = self._clock() - seconds
        return sum(1 for time in self._times.get(key, ()) if time > since)


class QueueFullError(Exception):
    """Too many requests are waiting."""


class FairQueue:
    """Runs up to `width` pieces of work at once; guilds take turns."""

    def __init__(self, width: int, max_waiting: int = 64) -> None:
        self._free = width
        self._max_waiting = max_waiting
        self._lines: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def place(self, guild: int) -> AsyncIterator[None]:
        """Wait for a place.

        Raises:
            QueueFullError: If too many wait, in total or from this guild.
        """
        if self._free > 0 and not self._lines:
            self._free -= 1
        else:
            await self._wait(guild)
        try:
            yield
        finally:
            self._free += 1
            self._wake()

    async def _wait(self, guild: int) -> None:
        line = self._lines.get(guild, deque())
        share = max(4, self._max_waiting // (len(self._lines) + 1))
        if self.waiting >= self._max_waiting or len(line) >= share:
            raise QueueFullError(f"{self.waiting} requests are already waiting")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(guild, line).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._free += 1
            else:
                self._drop(guild, future)
            self._wake()
            raise

    def _drop(self, guild: int, future: asyncio.Future[None]) -> None:
        line = self._lines.get(guild)
        if line and future in line:
            line.remove(future)
            if not line:
                del self._lines[guild]

    def _wake(self) -> None:
        while self._free > 0 and self._lines:
            guild, line = self._lines.popitem(last=False)
            future = line.popleft()
            if line:
                self._lines[guild] = line
            if not future.done():
                self._free -= 1
                future.set_result(None)
