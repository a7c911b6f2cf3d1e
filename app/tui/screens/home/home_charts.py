"""The data for Home's charts, from the database."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.core.time_units import DAY_MS, HOUR_MS
from app.tui import format
from app.tui.database_reader import DatabaseReader

if TYPE_CHECKING:
    from app.store.overview import Bucket

HOURS = 24
DAYS = 31


@dataclass(frozen=True)
class Trends:
    """Replies by hour, times by provider and hour, cost by day; oldest first."""

    replies: list[float]
    milliseconds: dict[str, list[float]]
    cost: list[float]
    day_span: tuple[str, str]
    month_span: tuple[str, str]


def reply_time(milliseconds: float) -> str:
    """Format milliseconds for people."""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    return format.seconds(milliseconds / 1000)


async def load(shelf: DatabaseReader, now: float) -> Trends:
    """Load all series up to `now` (seconds since the epoch)."""
    hour = int(now * 1000) // HOUR_MS * HOUR_MS
    first_hour = hour - (HOURS - 1) * HOUR_MS
    day = int(now * 1000) // DAY_MS * DAY_MS
    first_day = day - (DAYS - 1) * DAY_MS
    hours = await shelf.replies_over_time(first_hour, HOUR_MS)
    days = await shelf.replies_over_time(first_day, DAY_MS)
    return Trends(
        replies=spread(hours, first_hour, HOUR_MS, HOURS, "replies"),
        milliseconds={
            provider: spread(
                [row for row in hours if row.provider == provider],
                first_hour,
                HOUR_MS,
                HOURS,
                "milliseconds",
            )
            for provider in sorted({row.provider for row in hours})
        },
        cost=spread(days, first_day, DAY_MS, DAYS, "cost"),
        day_span=(format.clock(first_hour / 1000), "now"),
        month_span=(format.day(first_day / 1000), "today"),
    )


def spread(
    buckets: "list[Bucket]", first: int, step: int, steps: int, name: str
) -> list[float]:
    """Return one value per step, 0 where there is none."""
    values = [0.0] * steps
    for bucket in buckets:
        at = (bucket.start - first) // step
        if 0 <= at < steps:
            values[at] += getattr(bucket, name)
    return values
