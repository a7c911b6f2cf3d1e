"""Small state that should survive a restart but may be lost, in one file."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from app.core.files import write_text

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


class StateFile:
    """A JSON object on disk, rewritten as a whole on every change."""

    def __init__(
        self,
        path: Path,
        shapes: Mapping[str, Shape] | None = None,
        shape: Shape = lambda value: True,
    ) -> None:
        """Read the file.

        Args:
            shapes: The shapes of values by name; a value of another one is not read.
            shape: That of all other values.
        """
        self._path = path
        self._shapes = shapes or {}
        self._shape = shape
        self._values = self._read()

    def _read(self) -> dict[str, Any]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError, RecursionError):
            # All of this can be found out again, so a broken file does no harm.
            return {}
        if not isinstance(values, dict):
            return {}
        return {
            name: value
            for name, value in values.items()
            if self._shapes.get(name, self._shape)(value)
        }

    def get(self, name: str, default: Any = None) -> Any:
        return self._values.get(name, default)

    def put(self, name: str, value: object) -> None:
        """Store a value; `None` removes it."""
        if value is None:
            self._values.pop(name, None)
        else:
            self._values[name] = value
        self._write()

    def clear(self) -> None:
        """Remove every value."""
        if self._values:
            self._values.clear()
            self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(self._values))
