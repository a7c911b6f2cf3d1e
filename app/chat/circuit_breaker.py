"""Keeps a provider that fails from being asked, and tries it again later."""

from collections.abc import Callable

Clock = Callable[[], float]
"""A monotonic clock, in seconds."""


class CircuitBreaker:
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
