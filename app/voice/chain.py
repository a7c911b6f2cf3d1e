"""Random walks on the index that make lines no message holds as they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from app.voice.generated_line import Rules
from app.voice.index import DEPTH, END, Range, View

_PLENTY = 32
"""The number of places that a longer state needs."""

_LONGER = 2
"""The number of words by which a state may exceed the state size."""

_DRAWS = 3
"""The number of followers drawn before a repetitive walk is abandoned."""

_ENOUGH = 2
"""The number of last words that end some message where a line of the wanted length
ends; of a line that got half as long again, the last one is enough."""

_PROBE = 4
"""The words tried first in a search for a run of one message."""


class Walk:
    """A line in the making, from its starting END on."""

    __slots__ = ("choices", "copied", "places", "ranges", "run", "symbols")

    def __init__(self, start: Range) -> None:
        self.symbols = [END]
        self.places: list[int] = []
        """The source of each word: its position in the index."""
        self.ranges = [start]
        """The states of the walk, the longest first: the places of its last symbols."""
        self.copied = 0
        """The number of its last words that the last source message has in a row."""
        self.run = 0
        """The highest value of `copied` so far."""
        self.choices = 0
        """Steps at which more than one symbol could follow."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One view of the index, walked by one set of rules."""

    view: View
    rules: Rules
    rng: Random
    avoids: Callable[[int], bool]
    """Tells if a word must not be said."""
    wanted: int
    """The number of words of a message drawn at random, which the line's follows."""
    may_run: bool = False
    """True if a run of one message may have any length."""
    may_repeat: bool = False
    """True if the line may be a whole message."""

    def walk(self) -> Walk | None:
        """Return a line from start to end, or None where it would only repeat."""
        return self._finish(Walk(self.view.find([END])))

    def walk_through(self, phrase: tuple[int, ...]) -> Walk | None:
        """Return a line that holds the phrase, or None where it would only repeat.

        It grows backwards first: the words before a random place of a state are as good
        a sample as the words after one.

        Raises:
            LookupError: When no remaining message holds the phrase.
        """
        symbols, places = self._grow_back(phrase)
        walk = Walk(self.view.find([END]))
        # No state is longer than these last words, so the others start none.
        last = self.rules.state_size + _LONGER
        if len(symbols) > last:
            walk.symbols += symbols[:-last]
            walk.ranges = []
        for symbol in symbols[-last:]:
            self._follow(walk, symbol)
        walk.places = places
        walk.copied = walk.run = len(phrase)
        walk.choices = len(symbols) - len(phrase)
        return self._finish(walk)

    def _grow_back(self, phrase: tuple[int, ...]) -> tuple[list[int], list[int]]:
        """Return the words from a line's start through the phrase, and their places."""
        view = self.view
        place = view.pick(view.find(phrase), self.rng)
        symbols, places = list(phrase), list(range(place, place + len(phrase)))
        enough = self.rng.random() * max(self.wanted, len(phrase))
        while len(symbols) < self.rules.max_words:
            if len(symbols) > enough and self._begins(symbols):
                break
            state = view.find(symbols[: self.rules.state_size])
            place = view.pick(state, self.rng) - 1
            before = view.symbol_at(place)
            if before == END:
                break
            symbols.insert(0, before)
            places.insert(0, place)
        return symbols, places

    def _begins(self, symbols: Sequence[int]) -> bool:
        """Return whether a message begins with the first words."""
        return self.view.find([END, *symbols[:_ENOUGH]]).places > 0

    def _finish(self, walk: Walk) -> Walk | None:
        """Walk on to the message's end, or to the longest allowed line."""
        while len(walk.places) < self.rules.max_words:
            if not self._step(walk):
                return None
            if walk.symbols[-1] == END:
                return walk
        return walk if self._is_new(walk) else None

    def _step(self, walk: Walk) -> bool:
        """Add a word or the END; False when every word drawn would only repeat."""
        view = self.view
        if len(walk.places) >= self.wanted and self._could_end(walk):
            if self._end(walk):
                return True
        at, choice = self._choose_state(walk)
        for draw in range(1, _DRAWS + 1):
            found = walk.ranges[at]
            at = min(at + 1, len(walk.ranges) - 1)
            try:
                place = view.pick(found, self.rng) + found.depth
            except LookupError:
                # Every message that had this state is forgotten.
                continue
            symbol = view.symbol_at(place)
            if symbol != END and self.avoids(symbol):
                continue
            if symbol == END:
                is_early = 2 * len(walk.places) < self.wanted and draw < _DRAWS
                added = not is_early and self._end(walk)
            else:
                added = self._add(walk, symbol, place, found.depth)
            if added:
                walk.choices += choice
                return True
        return False

    def _could_end(self, walk: Walk) -> bool:
        """Return whether some message ends with the last words."""
        is_late = 2 * len(walk.places) >= 3 * self.wanted
        least = 1 if is_late else _ENOUGH
        return any(
            self.view.narrow(found, END).places
            for found in walk.ranges
            if least <= found.depth < DEPTH
        )

    def _end(self, walk: Walk) -> bool:
        """End the line, unless it would then only repeat."""
        if not walk.places:
            return False
        walk.symbols.append(END)
        if self._is_new(walk):
            return True
        walk.symbols.pop()
        return False

    def _add(self, walk: Walk, symbol: int, place: int, depth: int) -> bool:
        """Add a word drawn at `place`, unless its message would be quoted too long."""
        copied = depth + (depth < len(walk.symbols))
        if walk.places:
            # Every place of a state is as good a source; one is easier to follow.
            stay = walk.places[-1] + 1
            if self.view.symbol_at(stay) == symbol:
                place, copied = stay, walk.copied + 1
        if copied > self.rules.max_run and not self.may_run:
            return False
        walk.places.append(place)
        walk.copied = copied
        walk.run = max(walk.run, copied)
        self._follow(walk, symbol)
        return True

    def _choose_state(self, walk: Walk) -> tuple[int, bool]:
        """Return the range to draw from, and whether it offers a choice."""
        view, ranges = self.view, walk.ranges
        at, last = 0, len(ranges) - 1
        choice = view.branches(ranges[0])
        while ranges[at].depth > self.rules.state_size and at < last:
            if choice and ranges[at].places >= _PLENTY:
                break
            at += 1
            choice = view.branches(ranges[at])
        # A state without a choice keeps repeating its message: drop it in time.
        if 2 * walk.copied > self.rules.max_run and not self.may_run:
            while not choice and at < last:
                at += 1
                choice = view.branches(ranges[at])
        return at, choice

    def _follow(self, walk: Walk, symbol: int) -> None:
        """Add the symbol, and keep the states that the next word may come from."""
        size = self.rules.state_size
        kept = []
        for found in walk.ranges:
            depth, lo, hi, tail_lo, tail_hi = found
            if depth < size or (
                depth < size + _LONGER and hi - lo + tail_hi - tail_lo >= _PLENTY
            ):
                kept.append(found)
        walk.symbols.append(symbol)
        walk.ranges = self.view.extend(kept, symbol)

    def _is_new(self, walk: Walk) -> bool:
        """Return whether no message holds the line, nor too long a run of it."""
        words = walk.symbols[1 : len(walk.places) + 1]
        allowed = self.rules.longest_run(len(words))
        if not self.may_run and allowed < len(words):
            return walk.run <= allowed and not self._has_run(words, allowed + 1)
        return self.may_repeat or not self.view.find(walk.symbols[:DEPTH]).places

    def _has_run(self, words: Sequence[int], length: int) -> bool:
        """Return whether one message holds `length` of the words in a row."""
        start = 0
        while start + length <= len(words):
            end = start + length
            probe = max(start, end - _PROBE)
            while self.view.find(words[probe:end]).places:
                if probe == start:
                    return True
                probe = max(start, probe - 2)
            # A run that nobody wrote is in every window of this length up to here.
            start = probe + 1
        return False
