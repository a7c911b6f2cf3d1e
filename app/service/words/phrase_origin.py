"""The first message with a phrase, and how the phrase spread over time and channels."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.names import GuildId
from app.store import guilds, messages
from app.store.database import Database
from app.store.rows import StoredMessage
from app.store.search.occurrences import Occurrence, occurrences

MOST_MONTHS = 24
"""The longest time told by month; a longer one is told by year."""

MOST_CHANNELS = 5


@dataclass(frozen=True)
class PhraseOrigin:
    """The history of a phrase in some channels of a guild."""

    phrase: str
    first: StoredMessage
    first_channel: str | None
    """Discord's id of the first message's channel; None if only a file named it."""
    count: int
    """The messages with the phrase."""
    is_estimate: bool
    """True if they are so many that a part of them was counted."""
    people: int
    """The members who said it, as far as counted."""
    times: tuple[tuple[str, int], ...]
    """(month or year, messages), from the first to the last without gaps."""
    channels: tuple[tuple[str, int], ...]
    """(name, messages), the most first."""


async def origin_of(
    database: Database, guild: GuildId, phrase: str, channels: Collection[int] | None
) -> PhraseOrigin | None:
    """Find who said a phrase first in a guild (row), and how it spread; None if nobody.

    Args:
        database: A reader, since this reads a lot.
        channels: Rows of the channels that may be told of; None for all.
    """
    said = await database.run(occurrences, guild, phrase, channels)
    first = await database.run(messages.by_rows, [one.row for one in said.found[:1]])
    if not first:
        return None
    known = {one.id: one for one in await database.run(guilds.channels, guild)}
    places = Counter(one.channel for one in said.found).most_common(MOST_CHANNELS)
    return PhraseOrigin(
        phrase,
        first[0],
        known[first[0].channel].discord_id,
        said.messages,
        said.step > 1,
        len({one.member for one in said.found}),
        _times(said.found, said.step),
        tuple((known[place].name, count * said.step) for place, count in places),
    )


def _times(found: Sequence[Occurrence], step: int) -> tuple[tuple[str, int], ...]:
    moments = [datetime.fromtimestamp(one.ts / 1000, UTC) for one in found]
    months = Counter(one.year * 12 + one.month - 1 for one in moments)
    first, last = min(months), max(months)
    if last - first < MOST_MONTHS:
        return tuple(
            (f"{at // 12}-{at % 12 + 1:02}", months[at] * step)
            for at in range(first, last + 1)
        )
    years = Counter(one.year for one in moments)
    every = range(min(years), max(years) + 1)
    return tuple((str(year), years[year] * step) for year in every)
