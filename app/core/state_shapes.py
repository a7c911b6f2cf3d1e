"""The shapes of the values in files of small state; what does not fit is not read."""

import math
from collections.abc import Callable, Mapping

Shape = Callable[[object], bool]
"""Tells if a value is of that shape."""

MOST = 1 << 64
LATEST = 1e11
"""Seconds since the epoch; the year 5138."""


def is_whole(value: object) -> bool:
    """Tell a number of Discord, or a count."""
    return type(value) is int and 0 <= value < MOST


def is_time(value: object) -> bool:
    """Tell seconds since the epoch."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 <= value <= LATEST


def is_text(value: object) -> bool:
    """Tell a text."""
    return isinstance(value, str)


def each(inner: Shape) -> Shape:
    """Return the shape of a list of such values."""
    return lambda value: isinstance(value, list) and all(map(inner, value))


def by_id(inner: Shape) -> Shape:
    """Return the shape of an object of such values, by numbers of Discord."""

    def fits(value: object) -> bool:
        return isinstance(value, dict) and all(
            key.isascii() and key.isdigit() and len(key) <= 20 and inner(one)
            for key, one in value.items()
        )

    return fits


def has(parts: Mapping[str, Shape]) -> Shape:
    """Return the shape of an object with these parts, and maybe others."""

    def fits(value: object) -> bool:
        return isinstance(value, dict) and all(
            name in value and inner(value[name]) for name, inner in parts.items()
        )

    return fits


def _is_pair(value: object) -> bool:
    return each(is_whole)(value) and isinstance(value, list) and len(value) == 2


def _is_reached(value: object) -> bool:
    return value == "done" or is_whole(value)


DISCORD: Mapping[str, Shape] = {
    "behind": by_id(is_whole),
    "direct": by_id(is_whole),
    "quiet": by_id(is_time),
    "started talk": by_id(is_time),
    "identifies": each(is_time),
    "comparing": by_id(_is_pair),
    "trainings": by_id(
        has(
            {
                "channels": by_id(_is_reached),
                "skipped": each(is_text),
                "read": is_whole,
                "new": is_whole,
                "report": lambda value: value is None or _is_pair(value),
            }
        )
    ),
}
"""The state of the connection to Discord."""


def is_crash(value: object) -> bool:
    """Tell what is known of a model that crashed, there or on a graphics card."""
    return is_text(value) or has({"times": each(is_time), "reason": is_text})(value)
