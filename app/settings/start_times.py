"""Times at which the bot starts talk, written as `09:00 weekdays in #general`."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.errors import ConfigError

GRACE = timedelta(minutes=15)
"""The time for which a start that was missed can still be made."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SETS = {
    "daily": range(7),
    "weekdays": range(5),
    "weekends": range(5, 7),
}
_START = re.compile(
    r"(\d{1,2})[:.](\d{2})\s+(?:([a-z][a-z ]*?)\s+)?in\s+(?:<#(\d+)>|#?(\S.*))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class StartTime:
    """A time of day, the days of the week from Monday as 0, and a channel."""

    minute: int
    days: frozenset[int]
    channel: str
    """Its name or Discord id."""

    def due(self, now: datetime) -> datetime | None:
        """Return the time that has just come, or None; `now` has a time zone."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        due = midnight.replace(hour=self.minute // 60, minute=self.minute % 60)
        is_now = due <= now < due + GRACE
        return due if is_now and due.weekday() in self.days else None


def parse(text: str) -> StartTime:
    """Return the start that a text describes.

    Raises:
        ConfigError: If it describes none.
    """
    found = _START.fullmatch(text.strip())
    days = _days(found[3] or "daily") if found else frozenset[int]()
    if found and days and int(found[1]) < 24 and int(found[2]) < 60:
        minute = int(found[1]) * 60 + int(found[2])
        return StartTime(minute, days, found[4] or found[5].strip())
    raise ConfigError(
        f"{text!r} is not a time to start talk.",
        "Write it like 09:00 weekdays in #general, or 18:30 mon wed in #general.",
    )


def _days(text: str) -> frozenset[int]:
    """Return the days of the week, or none if a word is not one."""
    found = set[int]()
    for word in text.lower().replace(" and ", " ").split():
        if word in _SETS:
            found.update(_SETS[word])
        elif word[:3] in DAYS and f"{word}day".startswith(word[:3]):
            found.add(DAYS.index(word[:3]))
        else:
            return frozenset()
    return frozenset(found)
