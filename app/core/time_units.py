"""Lengths of time that several parts count in, and as people write them."""

import re

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
