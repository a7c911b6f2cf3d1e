"""The index of one guild where PostgreSQL finds the nearest vectors itself."""

from collections.abc import Iterable
from functools import partial

from app.core.names import GuildId
from app.memory.guild_index import Page, Truth
from app.memory.index import Neighbor
from app.memory.vectors import Floats, signed_bytes
from app.store.database import Database

PORTION = 50
"""Vectors added in one transaction, about 0.1 s."""


class StoredIndex:
    """A guild's vectors in the database; nothing of them is in the home."""

    bytes = 0
    """Of this process's memory."""
    needs_rebuild = False

    def __init__(
        self,
        database: Database,
        reader: Database,
        guild: GuildId,
        model: str,
        dimension: int,
    ) -> None:
        """`reader` answers searches, and waits for nobody who writes."""
        vectors = database.engine.vectors
        assert vectors is not None
        self._vectors = vectors
        self._database = database
        self._reader = reader
        self._whose = (dimension, guild, model)
        self.model = model
        self.dimension = dimension
        self.last = 0
        self._most = 0

    def __len__(self) -> int:
        """The most vectors that there can be; some went with their messages."""
        return self._most

    def open(self) -> None:
        """Find out what is there."""
        state = self._database.call(partial(self._vectors.state, *self._whose))
        self._most, self.last = state.vectors, state.last

    def restart(self) -> None:
        """Start empty."""
        self._database.call(partial(self._vectors.clear, *self._whose))
        self._most = self.last = 0

    def add(self, page: Page) -> None:
        """Add stored vectors, in the order of their own rows."""
        given = [(own, row, _said(signed_bytes(blob))) for own, row, blob in page]
        for start in range(0, len(given), PORTION):
            part = given[start : start + PORTION]
            self._most += self._database.call(
                partial(self._vectors.add, *self._whose, part)
            )
            self.last = max(self.last, part[-1][0])

    def remove(self, rows: Iterable[int]) -> None:
        """Never find these messages again."""
        gone = partial(self._vectors.remove, self.dimension, [*map(int, rows)])
        self._most -= self._database.call(gone)

    def search(self, vector: Floats, count: int) -> list[Neighbor]:
        """Return the nearest message rows, nearest first."""
        asked = _said(f"{number:.6g}" for number in vector.tolist())
        found = self._reader.call(
            partial(self._vectors.nearest, *self._whose, asked, count)
        )
        near = [Neighbor(row, cosine) for row, cosine in found]
        return sorted(near, key=lambda one: -one.similarity)

    def agrees(self, truth: Truth) -> bool:
        """Return whether it holds exactly the rows that the database holds."""
        state = self._database.call(partial(self._vectors.state, *self._whose))
        return (state.vectors, state.row_sum) == (truth.vectors, truth.row_sum)

    def save(self) -> None:
        """Do nothing: every vector was written as it came."""

    def save_if_worth(self) -> None:
        """Do nothing."""

    def file_bytes(self) -> int:
        """Return 0, as the home has no file of it."""
        return 0


def _said(numbers: Iterable[object]) -> str:
    """Return numbers as pgvector reads them."""
    return f"[{','.join(map(str, numbers))}]"
