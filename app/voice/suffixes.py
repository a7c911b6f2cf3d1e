"""Sorts the places of a text by what follows them, a part of them at a time."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from app.voice.spool import chunks, let_go

Symbols = npt.NDArray[np.int32] | npt.NDArray[np.uint16]
Positions = npt.NDArray[np.int32]
Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

_END = 0

_PART = 1 << 19
"""So many places are sorted at a time; they take some 30 MB."""

_KEY_BITS = 64


def sort_suffixes(symbols: Symbols, depth: int, suffixes: Positions) -> None:
    """Fill `suffixes` with the start of every suffix, in ascending order.

    A suffix reaches to the next 0 after its start, and over `depth` symbols at most.
    Equal ones keep the order of their places. It takes a part of the places of each
    first symbol and sorts it by as many symbols at a time as a number holds: the most
    significant digits first, and then among equals alone.

    Args:
        symbols: Shape (n,), not negative.
        depth: At least 1.
        suffixes: Shape (n,).

    Raises:
        OverflowError: When there are too many symbols for one index.
    """
    if len(symbols) + depth > np.iinfo(np.int32).max:
        raise OverflowError("too many symbols for one index")
    filled = 0
    for part in _Sorter(symbols, depth).parts():
        room = suffixes[filled : filled + len(part)]
        room[:] = part
        let_go(room)
        filled += len(part)


def count_symbols(symbols: Symbols) -> npt.NDArray[np.int64]:
    """Return the number of each symbol, as `np.bincount` does, in less memory.

    Shape (1 + the largest symbol,).
    """
    most = max((int(part.max()) for _, part in chunks(symbols)), default=-1)
    counts = np.zeros(most + 1, np.int64)
    for _, part in chunks(symbols):
        found = np.bincount(part)
        counts[: len(found)] += found
    return counts


class _Sorter:
    """A text, and how its symbols are packed into numbers."""

    def __init__(self, symbols: Symbols, depth: int) -> None:
        self._symbols = symbols
        self._depth = depth
        most = max((int(part.max()) for _, part in chunks(symbols)), default=0)
        self._width = max(1, most.bit_length())

    def parts(
        self, places: Positions | None = None, known: int = 0
    ) -> Iterator[Positions]:
        """Yield sorted places, part after part.

        Args:
            places: They share their first `known` symbols; None means all there are.
            known: Not more than the depth.
        """
        following = self._symbols if places is None else self._after(places, known)
        counts = count_symbols(following)
        for first, last in _ranges(counts):
            found = _where(following, first, last, int(counts[first:last].sum()))
            part = found if places is None else places[found]
            shared = known + (last - first == 1)
            if (first, last) == (_END, _END + 1) and known or shared == self._depth:
                yield part
            elif len(part) > _PART:
                yield from self.parts(part, shared)
            else:
                yield self._sorted(part, shared)

    def _after(self, places: Positions, depth: int) -> Symbols:
        """Return the symbols at a depth; what the end cuts off continues with it."""
        found = np.empty(len(places), self._symbols.dtype)
        for at, part in chunks(places):
            self._symbols.take(
                part + np.int32(depth), mode="clip", out=found[at : at + len(part)]
            )
        return found

    def _sorted(self, places: Positions, known: int) -> Positions:
        """Return places that share `known` symbols by all that follow."""
        places = places.copy()
        equal = np.arange(len(places))
        group = np.zeros(len(places), np.uint64)
        while len(equal) and known < self._depth:
            room = _KEY_BITS - int(group[-1]).bit_length()
            count = min(room // self._width, self._depth - known)
            found = places[equal]
            keys, is_over = self._keys(found, known, count)
            keys |= group << np.uint64(count * self._width)
            order = np.argsort(keys, kind="stable")
            keys, is_over = keys[order], is_over[order]
            places[equal] = found[order]
            is_new = np.append(True, keys[1:] != keys[:-1])
            # A place that differs from both neighbors has its final rank.
            is_alone = is_new & np.append(is_new[1:], True)
            left = ~(is_alone | is_over)
            equal, group = equal[left], np.cumsum(is_new[left]).astype(np.uint64)
            known += count
        return places

    def _keys(self, places: Positions, known: int, count: int) -> tuple[Keys, Flags]:
        """Return the `count` symbols after `known`, packed, and which reach an end.

        Both have shape (len(places),).
        """
        keys = np.zeros(len(places), np.uint64)
        is_over = np.zeros(len(places), np.bool_)
        for depth in range(known, known + count):
            symbols = self._after(places, depth).astype(np.uint64)
            symbols[is_over] = _END
            if depth:
                is_over |= symbols == _END
            keys <<= np.uint64(self._width)
            keys |= symbols
        return keys, is_over


def _ranges(counts: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of symbols, of a part at most or of one symbol."""
    before = np.concatenate([[0], np.cumsum(counts)])
    first = 0
    while first < len(counts):
        last = int(before.searchsorted(before[first] + _PART, "right")) - 1
        last = max(last, first + 1)
        if before[last] > before[first]:
            yield first, last
        first = last


def _where(symbols: Symbols, first: int, last: int, count: int) -> Positions:
    """Return the `count` places of the symbols of a half-open range."""
    places = np.empty(count, np.int32)
    filled = 0
    for at, part in chunks(symbols):
        found = np.flatnonzero((part >= first) & (part < last))
        places[filled : filled + len(found)] = found + at
        filled += len(found)
    return places
