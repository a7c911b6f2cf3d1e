"""A guild's last seven days, for its members."""

import asyncio
import math
import statistics
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.service.words.distinctive_words import words_of
from app.store import stats
from app.store.database import Database
from app.store.stats import Taught

DAYS = 7
WORDS_SHOWN = 8
TEACHERS_SHOWN = 5
MOST_TEXTS = 20_000
"""The most messages of the week, and before it; takes tenths of a second."""

LEAST_MESSAGES = 3
"""The least number of messages with a word; fewer are somebody's whim."""

LEAST_Z = 1.64
"""The least difference that is hardly chance: one time in twenty."""

PRIOR_WORDS = 500.0
"""The strength of the prior, in words of the guild's past."""


@dataclass(frozen=True)
class GuildWeek:
    """Seven days of some channels."""

    words: tuple[tuple[str, int], ...]
    """(word, messages with it) that became more frequent, the most telling first."""
    teachers: tuple[Taught, ...]
    days: tuple[int, ...]
    """Messages learned per day, the oldest first."""
    replies: int
    liked: int
    disliked: int
    median_ms: float
    """The median time of a reply; 0 without replies."""


async def week_of(
    database: Database, guild: GuildId, channels: Collection[int], now_ms: int
) -> GuildWeek:
    """Compute the last seven days of the channels with those Discord ids.

    Args:
        database: A reader, since this reads a lot.
        guild: Its row.
    """
    ids, since = [str(one) for one in channels], now_ms - DAYS * DAY_MS
    new = await database.run(stats.texts, guild, ids, since, now_ms, MOST_TEXTS)
    old = await database.run(stats.texts, guild, ids, 0, since, MOST_TEXTS)
    words = await asyncio.to_thread(words_of_the_week, new, old, WORDS_SHOWN)
    told = await database.run(stats.teachers, guild, ids, since, now_ms, TEACHERS_SHOWN)
    days = await database.run(stats.by_day, guild, ids, since, DAYS)
    replies = await database.run(stats.received, guild, ids, since)
    times = [one.milliseconds for one in replies]
    return GuildWeek(
        tuple(words),
        tuple(told),
        tuple(days),
        len(replies),
        sum(one.rating > 0 for one in replies),
        sum(one.rating < 0 for one in replies),
        statistics.median(times) if times else 0.0,
    )


def words_of_the_week(
    new: Iterable[str], old: Iterable[str], limit: int
) -> list[tuple[str, int]]:
    """Return (word, messages) of the words that set new texts apart from old ones.

    Ranked by the log odds ratio with an informative Dirichlet prior, divided by its
    standard deviation: Monroe, Colaresi and Quinn 2008, "Fightin' Words", equations 16
    and 22. The prior has the shares of all texts together. A word counts once per
    message, so that repeating it in one message does not make it a word of the week.
    """
    said, before = _counts(new), _counts(old)
    total_new, total_old = sum(said.values()), sum(before.values())
    everything = total_new + total_old
    scored = []
    for word, count in said.items():
        if count < LEAST_MESSAGES:
            continue
        prior = PRIOR_WORDS * (count + before[word]) / everything
        odds_new = _log_odds(count + prior, total_new + PRIOR_WORDS)
        odds_old = _log_odds(before[word] + prior, total_old + PRIOR_WORDS)
        variance = 1 / (count + prior) + 1 / (before[word] + prior)
        z = (odds_new - odds_old) / math.sqrt(variance)
        if z >= LEAST_Z:
            scored.append((z, word, count))
    scored.sort(key=lambda found: (-found[0], found[1]))
    return [(word, count) for _, word, count in scored[:limit]]


def _counts(texts: Iterable[str]) -> Counter[str]:
    return Counter(word for text in texts for word in set(words_of(text)))


def _log_odds(count: float, total: float) -> float:
    return math.log(count / max(total - count, 1e-9))
