"""Days as people write them."""

from datetime import UTC, date, datetime

from app.core.errors import UsageError


def start_of(day: str) -> int:
    """Return a day's first moment in UTC, in milliseconds.

    Raises:
        UsageError: If it is no day.
    """
    try:
        found = date.fromisoformat(day.strip())
    except ValueError:
        raise UsageError(
            f"{day!r} is no day.", "Write year, month and day, as in 2021-06-30."
        ) from None
    return (
        int(datetime(found.year, found.month, found.day, tzinfo=UTC).timestamp()) * 1000
    )


def day_of(ms: int) -> str:
    """Return the day of a moment in UTC, given in milliseconds."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d}"
