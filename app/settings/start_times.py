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
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})")
_CHANNEL = re.compile(r"<#(\d+)>|#?(.+)")


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
    head, _, place = " ".join(text.split()).partition(" in ")
    clock, _, days = head.partition(" ")
    time, channel = _TIME.fullmatch(clock), _CHANNEL.fullmatch(place)
    found = _days(days or "daily")
    if time and channel and found and int(time[1]) < 24 and int(time[2]) < 60:
        minute = int(time[1]) * 60 + int(time[2])
        return StartTime(minute, found, channel[1] or channel[2])
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
