"""Lengths of time that several parts count in."""

HOUR_MS = 3_600_000
DAY_SECONDS = 86_400
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
