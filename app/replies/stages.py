"""The time that each stage of a reply takes."""

from app.chat.circuit_breaker import Clock


class Stages:
    """Records the duration of each stage."""

    def __init__(self, clock: Clock, arrived: float | None) -> None:
        """`clock` is in seconds, and so is `arrived`, the message's arrival by it."""
        self.timings: dict[str, float] = {}
        """Milliseconds by stage."""
        self._clock = clock
        self._start = clock() if arrived is None else arrived
        self._last = self._start
        self._waited = self.total
        if self._waited >= 1:
            self.end("waiting")

    @property
    def worked(self) -> float:
        """Return the milliseconds since the work began."""
        return self.total - self._waited

    @property
    def total(self) -> float:
        """Return the milliseconds since the message arrived."""
        return (self._clock() - self._start) * 1000

    def end(self, name: str) -> None:
        """Note how long a stage took that began when the last one ended."""
        now = self._clock()
        self.timings[name] = (now - self._last) * 1000
        self._last = now
