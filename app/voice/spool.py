"""Arrays on disk for the time of a build, whose size then needs no memory.

Their pages are the file system's: it takes them back when something else needs room.
"""

import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Room = Callable[[int, npt.DTypeLike], Array]
"""Makes an array of so many values that nobody has set."""

_BLOCK = 1 << 20


class Spool:
    """An array that grows at its end, in a file that has no name."""

    def __init__(self, directory: Path, dtype: npt.DTypeLike) -> None:
        """Make the file in the directory, which is made when missing."""
        directory.mkdir(parents=True, exist_ok=True)
        # The array keeps the mapping, and the mapping keeps the file.
        self._file = TemporaryFile(dir=directory)
        self._dtype = np.dtype(dtype)

    def append(self, values: Array) -> None:
        """Add values at the end.

        Raises:
            OSError: When the disk is full.
        """
        self._file.write(np.ascontiguousarray(values, self._dtype).data.cast("B"))

    def array(self) -> Array:
        """Return all values, writable; the spool then takes no more."""
        with self._file as file:
            file.flush()
            if file.tell() == 0:
                return np.empty(0, self._dtype)
            mapped = mmap.mmap(file.fileno(), 0)
        return np.frombuffer(mapped, self._dtype)


def chunks(values: Array) -> Iterator[tuple[int, Array]]:
    """Yield an array in pieces of a few megabytes, each with its beginning.

    A piece of an array on disk takes no memory any more once the next one is asked for.
    """
    for at in range(0, len(values), _BLOCK):
        piece = values[at : at + _BLOCK]
        yield at, piece
        let_go(piece)


def let_go(values: Array) -> None:
    """Give the memory of an array on disk back; its file keeps what the array holds.

    The array has no gaps.
    """
    owner: object = values
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, memoryview):
        owner = owner.obj
    if not isinstance(owner, mmap.mmap) or not hasattr(mmap, "MADV_DONTNEED"):
        return
    start = values.ctypes.data - np.frombuffer(owner, np.uint8).ctypes.data
    first = start - start % mmap.PAGESIZE
    owner.madvise(mmap.MADV_DONTNEED, first, start + values.nbytes - first)


def room_in(directory: Path) -> Room:
    """Return a maker of writable arrays, each in an unnamed file of this directory.

    It raises OSError when the disk is full.
    """

    def room(size: int, dtype: npt.DTypeLike) -> Array:
        # A file with holes would end the process where the disk is full.
        spool, zeros = Spool(directory, dtype), np.zeros(_BLOCK, dtype)
        for at in range(0, size, _BLOCK):
            spool.append(zeros[: size - at])
        return spool.array()

    return room
