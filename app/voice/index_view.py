"""Looks up sequences of symbols in an index as it was at one moment."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.voice.bits import Bits, Places, spread
from app.voice.static_index import DEPTH, END, Base
from app.voice.tail import Tail

FULL = 255
"""A message's whole weight, as kept in a byte."""

_REDRAWS = 24
"""The number of failed draws before all places of the range are weighed."""

_new = tuple.__new__
"""A maker of Range that takes half the time of its constructor."""


class Range(NamedTuple):
    """All places of one sequence of symbols."""

    depth: int
    """The number of symbols in the sequence; 0 stands for every place."""
    lo: int
    hi: int
    """Half-open, in the base's sorted suffixes."""
    shown: int
    """The number of those places that are not hidden."""
    tail_lo: int
    tail_hi: int
    """Half-open, in the tail's."""

    @property
    def places(self) -> int:
        """The number of places that are not hidden."""
        return self.shown + self.tail_hi - self.tail_lo


class Weights:
    """The reduced weights of some messages, by their place in the parts."""

    __slots__ = ("base", "tail")

    def __init__(self) -> None:
        self.base: npt.NDArray[np.uint8] | None = None
        """A byte per message, once any message of the base weighs less."""
        self.tail: dict[int, int] = {}


class Scope:
    """The messages of some channels; all others are as if they were never written."""

    __slots__ = ("bits", "channels", "tail", "whole_tail")

    def __init__(self, channels: frozenset[int] | None, bits: Bits | None) -> None:
        self.channels = channels
        """None stands for all."""
        self.bits = bits
        """A bit for each of the base's suffixes that is not hidden; None if none is."""
        self.whole_tail: Tail | None = None
        """The tail that `tail` was made from."""
        self.tail: Tail | None = None


class View:
    """The index as it was at one moment; later learning does not change it.

    Forgetting affects existing views at once. Positions count through the base and
    continue through the tail.
    """

    __slots__ = ("_scope", "_weights", "base", "everything", "tail")

    def __init__(self, base: Base, tail: Tail, weights: Weights, scope: Scope) -> None:
        """`tail` holds only what is in the scope."""
        self.base = base
        self.tail = tail
        self._weights = weights
        self._scope = scope
        size, bits = len(base.suffixes), scope.bits
        shown = size if bits is None else bits.count(0, size)
        self.everything = Range(0, 0, size, shown, 0, len(tail.suffixes))

    def narrow(self, found: Range, symbol: int) -> Range:
        """Return where `found` is followed by `symbol`; an unknown symbol is nowhere.

        END may be the first symbol of a range (a message starts) or its last (it ends);
        a range that has ended cannot be narrowed.

        Raises:
            ValueError: When the range is already `DEPTH` symbols deep.
        """
        depth, lo, hi, shown, tail_lo, tail_hi = found
        if depth >= DEPTH:
            raise ValueError(f"a range is at most {DEPTH} symbols deep")
        if depth == 0:
            lo, hi = self.base.places_of(symbol)
        elif shown:
            lo, hi = self.base.narrow(lo, hi, depth, symbol)
        if tail_lo < tail_hi:
            tail_lo, tail_hi = self.tail.narrow(tail_lo, tail_hi, depth, symbol)
        bits = self._scope.bits
        shown = hi - lo if bits is None else bits.count(lo, hi)
        return _new(Range, (depth + 1, lo, hi, shown, tail_lo, tail_hi))

    def extend(self, ranges: Sequence[Range], symbol: int) -> list[Range]:
        """Extend the sequences of `ranges`, and the empty one, by `symbol`.

        Sequences that never continue so, or are at the greatest depth, are left out.
        """
        base, tail, bits = self.base, self.tail, self._scope.bits
        longer = []
        for depth, lo, hi, shown, tail_lo, tail_hi in ranges:
            if depth == DEPTH:
                continue
            if shown:
                lo, hi = base.narrow(lo, hi, depth, symbol)
                shown = hi - lo if bits is None else bits.count(lo, hi)
            if tail_lo < tail_hi:
                tail_lo, tail_hi = tail.narrow(tail_lo, tail_hi, depth, symbol)
            if shown or tail_lo < tail_hi:
                longer.append(_new(Range, (depth + 1, lo, hi, shown, tail_lo, tail_hi)))
        lo, hi = base.places_of(symbol)
        shown = hi - lo if bits is None else bits.count(lo, hi)
        _, _, _, _, tail_lo, tail_hi = self.everything
        if tail_lo < tail_hi:
            tail_lo, tail_hi = tail.narrow(tail_lo, tail_hi, 0, symbol)
        longer.append(_new(Range, (1, lo, hi, shown, tail_lo, tail_hi)))
        return longer

    def find(self, symbols: Iterable[int]) -> Range:
        """Return the places where the symbols stand in a row; at most `DEPTH`."""
        base, tail, bits = self.base, self.tail, self._scope.bits
        depth, lo, hi, shown, tail_lo, tail_hi = self.everything
        # As `narrow` does, without a call and a Range for each symbol.
        for symbol in symbols:
            if depth == DEPTH:
                raise ValueError(f"a range is at most {DEPTH} symbols deep")
            if depth == 0:
                lo, hi = base.places_of(symbol)
            elif lo < hi:
                lo, hi = base.narrow(lo, hi, depth, symbol)
            if tail_lo < tail_hi:
                tail_lo, tail_hi = tail.narrow(tail_lo, tail_hi, depth, symbol)
            depth += 1
            if lo == hi and tail_lo == tail_hi:
                break
        shown = hi - lo if bits is None else bits.count(lo, hi)
        return _new(Range, (depth, lo, hi, shown, tail_lo, tail_hi))

    def matches(self, context: Sequence[int], longest: int) -> list[Range]:
        """Return where the last 0, 1, 2, … symbols of `context` occur.

        Stops before the first length that occurs nowhere, at `longest`, or at the END
        that starts the message, since nothing crosses it.

        Returns:
            At least one range; the one at i is i symbols deep.
        """
        found = [self.everything]
        for length in range(1, min(longest, len(context)) + 1):
            match = self.find(context[-length:])
            if not match.places:
                break
            found.append(match)
            if context[-length] == END:
                break
        return found

    def pick(self, found: Range, rng: Random) -> int:
        """Return a random place of the range, weighted by its message.

        Raises:
            LookupError: When the range is empty, or all of it is forgotten.
        """
        depth, lo, hi, in_base, tail_lo, tail_hi = found
        count = in_base + tail_hi - tail_lo
        if count == 0:
            raise LookupError("nothing learned follows this")
        weights, bits = self._weights, self._scope.bits
        faded = weights.base is not None or weights.tail
        for _ in range(_REDRAWS):
            drawn = int(rng.random() * count)
            if drawn < in_base:
                at = lo + drawn if bits is None else bits.pick(lo, hi, rng)
                position = self.base.suffix_at[at]
            else:
                position = self.tail.suffix_at[tail_lo + drawn - in_base]
                position += self.base.size
            if not faded:
                return position
            weight = self._weight_at(position)
            if weight == FULL or rng.random() * FULL < weight:
                return position
        return self._pick_slowly(found, rng)

    def symbol_at(self, position: int) -> int:
        """Return the symbol at a position of the base or the tail."""
        size = self.base.size
        if position < size:
            return self.base.symbol_at[position]
        return self.tail.symbols[position - size]

    def message_at(self, position: int) -> int:
        """Return the id of the message that owns the position.

        A message owns the positions from the END before it to its last symbol.
        """
        size = self.base.size
        if position < size:
            return self.base.id_of(self.base.message_at(position))
        return self.tail.ids[self.tail.message_at(position - size)]

    def branches(self, found: Range) -> bool:
        """Return whether two different symbols follow the range's places."""
        depth, lo, hi, shown, tail_lo, tail_hi = found
        # Places are sorted by what follows, so the outermost places of each part
        # decide.
        first = last = -1
        if shown:
            start, end, bits = lo, hi - 1, self._scope.bits
            if bits is not None:
                start, end = bits.outermost(lo, hi)
            suffix_at, symbol_after = self.base.suffix_at, self.base.symbol_after[depth]
            first, last = symbol_after(suffix_at[start]), symbol_after(suffix_at[end])
        if first == last and tail_lo < tail_hi:
            tail = self.tail
            first = tail.symbols[tail.suffix_at[tail_lo] + depth]
            if last < 0 or last == first:
                last = tail.symbols[tail.suffix_at[tail_hi - 1] + depth]
        return first != last

    def followers(
        self, found: Range, limit: int = 4096
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return the symbols that follow the range, with their counts.

        A range of more than `limit` places is sampled at `limit` evenly spread places,
        and the counts are scaled up. Places are sorted by what follows them, so no
        count is off by more than one such step.

        Returns:
            The distinct symbols, ascending, and their counts, each place weighted by
            its message; both of shape (k,), k may be 0. END counts as a symbol.
        """
        positions, weights = self._places(found, limit)
        follow = self._symbols_at(positions + found.depth)
        if found.tail_lo < found.tail_hi:
            order = np.argsort(follow, kind="stable")
            follow, weights = follow[order], weights[order]
        # Places are sorted by what follows them, so each symbol is one run.
        runs = np.flatnonzero(np.diff(follow, prepend=-1))
        symbols = follow[runs]
        counts = np.add.reduceat(weights, runs) if len(runs) else weights
        if self._weights.base is None and not self._weights.tail:
            return symbols, counts
        alive = counts > 0
        return symbols[alive], counts[alive]

    def counts(self, symbols: int) -> npt.NDArray[np.int64]:
        """Return how often each symbol from END on occurs in the base; (symbols,)."""
        first = np.asarray(self.base.first_of, np.int64)
        if self._scope.bits is not None:
            first = self._scope.bits.ranks(first)
        counts = np.zeros(symbols, np.int64)
        counts[: len(first) - 1] = np.diff(first)
        return counts

    def _symbols_at(self, positions: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        in_base = positions < self.base.size
        if in_base.all():
            return self.base.symbols[positions].astype(np.int64)
        follow = np.empty(len(positions), np.int64)
        follow[in_base] = self.base.symbols[positions[in_base]]
        rest = (positions[~in_base] - self.base.size).tolist()
        follow[~in_base] = [self.tail.symbols[at] for at in rest]
        return follow

    def _places(
        self, found: Range, limit: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Return up to `limit` positions of each part, each standing for so many."""
        suffixes, bits = self.base.suffixes, self._scope.bits
        if bits is None:
            base, step = _spread(suffixes, found.lo, found.hi, limit)
        else:
            at, step = bits.places(found.lo, found.hi, limit)
            base = suffixes[at].astype(np.int64)
        weights = np.full(len(base), step)
        if self._weights.base is not None:
            kept = self._weights.base[self.base.messages_at(base)]
            weights *= kept.astype(np.float64) / FULL
        if found.tail_lo == found.tail_hi:
            return base, weights
        tail, step = _spread(self.tail.suffixes, found.tail_lo, found.tail_hi, limit)
        tail_weights = np.full(len(tail), step)
        if self._weights.tail:
            owners = map(self.tail.message_at, tail.tolist())
            tail_kept = [self._weights.tail.get(owner, FULL) for owner in owners]
            tail_weights *= np.array(tail_kept, np.float64) / FULL
        positions = np.concatenate([base, tail + self.base.size])
        return positions, np.concatenate([weights, tail_weights])

    def _weight_at(self, position: int) -> int:
        size = self.base.size
        if position >= size:
            owner = self.tail.message_at(position - size)
            return self._weights.tail.get(owner, FULL)
        if self._weights.base is None:
            return FULL
        return int(self._weights.base[self.base.message_at(position)])

    def _pick_slowly(self, found: Range, rng: Random) -> int:
        positions, weights = self._places(found, found.places)
        reach = np.cumsum(weights)
        if not len(reach) or reach[-1] <= 0:
            raise LookupError("all that follows this is forgotten")
        drawn = np.searchsorted(reach, rng.random() * reach[-1], "right")
        return int(positions[min(int(drawn), len(positions) - 1)])


def _spread(
    suffixes: npt.NDArray[np.int32], lo: int, hi: int, limit: int
) -> tuple[Places, float]:
    """Return the suffixes lo..hi, or `limit` evenly spread ones, and the step."""
    if hi - lo <= limit:
        return suffixes[lo:hi].astype(np.int64), 1.0
    at, step = spread(lo, hi, limit)
    return suffixes[at].astype(np.int64), step
