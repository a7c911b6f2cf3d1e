"""Keeps a provider that fails from being asked, and tries it again later."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds of a clock that never goes back."""


class CircuitBreaker:
    """Keeps off a provider that fails, and lets single probes through after a while.

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
        """Why it is not to be asked now, or None."""
        if self._open_until is None:
            return None
        left = self._open_until - self._clock()
        if left > 0:
            return f"it failed {self._failures} times; asked again in {left:.0f} s"
        if self._clock() < self._probe_until:
            return "one request is trying whether it is back"
        return None

    def enter(self) -> None:
        """A request goes out; while the breaker is half open it is the only one."""
        if self._open_until is not None:
            self._probe_until = self._clock() + 10.0

    def succeeded(self) -> None:
        """Close: all is well."""
        self._failures = 0
        self._pause = self._first_pause
        self._open_until = None
        self._probe_until = 0.0

    def failed(self) -> None:
        """Count a failure, and open when there were too many."""
        self._failures += 1
        self._probe_until = 0.0
        if self._open_until is not None:
            self._pause = min(self._pause * 2, self._longest_pause)
        if self._open_until is not None or self._failures >= self._threshold:
            self._open_until = self._clock() + self._pause

    def released(self) -> None:
        """A request ended, whether it told anything or was only cancelled."""
        self._probe_until = 0.0
