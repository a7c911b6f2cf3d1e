"""The index of one guild, opened from its files and kept in step with the database."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from app.memory import index_files
from app.memory.index import Exact, Graph, Neighbor, choose
from app.memory.vectors import Floats, unpack

PAGE = 2000
SAVE_EVERY = 20_000
"""Number of added vectors after which the file is rewritten."""

FLOAT_BYTES = 4

Page = list[tuple[int, int, bytes]]
"""(own row, message row, vector) as the database holds them."""


class Truth(Protocol):
    """The contents that the database requires of an index."""

    @property
    def vectors(self) -> int: ...
    @property
    def row_sum(self) -> int: ...


class GuildIndex:
    """Index and files of one guild and model; belongs to one thread."""

    def __init__(self, directory: Path, model: str, dimension: int) -> None:
        self._directory = directory
        self.model = model
        self.dimension = dimension
        self._index: Exact | Graph = Exact(dimension)
        self._last = 0
        self._unsaved = 0

    def __len__(self) -> int:
        return len(self._index)

    @property
    def bytes(self) -> int:
        """The bytes that its vectors take in memory."""
        return len(self) * self.dimension * FLOAT_BYTES

    @property
    def last(self) -> int:
        """The own row of the newest stored vector in the index."""
        return self._last

    @property
    def needs_rebuild(self) -> bool:
        """True when so much was removed that the graph should be rebuilt."""
        return isinstance(self._index, Graph) and self._index.is_worn

    def open(self) -> None:
        """Open the graph from its files, if they are sound."""
        found = index_files.load(self._directory, self.model, self.dimension)
        if found is not None:
            self._index, sidecar = found
            self._last = sidecar.last

    def restart(self) -> None:
        """Start empty, in memory and on disk."""
        index_files.drop(self._directory)
        self._index = Exact(self.dimension)
        self._last = 0
        self._unsaved = 0

    def add(self, page: Page) -> None:
        """Add stored vectors, in the order of their own rows."""
        if not page:
            return
        self.put([row for _, row, _ in page], unpack_page(page, self.dimension))
        self._last = max(self._last, page[-1][0])

    def put(self, rows: Sequence[int], vectors: Floats) -> None:
        """Make vectors searchable, replacing those of the same rows."""
        if isinstance(self._index, Exact):
            self._index = choose(self._index, len(rows))
        self._index.add(rows, vectors)
        self._unsaved += len(rows)

    def remove(self, rows: Iterable[int]) -> None:
        """Never find these rows again; delete files with them at once."""
        index_files.drop(self._directory)
        self._index.remove(rows)
        self._unsaved += 1

    def search(self, vector: Floats, count: int) -> list[Neighbor]:
        """Return the nearest message rows, nearest first."""
        return self._index.search(vector, count)

    def agrees(self, truth: Truth) -> bool:
        """Return whether it holds exactly the rows that the database holds."""
        rows = self._index.rows()
        return (len(rows), int(rows.sum())) == (truth.vectors, truth.row_sum)

    def save(self) -> None:
        """Write the graph; an exact index is read from the database each time."""
        if isinstance(self._index, Graph) and self._unsaved:
            index_files.save(self._index, self._directory, self.model, self._last)
            self._unsaved = 0

    def file_bytes(self) -> int:
        """The size of the graph's file in bytes; 0 without a file."""
        return index_files.size(self._directory)

    def save_if_worth(self) -> None:
        """Write the graph once enough was added to be worth the time."""
        if self._unsaved >= SAVE_EVERY:
            self.save()


def unpack_page(page: Page, dimension: int) -> Floats:
    """Unpack the vectors of a page."""
    return unpack([blob for _, _, blob in page], dimension)
