"""Times that the parts of a server take besides replies, since the bot started."""

import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from app.core.names import GuildId

COUNTED = 100
"""The newest uses of a part that count."""

EVERYWHERE = GuildId(0)
"""Stands for all guilds, where a part costs the same in each."""


class PartTime(NamedTuple):
    """The mean time of the newest uses of a part."""

    uses: int
    ms: float


class PartMeter:
    """Measures parts by the setting that switches each."""

    def __init__(self) -> None:
        self._times: defaultdict[tuple[GuildId, str], deque[float]] = defaultdict(
            lambda: deque(maxlen=COUNTED)
        )

    def note(self, setting: str, ms: float, guild: GuildId = EVERYWHERE) -> None:
        """Note what one use took."""
        self._times[guild, setting].append(ms)

    @contextmanager
    def timed(self, setting: str, guild: GuildId = EVERYWHERE) -> Iterator[None]:
        """Measure one use; one that fails or is given up does not count."""
        began = time.perf_counter()
        yield
        self.note(setting, (time.perf_counter() - began) * 1000, guild)

    def times(self, guild: GuildId) -> dict[str, PartTime]:
        """Return what was measured for a guild, or everywhere."""
        return {
            setting: PartTime(len(times), sum(times) / len(times))
            for (where, setting), times in self._times.items()
            if where in (guild, EVERYWHERE)
        }
