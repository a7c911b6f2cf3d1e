"""The open indexes of guilds: those used last, within a budget of memory."""

from collections import OrderedDict
from collections.abc import Iterator
from weakref import WeakValueDictionary

import psutil

from app.core.names import GuildId
from app.memory.guild_index import GuildIndex

LEAST_BUDGET = 64 << 20
SHARE = 0.02
"""The share of the computer's memory that indexes may take."""


def budget() -> int:
    """Return the bytes that open indexes may take on this computer."""
    return max(LEAST_BUDGET, int(psutil.virtual_memory().total * SHARE))


class Shelves:
    """Keeps indexes open, and lets go of those that nobody has used for long."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._open: WeakValueDictionary[GuildId, GuildIndex] = WeakValueDictionary()
        """All that somebody holds, so that none is open twice."""
        self._recent: OrderedDict[GuildId, GuildIndex] = OrderedDict()
        """Those last used, the oldest first."""

    def __iter__(self) -> Iterator[GuildIndex]:
        return iter([*self._recent.values()])

    def get(self, guild: GuildId) -> GuildIndex | None:
        """Return the index of a guild, if it is open."""
        shelf = self._open.get(guild)
        if shelf is not None:
            self._recent[guild] = shelf
            self._recent.move_to_end(guild)
        return shelf

    def put(self, guild: GuildId, shelf: GuildIndex) -> None:
        """Keep an index open."""
        self._open[guild] = self._recent[guild] = shelf

    def drop(self, guild: GuildId) -> None:
        """Let go of an index that is of no more use."""
        self._open.pop(guild, None)
        self._recent.pop(guild, None)

    def let_go(self) -> list[GuildIndex]:
        """Return what is over the budget, the longest unused first; keep the last."""
        gone: list[GuildIndex] = []
        used = sum(shelf.bytes for shelf in self)
        while used > self._most and len(self._recent) > 1:
            _, shelf = self._recent.popitem(last=False)
            used -= shelf.bytes
            gone.append(shelf)
        return gone
