"""Lengths of time that several parts count in, and as people write them."""

import re
from datetime import UTC, date, datetime

from app.core.errors import UsageError

HOUR_MS = 3_600_000
DAY_SECONDS = 86_400
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> float | None:
    """Parse seconds from `90`, `20m`, `8h` or `1d`; bare numbers are minutes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*+([a-z]*)", text.casefold().strip())
    if not match or (match[2] and match[2] not in _UNITS):
        return None
    return float(match[1]) * _UNITS.get(match[2], 60)


def parse_silence(text: str) -> float | None:
    """Parse the seconds of a silence; `off` means none."""
    return 0.0 if text.strip().casefold() == "off" else parse_duration(text)


def start_of(day: str) -> int:
    """Return a day's first moment in UTC, in milliseconds.

    Raises:
        UsageError: If it is no day.
    """
    try:
        found = date.fromisoformat(day.strip())
    except ValueError:
        raise UsageError(
            f"{day!r} is not a day.", "Write year, month and day, as in 2021-06-30."
        ) from None
    return (
        int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp()) * 1000
    )


def day_of(ms: int) -> str:
    """Return the day of a moment in UTC, given in milliseconds."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"
