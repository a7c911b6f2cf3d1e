"""A host's limits: rate-limit headers, and how long to stay away."""

import re
from collections.abc import Callable, Mapping

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(?<!\d)(\d++(?:\.\d++)?)(ms|s|m|h|d)")


def seconds_of(text: str | None) -> float | None:
    """Convert a span such as `6m0s`, `20ms` or `1.5` to seconds; None if invalid."""
    text = (text or "").strip().lower()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the host asks to wait; None if it does not say."""
    milliseconds = headers.get("retry-after-ms", "")
    if re.fullmatch(r"\d+(\.\d+)?", milliseconds):
        return float(milliseconds) / 1000
    return seconds_of(headers.get("retry-after"))


class Throttle:
    """Remembers the rest of a host's limits, so that it need not answer 429."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._left: dict[str, tuple[int, float]] = {}
        """The remaining requests and tokens, with the time of their renewal."""
        self._blocked_until = 0.0

    def note(self, headers: Mapping[str, str]) -> None:
        """Read the headers of an answer."""
        for kind in ("requests", "tokens"):
            left = headers.get(f"x-ratelimit-remaining-{kind}", "")
            reset = seconds_of(headers.get(f"x-ratelimit-reset-{kind}"))
            if left.isdigit() and reset is not None:
                self._left[kind] = (int(left), self._clock() + reset)

    def block(self, seconds: float) -> None:
        """Stay away for a while."""
        self._blocked_until = max(self._blocked_until, self._clock() + seconds)

    def wait(self, tokens: int) -> float:
        """Return the seconds until a request of that many tokens fits; 0 is now."""
        now = self._clock()
        waits = [self._blocked_until - now]
        for kind, need in (("requests", 1), ("tokens", tokens)):
            left, reset = self._left.get(kind, (need, now))
            if left < need:
                waits.append(reset - now)
        return max(0.0, *waits)

    def spend(self, tokens: int) -> None:
        """Count an outgoing request before its answer tells what is left."""
        for kind, need in (("requests", 1), ("tokens", tokens)):
            if kind in self._left:
                left, reset = self._left[kind]
                self._left[kind] = (max(0, left - need), reset)
