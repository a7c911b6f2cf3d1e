"""The log lines of this session, bounded, with a filter."""

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.tui.event_buffer import MAX_LOGS

if TYPE_CHECKING:
    from app.ipc.control import Log

LEVELS = ("debug", "info", "warning", "error")


class Logbook:
    """The newest log lines."""

    def __init__(self, max_lines: int = MAX_LOGS) -> None:
        self._lines: deque[Log] = deque(maxlen=max_lines)

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, lines: "Iterable[Log]") -> None:
        """Append lines, dropping the oldest ones when full."""
        self._lines.extend(lines)

    def matching(self, level: str = "debug", text: str = "") -> "list[Log]":
        """Return lines of at least this level that contain the text in any case."""
        wanted = text.lower()
        return [line for line in self._lines if matches(line, level, wanted)]


def rank(level: str) -> int:
    """Rank a level; unknown ones count as errors, so nothing is hidden."""
    name = level.lower().replace("critical", "error")
    return LEVELS.index(name) if name in LEVELS else len(LEVELS)


def matches(line: "Log", level: str, lowered: str) -> bool:
    """Return whether a line passes the filter; `lowered` is in lower case."""
    if rank(line.level) < rank(level):
        return False
    return lowered in line.text.lower() or lowered in line.source.lower()
