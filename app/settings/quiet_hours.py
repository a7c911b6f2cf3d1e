"""Local hours of silence, written as `23-7` or `23:30-07:00`."""

import re

from app.core.errors import ConfigError

_TIME = r"\s*(\d{1,2})(?:[:.](\d{2}))?\s*"
_SPAN = re.compile(rf"\A{_TIME}[-–]{_TIME}")


def parse(text: str) -> tuple[int, int] | None:
    """First and last minute of the day, the last one excluded; None for no silence.

    Raises:
        ConfigError: If the text is not a span of hours.
    """
    if not text.strip():
        return None
    found = _SPAN.fullmatch(text)
    if found:
        start, end = _minute(found[1], found[2]), _minute(found[3], found[4])
        if start is not None and end is not None and start % 1440 != end:
            return start % 1440, end
    raise ConfigError(
        f"{text!r} is not a span of hours.", "Write it like 23-7 or 23:30-07:00."
    )


def _minute(hour: str, minute: str | None) -> int | None:
    """The minute of the day, up to 24:00; None when no clock shows it."""
    if int(hour) > 24 or int(minute or 0) > 59:
        return None
    total = int(hour) * 60 + int(minute or 0)
    return total if total <= 1440 else None


def is_quiet(minute: int, hours: str) -> bool:
    """Tell if a minute of the day, 0-1439, lies in the hours of silence.

    Raises:
        ConfigError: If `hours` is not a span of hours.
    """
    span = parse(hours)
    if span is None:
        return False
    start, end = span
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end
