"""Finds the nearest neighbors of a vector: exact for few vectors, hnswlib for many."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import hnswlib

Floats = NDArray[np.float32]

EXACT_BELOW = 10_000
"""The number of vectors up to which a full comparison is as fast as the graph."""
LINKS = 16
BUILD_EFFORT = 120
EFFORT = 100
"""hnswlib's M, ef_construction and ef: recall@10 of 0.99 and more and 0.2 ms a query
at 20,000 and 200,000 vectors; half the building effort loses up to one in a hundred."""
WORN = 0.05
"""The share of removed places at which a graph is rebuilt."""


class Neighbor(NamedTuple):
    """A message row, and the cosine of its vector with the query."""

    row: int
    similarity: float


class VectorIndex(Protocol):
    """Unit vectors by message row; belongs to one thread."""

    def __len__(self) -> int: ...

    def add(self, rows: Sequence[int], vectors: Floats) -> None:
        """Add vectors; a row that is already there gets the new one."""

    def remove(self, rows: Iterable[int]) -> None:
        """Never find these rows again."""

    def rows(self) -> NDArray[np.int64]:
        """Return the rows that can be found."""

    def search(self, vector: Floats, count: int) -> list[Neighbor]:
        """Return the nearest rows, nearest first; fewer when there are fewer."""


class Exact:
    """Compares with every vector: exact, and the oracle in tests."""

    def __init__(self, dimension: int) -> None:
        self._matrix = np.empty((256, dimension), np.float32)
        self._rows = np.empty(256, np.int64)
        self._place: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._place)

    def add(self, rows: Sequence[int], vectors: Floats) -> None:
        """Add vectors; a row that is already there gets the new one."""
        self._make_room(len(self) + len(rows))
        for row, vector in zip(rows, vectors, strict=True):
            place = self._place.setdefault(int(row), len(self._place))
            self._rows[place] = row
            self._matrix[place] = vector

    def _make_room(self, wanted: int) -> None:
        if wanted > len(self._rows):
            more = max(wanted, 2 * len(self._rows)) - len(self._rows)
            self._matrix = np.pad(self._matrix, ((0, more), (0, 0)))
            self._rows = np.pad(self._rows, (0, more))

    def remove(self, rows: Iterable[int]) -> None:
        """Never find these rows again; the last vector fills each gap."""
        for row in rows:
            place = self._place.pop(int(row), None)
            if place is None:
                continue
            last = len(self._place)
            self._matrix[place] = self._matrix[last]
            self._matrix[last] = 0
            if place != last:
                moved = int(self._rows[last])
                self._rows[place] = moved
                self._place[moved] = place

    def rows(self) -> NDArray[np.int64]:
        """Return the rows that can be found."""
        return self._rows[: len(self)].copy()

    def vectors(self) -> Floats:
        """The vectors, in the order of `rows`."""
        return self._matrix[: len(self)]

    def search(self, vector: Floats, count: int) -> list[Neighbor]:
        """Return the nearest rows, nearest first; fewer when there are fewer."""
        count = min(count, len(self))
        if count == 0:
            return []
        similarity = self.vectors() @ vector
        best = np.argpartition(-similarity, count - 1)[:count]
        best = best[np.argsort(-similarity[best], kind="stable")]
        found = zip(self._rows[best].tolist(), similarity[best].tolist(), strict=True)
        return [Neighbor(row, value) for row, value in found]


class Graph:
    """A graph of near vectors by hnswlib, on the caller's thread."""

    def __init__(
        self,
        dimension: int,
        graph: "hnswlib.Index | None" = None,
        room: int = 0,
        removed: Iterable[int] = (),
    ) -> None:
        """Start with an empty graph, or a given one whose `removed` rows are hidden."""
        import hnswlib

        self.dimension = dimension
        self._removed = set(removed)
        if graph is None:
            graph = hnswlib.Index(space="ip", dim=dimension)
            graph.init_index(
                max_elements=max(room, EXACT_BELOW),
                M=LINKS,
                ef_construction=BUILD_EFFORT,
                random_seed=1,
            )
        graph.set_num_threads(1)
        self.graph = graph

    def __len__(self) -> int:
        return int(self.graph.get_current_count()) - len(self._removed)

    @property
    def removed(self) -> list[int]:
        """The hidden rows; nothing of their vectors is left."""
        return sorted(self._removed)

    @property
    def is_worn(self) -> bool:
        """True when so many places are empty that a rebuild is better."""
        return len(self._removed) > WORN * int(self.graph.get_current_count())

    def add(self, rows: Sequence[int], vectors: Floats) -> None:
        """Add vectors; a row that is already there gets the new one."""
        if not len(rows):
            return
        wanted = int(self.graph.get_current_count()) + len(rows)
        if wanted > self.graph.get_max_elements():
            self.graph.resize_index(wanted + wanted // 2)
        back = self._removed.intersection(rows)
        for row in back:
            self.graph.unmark_deleted(row)
        self._removed -= back
        self.graph.add_items(vectors, np.asarray(rows, np.uint64), num_threads=1)

    def remove(self, rows: Iterable[int]) -> None:
        """Never find these rows again; overwrite their vectors with zeros.

        hnswlib itself only hides deleted vectors, in memory and in its file.
        """
        asked = np.fromiter((int(row) for row in rows), np.int64)
        known = np.intersect1d(asked, self.rows())
        zeros = np.zeros((len(known), self.dimension), np.float32)
        self.graph.add_items(zeros, known.astype(np.uint64), num_threads=1)
        for row in known.tolist():
            self.graph.mark_deleted(row)
        self._removed.update(known.tolist())

    def rows(self) -> NDArray[np.int64]:
        """Return the rows that can be found."""
        rows = np.asarray(self.graph.get_ids_list(), np.int64)
        if not self._removed:
            return rows
        return rows[~np.isin(rows, list(self._removed))]

    def search(self, vector: Floats, count: int) -> list[Neighbor]:
        """Return the nearest rows, nearest first; fewer when there are fewer."""
        count = min(count, len(self))
        while count:
            # hnswlib forgets the search effort when it loads, and needs it above the
            # count.
            self.graph.set_ef(max(EFFORT, count))
            try:
                labels, distances = self.graph.knn_query(vector, k=count)
            except RuntimeError:
                # A graph with removed parts may reach fewer rows than it has.
                count //= 2
                continue
            pairs = zip(labels[0].tolist(), distances[0].tolist(), strict=True)
            return [Neighbor(int(row), 1.0 - value) for row, value in pairs]
        return []


def choose(index: Exact, coming: int = 0) -> Exact | Graph:
    """Choose the index that fits the number of vectors; build a graph at once."""
    if len(index) + coming < EXACT_BELOW:
        return index
    graph = Graph(index.vectors().shape[1], room=2 * (len(index) + coming))
    graph.add(index.rows().tolist(), index.vectors())
    return graph
