"""A guild's year, for its members."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.core.names import GuildId
from app.core.time_units import DAY_MS, HOUR_MS
from app.service.words.distinctive_words import own_words
from app.store import stats
from app.store.database import Database
from app.store.stats import Liked

DAYS = 365
MONTHS = 12
WORDS_SHOWN = 8
CHANNELS_SHOWN = 5
MOST_TEXTS = 50_000
"""The newest messages of the year whose words are counted."""


@dataclass(frozen=True)
class GuildYear:
    """A year of some channels, with times in UTC."""

    title: str
    """The year, or the words for the last twelve months."""
    messages: int
    people: int
    channels: tuple[tuple[str, int], ...]
    """(name, messages) of the busiest."""
    months: tuple[tuple[str, int], ...]
    """(year and month, messages), from the first to the last."""
    hours: tuple[int, ...]
    """Messages by the hour of the day."""
    words: tuple[tuple[str, int], ...]
    """(word, messages with it) of words said more here than elsewhere."""
    replies: int
    """By the bot."""
    best: Liked | None
    """The bot's line that people liked most."""

    def without(self, is_forbidden: Callable[[str], bool]) -> "GuildYear":
        """Return the same year without words that must not be told."""
        best = self.best
        return replace(
            self,
            words=tuple(word for word in self.words if not is_forbidden(word[0])),
            channels=tuple(one for one in self.channels if not is_forbidden(one[0])),
            best=None if best and is_forbidden(best.text) else best,
        )


async def year_of(
    database: Database,
    guild: GuildId,
    channels: Collection[int],
    year: int | None,
    now: float,
) -> GuildYear:
    """Count a year of the channels with those Discord ids.

    Args:
        database: A reader, since this reads a lot.
        guild: Its row.
        year: None means the last twelve months.
        now: Seconds since the epoch.
    """
    ids, (since, until) = [str(one) for one in channels], _span(year, now)
    hours, busiest = await database.run(stats.activity, guild, ids, since, until)
    people = await database.run(stats.writers, guild, ids, since, until)
    texts = await database.run(stats.texts, guild, ids, since, until, MOST_TEXTS)
    words = await asyncio.to_thread(own_words, texts, WORDS_SHOWN)
    replies = await database.run(stats.replies_between, guild, ids, since, until)
    return GuildYear(
        str(year) if year else "The last twelve months",
        sum(hours.values()),
        people,
        tuple(busiest[:CHANNELS_SHOWN]),
        _months(hours, since, until),
        _by_hour_of_day(hours),
        tuple(words),
        replies,
        await database.run(stats.most_liked, guild, ids, since, until),
    )


def _span(year: int | None, now: float) -> tuple[int, int]:
    """Return the first moment of a year, and the one after it, in milliseconds."""
    if year is None:
        until = int(now * 1000)
        return until - DAYS * DAY_MS, until
    first, last = (datetime(one, 1, 1, tzinfo=UTC) for one in (year, year + 1))
    return int(first.timestamp()) * 1000, int(last.timestamp()) * 1000


def _month_of(ms: int) -> int:
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return at.year * 12 + at.month - 1


def _months(
    hours: dict[int, int], since: int, until: int
) -> tuple[tuple[str, int], ...]:
    """Count by month; the last twelve, of which the first began before the span."""
    counts: Counter[int] = Counter()
    for hour, count in hours.items():
        counts[_month_of(hour * HOUR_MS)] += count
    last = _month_of(until - 1)
    first = max(_month_of(since), last - MONTHS + 1)
    return tuple(
        (f"{at // 12}-{at % 12 + 1:02}", counts[at]) for at in range(first, last + 1)
    )


def _by_hour_of_day(hours: dict[int, int]) -> tuple[int, ...]:
    counts: Counter[int] = Counter()
    for hour, count in hours.items():
        counts[hour % 24] += count
    return tuple(counts[hour] for hour in range(24))


def peak(counts: Sequence[int]) -> int:
    """Return the place of the largest count."""
    return max(range(len(counts)), key=counts.__getitem__)
