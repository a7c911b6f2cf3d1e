"""Habits of a guild's people that replies follow: repeating lines, writing several."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random

from app.core.names import GuildId
from app.core.sentences import LEAST_COPY, line_key
from app.providers.base import Turn
from app.store import messages
from app.store.database import Database

LOOKED_AT = 2_000
"""The number of newest messages that show the guild's present habit."""

LEAST = 100
"""The fewest messages that show a habit."""

KEPT_SECONDS = 3600.0

Count = Callable[[GuildId, int], tuple[int, int]]
"""Takes a guild's row and a number of its newest messages, and counts those that show
the habit and those that could. It runs in the database's thread."""

JUST_SAID = 3
"""The number of last turns that no reply repeats."""

LATELY = 24
"""The number of a guild's last replies that no reply repeats."""

KEPT_GUILDS = 256

WITHIN_MS = 20_000
"""The time within which two messages of an author count as one thing said."""

follow_ups = partial(messages.bursts, within_ms=WITHIN_MS)
"""Counts the messages that their author followed up within seconds."""


class Habit:
    """The share of messages that show a habit, counted once an hour for each guild."""

    def __init__(
        self, database: Database, clock: Callable[[], float], count: Count
    ) -> None:
        """`clock` is in seconds."""
        self._database = database
        self._clock = clock
        self._count = count
        self._shares: dict[GuildId, tuple[float, float]] = {}

    async def share(self, guild: GuildId) -> float:
        """Return the share, in 0..1; 0 where too little was said."""
        known = self._shares.get(guild)
        if known is None or self._clock() - known[0] > KEPT_SECONDS:
            shown, looked_at = await self._database.run(self._count, guild, LOOKED_AT)
            share = shown / looked_at if looked_at >= LEAST else 0.0
            known = self._shares[guild] = (self._clock(), share)
        return known[1]


class Bursts:
    """Draws the number of lines of a reply."""

    def __init__(
        self, database: Database, rng: Random, clock: Callable[[], float]
    ) -> None:
        self._rng = rng
        self._habit = Habit(database, clock, follow_ups)

    async def lines(self, guild: GuildId, most: int) -> int:
        """Return as many lines as people of the guild write in a row, up to `most`."""
        if most <= 1:
            return 1
        share = await self._habit.share(guild)
        lines = 1
        while lines < most and self._rng.random() < share:
            lines += 1
        return lines


class StaleLines:
    """Knows what a reply must not repeat, except as often as people repeat it."""

    def __init__(
        self, database: Database, rng: Random, clock: Callable[[], float]
    ) -> None:
        self._rng = rng
        self._habit = Habit(database, clock, _echoes)
        self._lately: dict[GuildId, deque[bytes]] = {}
        """Hashes, since the words may be forgotten."""

    async def just_said(self, guild: GuildId, turns: Sequence[Turn]) -> frozenset[str]:
        """Return the last turns, by their words, or none where people repeat them."""
        if self._rng.random() < await self._habit.share(guild):
            return frozenset()
        return frozenset(line_key(turn.text) for turn in turns[-JUST_SAID:]) - {""}

    def was_said(self, guild: GuildId) -> Callable[[str], bool]:
        """Return a check whether a text repeats one of the bot's last lines."""
        lately = frozenset(self._lately.get(guild, ()))
        return lambda text: _hash(line_key(text)) in lately

    def note(self, guild: GuildId, text: str) -> None:
        """Note the words of a reply, if it has any."""
        if not text:
            return
        lately = self._lately.pop(guild, None) or deque(maxlen=LATELY)
        lately.append(_hash(line_key(text)))
        self._lately[guild] = lately
        while len(self._lately) > KEPT_GUILDS:
            del self._lately[next(iter(self._lately))]


def long_lines(turns: Iterable[Turn]) -> frozenset[str]:
    """Return those turns, by their words, that nobody says twice by chance."""
    return frozenset(
        line_key(turn.text) for turn in turns if len(turn.text.split()) >= LEAST_COPY
    )


def _echoes(guild: GuildId, newest: int) -> tuple[int, int]:
    """Count the messages that repeat the one before them, and all that have one."""
    texts = messages.neighbors(guild, newest)
    return sum(line_key(one) == line_key(other) for one, other in texts), len(texts)


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=12).digest()
