"""Looks up sequences of symbols in an index as it was at one moment."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.voice.static_index import DEPTH, END, Base, Lean
from app.voice.tail import Tail

FULL = 255
"""A message's whole weight, as kept in a byte."""

_REDRAWS = 24
"""The number of failed draws before all places of the range are weighed."""

_FEW_TO_LEAN = 2
"""The fewest places of which some can count for more."""

_new = tuple.__new__
"""A maker of Range that takes half the time of its constructor."""


class Range(NamedTuple):
    """All places of one sequence of symbols."""

    depth: int
    """The number of symbols in the sequence; 0 stands for every place."""
    lo: int
    hi: int
    """Half-open, in the base's sorted suffixes."""
    tail_lo: int
    tail_hi: int
    """Half-open, in the tail's."""

    @property
    def places(self) -> int:
        """The number of places, including those of forgotten messages."""
        return self.hi - self.lo + self.tail_hi - self.tail_lo


class Weights:
    """The reduced weights of some messages, by their place in the parts."""

    __slots__ = ("base", "tail")

    def __init__(self) -> None:
        self.base: npt.NDArray[np.uint8] | None = None
        """A byte per message, once any message of the base weighs less."""
        self.tail: dict[int, int] = {}


class View:
    """The index as it was at one moment; later learning does not change it.

    Forgetting affects existing views at once. Positions count through the base and
    continue through the tail.
    """

    __slots__ = ("_lean", "_near", "_weights", "base", "everything", "tail")

    def __init__(
        self, base: Base, tail: Tail, weights: Weights, lean: Lean | None = None
    ) -> None:
        self.base = base
        self.tail = tail
        self._weights = weights
        self._lean = lean
        self._near = base.numbers_of(lean.channels) if lean else frozenset()
        """The channels that it leans to, as the base numbers them."""
        self.everything = Range(0, 0, len(base.suffixes), 0, len(tail.suffixes))

    def narrow(self, found: Range, symbol: int) -> Range:
        """Return where `found` is followed by `symbol`; an unknown symbol is nowhere.

        END may be the first symbol of a range (a message starts) or its last (it ends);
        a range that has ended cannot be narrowed.

        Raises:
            ValueError: When the range is already `DEPTH` symbols deep.
        """
        depth, lo, hi, tail_lo, tail_hi = found
        if depth >= DEPTH:
            raise ValueError(f"a range is at most {DEPTH} symbols deep")
        if depth == 0:
            lo, hi = self.base.places_of(symbol)
        elif lo < hi:
            lo, hi = self.base.narrow(lo, hi, depth, symbol)
        if tail_lo < tail_hi:
            tail_lo, tail_hi = self.tail.narrow(tail_lo, tail_hi, depth, symbol)
        return _new(Range, (depth + 1, lo, hi, tail_lo, tail_hi))

    def extend(self, ranges: Sequence[Range], symbol: int) -> list[Range]:
        """Extend the sequences of `ranges`, and the empty one, by `symbol`.

        Sequences that never continue so, or are at the greatest depth, are left out.
        """
        base, tail = self.base, self.tail
        longer = []
        for depth, lo, hi, tail_lo, tail_hi in ranges:
            if depth == DEPTH:
                continue
            if lo < hi:
                lo, hi = base.narrow(lo, hi, depth, symbol)
            if tail_lo < tail_hi:
                tail_lo, tail_hi = tail.narrow(tail_lo, tail_hi, depth, symbol)
            if lo < hi or tail_lo < tail_hi:
                longer.append(_new(Range, (depth + 1, lo, hi, tail_lo, tail_hi)))
        lo, hi = base.places_of(symbol)
        _, _, _, tail_lo, tail_hi = self.everything
        if tail_lo < tail_hi:
            tail_lo, tail_hi = tail.narrow(tail_lo, tail_hi, 0, symbol)
        longer.append(_new(Range, (1, lo, hi, tail_lo, tail_hi)))
        return longer

    def find(self, symbols: Iterable[int]) -> Range:
        """Return the places where the symbols stand in a row; at most `DEPTH`."""
        base, tail = self.base, self.tail
        depth, lo, hi, tail_lo, tail_hi = self.everything
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
        return _new(Range, (depth, lo, hi, tail_lo, tail_hi))

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

        A lean is kept roughly where few places are in its channels, as no more than so
        many are drawn.

        Raises:
            LookupError: When the range is empty, or all of it is forgotten.
        """
        depth, lo, hi, tail_lo, tail_hi = found
        in_base = hi - lo
        count = in_base + tail_hi - tail_lo
        if count == 0:
            raise LookupError("nothing learned follows this")
        weights = self._weights
        faded, lean = weights.base is not None or weights.tail, self._lean
        far = None
        for _ in range(_REDRAWS):
            drawn = int(rng.random() * count)
            if drawn < in_base:
                position = self.base.suffix_at[lo + drawn]
            else:
                position = self.tail.suffix_at[tail_lo + drawn - in_base]
                position += self.base.size
            if faded:
                weight = self._weight_at(position)
                if weight != FULL and rng.random() * FULL >= weight:
                    continue
            if lean is None or self._is_near(position, lean):
                return position
            far = position
            if rng.random() * lean.times < 1:
                break
        return self._pick_slowly(found, rng) if far is None else far

    def _is_near(self, position: int, lean: Lean) -> bool:
        """Return whether a position is in the channels that the view leans to."""
        size = self.base.size
        if position < size:
            return self.base.is_in(position, self._near)
        owner = self.tail.message_at(position - size)
        return self.tail.channels[owner] in lean.channels

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
        depth, lo, hi, tail_lo, tail_hi = found
        # Places are sorted by what follows, so the outermost places of each part
        # decide.
        first = last = -1
        if lo < hi:
            suffix_at, symbol_after = self.base.suffix_at, self.base.symbol_after[depth]
            first, last = symbol_after(suffix_at[lo]), symbol_after(suffix_at[hi - 1])
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
        return self.leaning_followers(found, limit)[:2]

    def leaning_followers(
        self, found: Range, limit: int = 4096
    ) -> tuple[
        npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64] | None
    ]:
        """Return what `followers` does, and the mean lean of each symbol's places.

        The lean is None where no place, or every place, has the same.
        """
        positions, weights = self._places(found, limit)
        follow = self._symbols_at(positions + found.depth)
        if found.tail_lo < found.tail_hi:
            order = np.argsort(follow, kind="stable")
            follow, weights = follow[order], weights[order]
            positions = positions[order]
        # Places are sorted by what follows them, so each symbol is one run.
        runs = np.flatnonzero(np.diff(follow, prepend=-1))
        symbols = follow[runs]
        counts = np.add.reduceat(weights, runs) if len(runs) else weights
        alive = counts > 0
        leans = self._leans(positions)
        if leans is not None:
            leans = np.add.reduceat(leans * weights, runs)[alive] / counts[alive]
        return symbols[alive], counts[alive], leans

    def _leans(
        self, positions: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64] | None:
        """Return for how many others each position counts; None where all are alike."""
        lean, size = self._lean, self.base.size
        if lean is None or len(positions) < _FEW_TO_LEAN:
            return None
        in_base = positions < size
        near = np.zeros(len(positions), np.bool_)
        near[in_base] = self.base.are_in(positions[in_base], self._near)
        if not in_base.all():
            rest = (positions[~in_base] - size).tolist()
            owners = map(self.tail.message_at, rest)
            near[~in_base] = [self.tail.channels[at] in lean.channels for at in owners]
        return np.where(near, lean.times, 1.0) if near.any() else None

    def newest(
        self, found: Range, most: int, limit: int = 4096
    ) -> list[tuple[int, int]]:
        """Return (id, position) of the newest messages with a place in the range.

        Of a range of more than `limit` places in each part only some are looked at.
        """
        positions, weights = self._places(found, limit)
        newest: dict[int, int] = {}
        # Messages stand in the order in which they were learned.
        for position in np.sort(positions[weights > 0])[::-1].tolist():
            newest.setdefault(self.message_at(position), position)
            if len(newest) == most:
                break
        return list(newest.items())

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
        base, step = _spread(self.base.suffixes, found.lo, found.hi, limit)
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
) -> tuple[npt.NDArray[np.int64], float]:
    """Return the suffixes lo..hi, or `limit` evenly spread ones, and the step."""
    count = hi - lo
    if count <= limit:
        return suffixes[lo:hi].astype(np.int64), 1.0
    middles = (2 * np.arange(limit, dtype=np.int64) + 1) * count // (2 * limit)
    return suffixes[lo + middles].astype(np.int64), count / limit
