"""The part of an index that is built once and then only read, usually from a file."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.voice.spool import Array, Room, chunks
from app.voice.suffixes import Symbols, count_symbols, sort_suffixes

END = 0
"""The symbol between two messages: the end of one is the start of the next."""

DEPTH = 32
"""The most symbols of a state, and of a suffix that is sorted."""

Arrays = dict[str, Array]

_WORD_BITS = 64

_FEW = 4
"""The number of places that a scan handles faster than a search."""

_WIDE = 16

_STEP = 16
"""Of every 16th suffix the second symbol is kept apart: most of a search in the places
of one symbol then stays within a few lines of the processor's cache. It takes a quarter
of a byte a symbol."""

_MOST_FOUND = 1 << 15
"""Narrowings of wide ranges that are remembered, as common words come again and again;
they take some 10 MB."""


def build(
    symbols: Symbols,
    ids: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64] | None = None,
    room: Room = np.empty,
) -> Arrays:
    """Index messages, as the named arrays that `Base` reads.

    Beside what it is given and what `room` makes it needs some 50 MB, 12 bytes a
    message and half a byte a symbol.

    Args:
        symbols: Shape (n,): END, the symbols of the first message, END, those of the
            second, END, and so on, with END last. Symbols are positive, and no message
            is empty.
        ids: Shape (m,): the id of each message, strictly ascending, not negative.
        channels: Shape (m,): the channel of each message; None means 0 for all.
        room: Makes the large arrays.

    Raises:
        ValueError: When ids or channels do not fit the messages, or do not ascend.
        OverflowError: When there is too much for one index.
    """
    ends = int(count_symbols(symbols)[END])
    if ends != len(ids) + 1 or symbols[0] != END or symbols[-1] != END:
        raise ValueError("one id a message, and END around each message")
    if channels is None:
        channels = np.zeros(len(ids), np.int64)
    if len(channels) != len(ids):
        raise ValueError("one channel a message")
    suffixes = room(len(symbols), np.int32)
    sort_suffixes(symbols, DEPTH, suffixes)
    # The last END starts no message; as the shortest suffix it sorts first.
    return _arrays_of(symbols, suffixes[1:], ids, channels, room)


def without(arrays: Mapping[str, Array], ids: Collection[int]) -> Arrays:
    """Return what `build` made without the messages of these ids, sorting nothing.

    No byte of them is left. It takes some 50 ns a symbol.

    Raises:
        ValueError: When the arrays are not an index.
    """
    base = Base(arrays)
    found = (base.find(message) for message in ids)
    kept = np.ones(base.messages, np.bool_)
    kept[[at for at in found if at is not None]] = False
    bounds = np.flatnonzero(base.symbols == END)
    in_kept = np.append(np.repeat(kept, np.diff(bounds)), True)
    moved = np.cumsum(in_kept, dtype=np.int32)
    moved -= 1
    starts, first_ids = arrays["run_starts"], arrays["run_ids"]
    offsets = np.repeat(first_ids - starts, np.diff(starts, append=base.messages))
    return _arrays_of(
        base.symbols[in_kept].astype(np.int32),
        moved[base.suffixes[in_kept[base.suffixes]]],
        (offsets + np.arange(base.messages))[kept],
        arrays["channels"][arrays["channel_of"]][kept],
    )


def _arrays_of(
    symbols: Symbols,
    suffixes: npt.NDArray[np.int32],
    ids: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    room: Room = np.empty,
) -> Arrays:
    run_starts = _run_starts(ids)
    counts = count_symbols(symbols)
    first = np.concatenate([[0], np.cumsum(counts) - 1])
    marks = _marks_of(symbols)
    ranks = np.cumsum(np.bitwise_count(marks), dtype=np.int32)
    small = np.uint16 if len(counts) <= 1 << 16 else np.int32
    of_parts = (np.unique(part) for _, part in chunks(channels))
    known = np.unique(np.concatenate([channels[:0], *of_parts]))
    narrow = np.min_scalar_type(max(len(known) - 1, 0))
    seconds = (symbols[part[-at % _STEP :: _STEP] + 1] for at, part in chunks(suffixes))
    return {
        "symbols": symbols
        if symbols.dtype == small
        else _converted(symbols, np.asarray, room(len(symbols), small)),
        "suffixes": suffixes,
        "seconds": np.concatenate([symbols[:0], *seconds]).astype(small, copy=False),
        "first": first.astype(np.int32),
        "marks": marks,
        "ranks": np.concatenate([[0], ranks[:-1]]).astype(np.int32),
        "run_starts": run_starts,
        "run_ids": ids[run_starts],
        "channels": known,
        "channel_of": _converted(
            channels, known.searchsorted, np.empty(len(channels), narrow)
        ),
    }


def _converted(
    values: Array, convert: Callable[[Array], Array], result: Array
) -> Array:
    for at, part in chunks(values):
        result[at : at + len(part)] = convert(part)
    return result


def _run_starts(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Return where ids do not follow the one before.

    Raises:
        ValueError: When they do not ascend.
    """
    starts, before = [np.zeros(min(len(ids), 1), np.int64)], -1
    for at, part in chunks(ids):
        steps = np.diff(part, prepend=before)
        if steps.min() <= 0:
            raise ValueError("message ids must ascend")
        starts.append(np.flatnonzero(steps != 1) + at)
        before = part[-1]
    return np.unique(np.concatenate(starts)).astype(np.int32)


def _marks_of(symbols: Symbols) -> npt.NDArray[np.uint64]:
    """Return which symbols are END, as bits."""
    marks = np.zeros(-(-len(symbols) // _WORD_BITS), np.uint64)
    for at, part in chunks(symbols):
        bits = np.packbits(part == END, bitorder="little")
        marks.view(np.uint8)[at // 8 : at // 8 + len(bits)] = bits
    return marks


def search(
    suffix_at: Sequence[int],
    symbol_after: Callable[[int], int],
    lo: int,
    hi: int,
    symbol: int,
) -> tuple[int, int]:
    """Find the sorted suffixes in lo..hi that continue with `symbol`.

    Args:
        suffix_at: The places, sorted by what follows them.
        symbol_after: The symbol after a place.
        lo: The first suffix.
        hi: The one after the last.
        symbol: The continuation to find.
    """
    start = bisect_left(suffix_at, symbol, lo, hi, key=symbol_after)
    # Most results are short, so the search for their end starts at their beginning.
    before, after, step = start, start, 1
    while after < hi and symbol_after(suffix_at[after]) == symbol:
        before, after, step = after + 1, min(after + step, hi), step * 6
    if before < after:
        after = bisect_right(suffix_at, symbol, before, after, key=symbol_after)
    return start, after


Spans = tuple[tuple[int, int], ...]
"""Ranges of message ids, both ends included, ascending and apart from each other."""


class Lean(NamedTuple):
    """Channels that count for more."""

    channels: frozenset[int]
    times: float
    """A place in them counts for so many elsewhere."""


def spans_of(pairs: Iterable[Sequence[int]]) -> Spans:
    """Return the spans of pairs of ids."""
    return tuple((first, last) for first, last in pairs)


def in_spans(ids: npt.NDArray[np.int64], spans: Spans) -> npt.NDArray[np.bool_]:
    """Return which ids are in one of the spans."""
    ends = np.array(spans, np.int64).reshape(-1, 2)
    at = np.searchsorted(ends[:, 0], ids, "right") - 1
    found: npt.NDArray[np.bool_] = at >= 0
    found[found] = ids[found] <= ends[at[found], 1]
    return found


class Base:
    """Messages in a row, and all their places sorted by what follows.

    A message owns the positions from the END before it to its last symbol.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        """Wrap what `build` returned, or the same arrays mapped from a file.

        Raises:
            ValueError: When an array is missing or they do not fit each other.
        """
        try:
            self.symbols = arrays["symbols"]
            self.suffixes = arrays["suffixes"]
            first, seconds, self._marks, self._ranks = (
                arrays[name] for name in ("first", "seconds", "marks", "ranks")
            )
            run_starts, run_ids = arrays["run_starts"], arrays["run_ids"]
            self._channels, self._channel_of = arrays["channels"], arrays["channel_of"]
        except KeyError as error:
            raise ValueError(f"the index lacks {error}") from None
        self.size = len(self.symbols)
        if (
            len(self.suffixes) != self.size - 1
            or len(seconds) != -(-len(self.suffixes) // _STEP)
            or len(self._marks) != len(self._ranks)
        ):
            raise ValueError("the index's parts do not fit each other")
        # A memoryview returns a Python int several times faster than its array does.
        self.symbol_at: Sequence[int] = self.symbols.data
        self.symbol_after = [self.symbols.data[at:].__getitem__ for at in range(DEPTH)]
        """The symbol after a position at depth d: the sorter's key."""
        self._channel_at: Sequence[int] = self._channel_of.data
        self._mark_at: Sequence[int] = self._marks.data
        self._rank_at: Sequence[int] = self._ranks.data
        self._run_starts: Sequence[int] = run_starts.data
        self._run_ids: Sequence[int] = run_ids.data
        self._use(self.suffixes, first, seconds)
        self.alphabet = len(first) - 1
        self.messages = int(first[1])
        if len(self._channel_of) != self.messages:
            raise ValueError("the index's channels do not fit its messages")

    def _use(
        self,
        suffixes: npt.NDArray[np.int32],
        first: npt.NDArray[np.int32],
        seconds: Symbols,
    ) -> None:
        self.suffixes = suffixes
        self.suffix_at: Sequence[int] = suffixes.data
        self.first_of: Sequence[int] = first.data
        self._seconds: Sequence[int] = seconds.data
        self._found: dict[tuple[int, int, int], tuple[int, int]] = {}

    @classmethod
    def empty(cls) -> "Base":
        """Return a base without messages."""
        return cls(build(np.zeros(1, np.int32), np.empty(0, np.int64)))

    def places_of(self, symbol: int) -> tuple[int, int]:
        """Return the suffixes that begin with the symbol, half-open."""
        if 0 <= symbol < self.alphabet:
            return self.first_of[symbol], self.first_of[symbol + 1]
        return 0, 0

    def narrow(self, lo: int, hi: int, depth: int, symbol: int) -> tuple[int, int]:
        """Return the suffixes of lo..hi, equal up to `depth`, followed by `symbol`."""
        suffix_at, symbol_after = self.suffix_at, self.symbol_after[depth]
        if hi - lo <= _FEW:
            while lo < hi and symbol_after(suffix_at[lo]) != symbol:
                lo += 1
            while lo < hi and symbol_after(suffix_at[hi - 1]) != symbol:
                hi -= 1
            return lo, hi
        if hi - lo < _WIDE:
            return search(suffix_at, symbol_after, lo, hi, symbol)
        key = lo, depth, symbol
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_FOUND:
                self._found.clear()
            if depth == 1:
                found = self._search_sampled(lo, hi, symbol)
            else:
                found = search(suffix_at, symbol_after, lo, hi, symbol)
            self._found[key] = found
        return found

    def _search_sampled(self, lo: int, hi: int, symbol: int) -> tuple[int, int]:
        """Do the work of `search` for places of one symbol, with the samples first."""
        suffix_at, symbol_after = self.suffix_at, self.symbol_after[1]
        first, last = -(-lo // _STEP), -(-hi // _STEP)
        before = bisect_left(self._seconds, symbol, first, last)
        after = bisect_right(self._seconds, symbol, before, last)
        lo, hi = max(lo, (before - 1) * _STEP), min(hi, after * _STEP)
        if before == after:
            return search(suffix_at, symbol_after, lo, hi, symbol)
        start = bisect_left(suffix_at, symbol, lo, before * _STEP, key=symbol_after)
        end = max(start, (after - 1) * _STEP)
        return start, bisect_right(suffix_at, symbol, end, hi, key=symbol_after)

    def message_at(self, position: int) -> int:
        """Return the message that owns the position, counted from 0."""
        word = position >> 6
        before = self._mark_at[word] & ((2 << (position & 63)) - 1)
        return self._rank_at[word] + before.bit_count() - 1

    def messages_at(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the message that owns each position; shapes (k,) and (k,)."""
        words = positions >> 6
        masks = (np.uint64(2) << (positions & 63).astype(np.uint64)) - np.uint64(1)
        before = np.bitwise_count(self._marks[words] & masks)
        found: npt.NDArray[np.int64] = self._ranks[words] + before.astype(np.int64) - 1
        return found

    def id_of(self, message: int) -> int:
        """Return the id of the message counted from 0."""
        run = bisect_right(self._run_starts, message) - 1
        return self._run_ids[run] + message - self._run_starts[run]

    def find(self, message_id: int) -> int | None:
        """Return the message with the id, counted from 0, or None."""
        run = bisect_right(self._run_ids, message_id) - 1
        if run < 0:
            return None
        found = self._run_starts[run] + message_id - self._run_ids[run]
        last = run + 1 == len(self._run_starts)
        end = self.messages if last else self._run_starts[run + 1]
        return found if found < end else None

    @property
    def channels(self) -> frozenset[int]:
        """The channels that its messages are from."""
        return frozenset(self._channels.tolist())

    def numbers_of(self, channels: Collection[int]) -> frozenset[int]:
        """Return these channels as the base numbers them."""
        found = np.flatnonzero(np.isin(self._channels, list(channels)))
        return frozenset(found.tolist())

    def is_in(self, position: int, numbers: Collection[int]) -> bool:
        """Return whether a position's message is from a channel of these numbers."""
        return self._channel_at[self.message_at(position)] in numbers

    def are_in(
        self, positions: npt.NDArray[np.int64], numbers: Collection[int]
    ) -> npt.NDArray[np.bool_]:
        """Return the same for each position; shapes (k,) and (k,)."""
        owners = self._channel_of[self.messages_at(positions)]
        return np.isin(owners, list(numbers))

    def within(self, channels: Collection[int]) -> "Base":
        """Return the same messages with places in these channels alone.

        It takes some 20 ns and 4 bytes a symbol, as what is left is already sorted.
        """
        return self._of(np.isin(self._channels, list(channels))[self._channel_of])

    def in_spans(self, spans: Spans) -> "Base":
        """Return the same messages with places in those of these ids alone."""
        starts, ids = np.asarray(self._run_starts), np.asarray(self._run_ids)
        offsets = np.repeat(ids - starts, np.diff(starts, append=self.messages))
        return self._of(in_spans(offsets + np.arange(self.messages), spans))

    def _of(self, is_wanted: npt.NDArray[np.bool_]) -> "Base":
        bounds = np.flatnonzero(self.symbols == END)
        kept = np.repeat(is_wanted, np.diff(bounds))[self.suffixes]
        before = np.zeros(len(kept) + 1, np.int32)
        np.cumsum(kept, out=before[1:])
        suffixes = self.suffixes[kept]
        part = copy(self)
        part._use(
            suffixes,
            before[np.asarray(self.first_of)],
            self.symbols[suffixes[::_STEP] + 1],
        )
        return part
