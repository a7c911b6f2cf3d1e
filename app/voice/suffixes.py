"""Sorts the suffixes of a symbol sequence, in about 15 bytes of memory per symbol."""

import numpy as np
import numpy.typing as npt
from pydivsufsort import divsufsort

Symbols = npt.NDArray[np.int32] | npt.NDArray[np.uint16]
Positions = npt.NDArray[np.int32]

_CHUNK = 1 << 18
_MANY = 1 << 21
_LEADS = 256
_ONE = np.uint64(1)


def sort_suffixes(symbols: Symbols) -> Positions:
    """Return the start of every suffix of `symbols`, in ascending order of the suffix.

    The sorter only knows bytes. Each symbol becomes one to three bytes in the same
    order, as in UTF-8; fewer bytes take less time and memory.

    Args:
        symbols: Shape (n,), each in 0..16,777,215.

    Returns:
        Shape (n,), int32.

    Raises:
        OverflowError: When a symbol or the coded text is too large to be sorted.
    """
    if len(symbols) == 0:
        return np.empty(0, np.int32)
    coded, begins = _encode(symbols)
    if len(coded) > np.iinfo(np.int32).max:
        raise OverflowError("too many symbols for one index")
    by_byte: Positions = divsufsort(coded)
    del coded
    bits, ranks = _ranked(begins)
    filled = 0
    # What is kept takes the place of what was looked at.
    for at in range(0, len(by_byte), _CHUNK):
        chunk = by_byte[at : at + _CHUNK]
        chunk = chunk[begins[chunk]]
        before = bits[chunk >> 6] & ((_ONE << (chunk & 63).astype(np.uint64)) - _ONE)
        kept = ranks[chunk >> 6] + np.bitwise_count(before)
        by_byte[filled : filled + len(kept)] = kept
        filled += len(kept)
    del bits, ranks, begins
    # The sorter's own array has a type that nothing else can look into.
    suffixes = np.empty(filled, np.int32)
    suffixes[:] = by_byte[:filled]
    return suffixes


def count_symbols(symbols: Symbols) -> npt.NDArray[np.int64]:
    """Return the number of each symbol, as `np.bincount` does, in less memory."""
    counts = np.zeros(int(symbols.max()) + 1 if len(symbols) else 0, np.int64)
    for at in range(0, len(symbols), _MANY):
        found = np.bincount(symbols[at : at + _MANY])
        counts[: len(found)] += found
    return counts


def _ranked(
    begins: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.uint64], Positions]:
    """Return the marks as bits, 64 a word, and the number of marks before each word."""
    padded = np.zeros(-(-len(begins) // 64) * 64, np.bool_)
    padded[: len(begins)] = begins
    bits = np.packbits(padded, bitorder="little").view("<u8")
    ranks = np.cumsum(np.bitwise_count(bits), dtype=np.int32)
    return bits, np.concatenate([[0], ranks[:-1]]).astype(np.int32)


def _encode(
    symbols: Symbols,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """Return the bytes of `symbols`, and which of them begin a symbol."""
    counts = count_symbols(symbols)
    ones, twos = _choose_leads(counts)
    two_end = ones + twos * 256
    size = 3 * len(symbols) - 2 * int(counts[:ones].sum())
    size -= int(counts[ones:two_end].sum())
    coded = np.empty(size, np.uint8)
    begins = np.zeros(size, np.bool_)
    filled = 0
    for at in range(0, len(symbols), _CHUNK):
        chunk = symbols[at : at + _CHUNK].astype(np.int32)
        lengths = 3 - (chunk < two_end).astype(np.int8) - (chunk < ones)
        ends = np.cumsum(lengths, dtype=np.int64) + filled
        starts = ends - lengths
        begins[starts] = True
        two, three = lengths == 2, lengths == 3
        value = chunk - ones
        high = np.where(two, ones + (value >> 8), chunk)
        rest = chunk - two_end
        high = np.where(three, ones + twos + (rest >> 16), high)
        coded[starts] = high
        coded[starts[two] + 1] = value[two] & 255
        coded[starts[three] + 1] = (rest[three] >> 8) & 255
        coded[starts[three] + 2] = rest[three] & 255
        filled = int(ends[-1])
    return coded, begins


def _choose_leads(counts: npt.NDArray[np.int64]) -> tuple[int, int]:
    """Return how many lead bytes stand for one-byte and for two-byte symbols."""
    alphabet = len(counts)
    ones, twos = np.meshgrid(np.arange(_LEADS + 1), np.arange(_LEADS + 1))
    threes = _LEADS - ones - twos
    two_end = ones + twos * 256
    total = np.concatenate([[0], np.cumsum(counts)])
    saved = total[np.minimum(ones, alphabet)] + total[np.minimum(two_end, alphabet)]
    saved[(threes < 0) | (two_end + threes * 65536 < alphabet)] = -1
    best = int(saved.argmax())
    if saved.flat[best] < 0:
        raise OverflowError("too many distinct symbols for one index")
    return int(ones.flat[best]), int(twos.flat[best])
