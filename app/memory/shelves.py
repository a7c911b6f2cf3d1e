"""The open indexes of guilds: those used last, within a budget of memory."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Protocol
from weakref import WeakValueDictionary

import psutil

from app.core.names import GuildId
from app.memory.guild_index import Page, Truth
from app.memory.index import Neighbor
from app.memory.vectors import Floats


class Shelf(Protocol):
    """The index of one guild and model, in step with the database."""

    model: str
    dimension: int

    def __len__(self) -> int: ...

    @property
    def bytes(self) -> int:
        """The bytes that its vectors take in memory."""

    @property
    def last(self) -> int:
        """The own row of the newest stored vector in the index."""

    @property
    def needs_rebuild(self) -> bool:
        """True when so much was removed that it should be made anew."""

    def open(self) -> None:
        """Find what is there already."""

    def restart(self) -> None:
        """Start empty."""

    def add(self, page: Page) -> None:
        """Add stored vectors, in the order of their own rows."""

    def remove(self, rows: Iterable[int]) -> None:
        """Never find these rows again."""

    def search(self, vector: Floats, count: int) -> list[Neighbor]:
        """Return the nearest message rows, nearest first."""

    def agrees(self, truth: Truth) -> bool:
        """Return whether it holds exactly the rows that the database holds."""

    def save(self) -> None:
        """Write what is not written yet."""

    def save_if_worth(self) -> None:
        """Write it once enough was added to be worth the time."""

    def file_bytes(self) -> int:
        """The size of its file in the home."""


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
        self._open: WeakValueDictionary[GuildId, Shelf] = WeakValueDictionary()
        """All that somebody holds, so that none is open twice."""
        self._recent: OrderedDict[GuildId, Shelf] = OrderedDict()
        """Those last used, the oldest first."""

    def __iter__(self) -> Iterator[Shelf]:
        return iter([*self._recent.values()])

    def get(self, guild: GuildId) -> Shelf | None:
        """Return the index of a guild, if it is open."""
        shelf = self._open.get(guild)
        if shelf is not None:
            self._recent[guild] = shelf
            self._recent.move_to_end(guild)
        return shelf

    def put(self, guild: GuildId, shelf: Shelf) -> None:
        """Keep an index open."""
        self._open[guild] = self._recent[guild] = shelf

    def drop(self, guild: GuildId) -> None:
        """Let go of an index that is of no more use."""
        self._open.pop(guild, None)
        self._recent.pop(guild, None)

    def let_go(self) -> list[Shelf]:
        """Return what is over the budget, the longest unused first; keep the last."""
        gone: list[Shelf] = []
        used = sum(shelf.bytes for shelf in self)
        while used > self._most and len(self._recent) > 1:
            _, shelf = self._recent.popitem(last=False)
            used -= shelf.bytes
            gone.append(shelf)
        return gone
