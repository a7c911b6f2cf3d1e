"""The words of settings for where and when a bot may speak."""

import re
from collections.abc import Sequence

from app.core.errors import ConfigError

NOWHERE = "none"
"""The only entry of a list that allows no channel; an empty one allows all."""

_TIME = r"\s*(\d{1,2})(?:[:.](\d{2}))?\s*"
_SPAN = re.compile(rf"\A{_TIME}[-–]{_TIME}")


def is_listed(servers: Sequence[str], guild: str | int | None) -> bool:
    """Return whether a server (Discord's id) is on the owner's list, `bot.servers`.

    An empty list means every server; one that is not on Discord is the owner's own.
    """
    return not servers or guild is None or str(guild) in servers


def may_speak_in(channels: Sequence[str], *names: str) -> bool:
    """Tell if `speak.channels` allows a channel of these names or ids."""
    if list(channels) == [NOWHERE]:
        return False
    return not channels or not set(names).isdisjoint(channels)


def quiet_span(text: str) -> tuple[int, int] | None:
    """Return the first minute of the day that is quiet, and the first after them.

    None for no silence. The text is written as `23-7` or `23:30-07:00`.

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
    span = quiet_span(hours)
    if span is None:
        return False
    start, end = span
    if start < end:
        return start <= minute < end
    return minute >= start or minute < end
