"""Lines not to say: those just said, and those that the bot said lately."""

import hashlib
from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from app.chat.postprocess import line_key
from app.providers.base import Turn
from app.store import messages
from app.store.database import Database

JUST_SAID = 3
"""The number of last turns that no reply repeats."""

LATELY = 24
"""The number of a guild's last replies that no reply repeats."""

LOOKED_AT = 2_000
"""The number of newest messages that show whether people repeat each other."""

LEAST = 100
"""The fewest messages that show a habit."""

KEPT_SECONDS = 3600.0
KEPT_GUILDS = 256


class StaleLines:
    """Knows what a reply must not repeat, except as often as people repeat it."""

    def __init__(
        self, database: Database, rng: Random, clock: Callable[[], float]
    ) -> None:
        self._database = database
        self._rng = rng
        self._clock = clock
        self._shares: dict[int, tuple[float, float]] = {}
        self._lately: dict[int, deque[bytes]] = {}
        """Hashes, since the words may be forgotten."""

    async def echo_of(self, guild: int, turns: Sequence[Turn]) -> Callable[[str], bool]:
        """Return a check whether a text repeats one of the last turns."""
        if self._rng.random() < await self._share(guild):
            return lambda text: False
        said = {line_key(turn.text) for turn in turns[-JUST_SAID:]} - {""}
        return lambda text: line_key(text) in said

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

    async def _share(self, guild: int) -> float:
        """Return the share of messages that repeat the one before them."""
        known = self._shares.get(guild)
        if known is None or self._clock() - known[0] > KEPT_SECONDS:
            texts = await self._database.run(messages.neighbors, guild, LOOKED_AT)
            same = sum(line_key(one) == line_key(other) for one, other in texts)
            share = same / len(texts) if len(texts) >= LEAST else 0.0
            known = self._shares[guild] = (self._clock(), share)
        return known[1]


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=12).digest()
