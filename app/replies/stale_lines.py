"""Lines not to say: those just said, and those that the bot said lately."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from random import Random

from app.core.sentences import LEAST_COPY, line_key
from app.providers.base import Turn
from app.replies.habit import Habit
from app.store import messages
from app.store.database import Database

JUST_SAID = 3
"""The number of last turns that no reply repeats."""

LATELY = 24
"""The number of a guild's last replies that no reply repeats."""

KEPT_GUILDS = 256


class StaleLines:
    """Knows what a reply must not repeat, except as often as people repeat it."""

    def __init__(
        self, database: Database, rng: Random, clock: Callable[[], float]
    ) -> None:
        self._rng = rng
        self._habit = Habit(database, clock, _echoes)
        self._lately: dict[int, deque[bytes]] = {}
        """Hashes, since the words may be forgotten."""

    async def just_said(self, guild: int, turns: Sequence[Turn]) -> frozenset[str]:
        """Return the last turns, by their words, or none where people repeat them."""
        if self._rng.random() < await self._habit.share(guild):
            return frozenset()
        return frozenset(line_key(turn.text) for turn in turns[-JUST_SAID:]) - {""}

    def was_said(self, guild: int) -> Callable[[str], bool]:
        """Return a check whether a text repeats one of the bot's last lines."""
        lately = frozenset(self._lately.get(guild, ()))
        return lambda text: _hash(line_key(text)) in lately

    def note(self, guild: int, text: str) -> None:
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


def _echoes(guild: int, newest: int) -> tuple[int, int]:
    """Count the messages that repeat the one before them, and all that have one."""
    texts = messages.neighbors(guild, newest)
    return sum(line_key(one) == line_key(other) for one, other in texts), len(texts)


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=12).digest()
