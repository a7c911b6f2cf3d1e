"""A row of bits that counts and finds its set bits at once."""

from bisect import bisect_right
from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt

WORD = 64

_REDRAWS = 4
"""Random places tried before the set bits are counted off."""

_SPARSE = 64
"""The number of bits a wanted one from which each is searched by itself."""

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]


def pack(bits: npt.NDArray[np.bool_]) -> Words:
    """Return the bits in words, with the last word never full."""
    padded = np.zeros((len(bits) // WORD + 1) * WORD, np.bool_)
    padded[: len(bits)] = bits
    return np.packbits(padded, bitorder="little").view("<u8")


class Bits:
    """Bits that never change; all ranges are half-open.

    The counts of earlier bits, one a word, make rank and select quick (Jacobson 1989).
    """

    __slots__ = ("_rank_at", "_ranks", "_word_at", "_words")

    def __init__(self, words: Words) -> None:
        """Wrap what `pack` returned."""
        self._words = words
        self._ranks = np.zeros(len(words), np.int64)
        np.cumsum(np.bitwise_count(words[:-1]), out=self._ranks[1:])
        # A memoryview returns a Python int several times faster than its array does.
        self._word_at: Sequence[int] = words.data
        self._rank_at: Sequence[int] = self._ranks.data

    def has(self, at: int) -> bool:
        """Return whether the bit is set."""
        return bool(self._word_at[at >> 6] >> (at & 63) & 1)

    def rank(self, at: int) -> int:
        """Return the number of set bits before a place."""
        word = at >> 6
        before = self._word_at[word] & ((1 << (at & 63)) - 1)
        return self._rank_at[word] + before.bit_count()

    def count(self, lo: int, hi: int) -> int:
        """Return the number of set bits of a range."""
        first, last = lo >> 6, hi >> 6
        if first == last:
            bits = self._word_at[first] & ((1 << (hi & 63)) - 1)
            return (bits >> (lo & 63)).bit_count()
        word_at, rank_at = self._word_at, self._rank_at
        below = (word_at[first] & ((1 << (lo & 63)) - 1)).bit_count()
        above = (word_at[last] & ((1 << (hi & 63)) - 1)).bit_count()
        return rank_at[last] - rank_at[first] + above - below

    def ranks(self, places: Places) -> Places:
        """Return `rank` of each place; shapes (k,) and (k,)."""
        words = places >> 6
        masks = (np.uint64(1) << (places & 63).astype(np.uint64)) - np.uint64(1)
        before = np.bitwise_count(self._words[words] & masks)
        ranks: Places = self._ranks[words] + before.astype(np.int64)
        return ranks

    def select(self, number: int) -> int:
        """Return the place of a set bit, counted from 0."""
        word = bisect_right(self._rank_at, number) - 1
        bits = self._word_at[word]
        for _ in range(number - self._rank_at[word]):
            bits &= bits - 1
        return word * WORD + (bits & -bits).bit_length() - 1

    def pick(self, lo: int, hi: int, rng: Random) -> int:
        """Return the place of a random set bit of a range.

        Raises:
            LookupError: When none is set.
        """
        word_at = self._word_at
        for _ in range(_REDRAWS):
            at = lo + int(rng.random() * (hi - lo))
            if word_at[at >> 6] >> (at & 63) & 1:
                return at
        count = self.count(lo, hi)
        if not count:
            raise LookupError("all of it is hidden")
        return self.select(self.rank(lo) + int(rng.random() * count))

    def outermost(self, lo: int, hi: int) -> tuple[int, int]:
        """Return the first and the last set bit of a range that has one."""
        first = lo if self.has(lo) else self.select(self.rank(lo))
        last = hi - 1 if self.has(hi - 1) else self.select(self.rank(hi) - 1)
        return first, last

    def places(self, lo: int, hi: int, limit: int) -> tuple[Places, float]:
        """Return the set bits of a range, or `limit` evenly spread ones, and the step.

        The step is the number of set bits that each returned one stands for.
        """
        if hi - lo <= _SPARSE * limit:
            octets = self._words.view(np.uint8)[lo >> 3 : (hi + 7) >> 3]
            bits = np.unpackbits(octets, bitorder="little")
            found = np.flatnonzero(bits[lo & 7 : (lo & 7) + hi - lo]) + lo
            if len(found) <= limit:
                return found, 1.0
            at, step = spread(0, len(found), limit)
            return found[at], step
        numbers, step = spread(self.rank(lo), self.rank(hi), limit)
        return self._select_all(numbers), step

    def _select_all(self, numbers: Places) -> Places:
        words = np.searchsorted(self._ranks, numbers, "right") - 1
        octets = self._words[words].view(np.uint8).reshape(-1, 8)
        bits = np.unpackbits(octets, axis=1, bitorder="little")
        order = np.cumsum(bits, axis=1, dtype=np.uint8)
        wanted = (numbers - self._ranks[words] + 1)[:, None]
        places: Places = words * WORD + np.argmax(order == wanted, axis=1)
        return places

    def without(self, places: Places) -> "Bits":
        """Return the same bits with these cleared."""
        words = self._words.copy()
        masks = ~(np.uint64(1) << (places & 63).astype(np.uint64))
        np.bitwise_and.at(words, places >> 6, masks)
        return Bits(words)

    def both(self, other: "Bits") -> "Bits":
        """Return the bits that are set in both, which have one length."""
        return Bits(self._words & other._words)


def spread(lo: int, hi: int, limit: int) -> tuple[Places, float]:
    """Return the numbers lo..hi, or `limit` evenly spread ones, and the step."""
    count = hi - lo
    if count <= limit:
        return np.arange(lo, hi, dtype=np.int64), 1.0
    middles = (2 * np.arange(limit, dtype=np.int64) + 1) * count // (2 * limit)
    return lo + middles, count / limit
