"""Walks on the index: one line after another that no message holds as it is."""

from dataclasses import dataclass
from random import Random

from app.voice.index import DEPTH, END, Range, View
from app.voice.lines import Rules

_PLENTY = 32
"""Places that a longer state must have to be used."""

_LONGER = 2
"""Words by which a state may grow past the state size."""

_DRAWS = 3
"""Followers drawn before a walk that only repeats one message is given up."""


class Walk:
    """A line in the making, from the END before it on."""

    __slots__ = ("choices", "places", "ranges", "run", "symbols")

    def __init__(self, start: Range) -> None:
        self.symbols = [END]
        self.places: list[int] = []
        """Where each word was drawn: its position in the index."""
        self.ranges = [start]
        """Where the last symbols occur, the most of them first; each is a state."""
        self.run = 0
        """The longest run of words that one message holds."""
        self.choices = 0
        """Steps at which more than one symbol could follow."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One view of the index, walked by one set of rules."""

    view: View
    rules: Rules
    rng: Random
    may_run: bool = False
    """Whether a run of one message may be of any length."""
    may_repeat: bool = False
    """Whether the line may be a whole message."""

    def walk(self) -> Walk | None:
        """Return a line from its start to its end, or None where it would only repeat.

        Raises:
            LookupError: When no message is left to begin with.
        """
        start = self.view.find([END])
        self.view.pick(start, self.rng)
        return self._finish(Walk(start))

    def walk_through(self, phrase: tuple[int, ...]) -> Walk | None:
        """Return a line that holds the phrase, or None where it would only repeat.

        It grows backwards first: what precedes a random place of a state is as much a
        sample as what follows one.

        Raises:
            LookupError: When no message that is left holds the phrase.
        """
        symbols, places = self._grow_back(phrase)
        walk = Walk(self.view.find([END]))
        for symbol in symbols:
            if not self._follow(walk, symbol):
                return None
        walk.places = places
        walk.choices = len(symbols) - len(phrase)
        return self._finish(walk)

    def _grow_back(self, phrase: tuple[int, ...]) -> tuple[list[int], list[int]]:
        """Return the words from a line's start through the phrase, and their places."""
        view = self.view
        place = view.pick(view.find(phrase), self.rng)
        symbols, places = list(phrase), list(range(place, place + len(phrase)))
        while len(symbols) < self.rules.max_words:
            state = view.find(symbols[: self.rules.state_size])
            place = view.pick(state, self.rng) - 1
            before = view.symbol_at(place)
            if before == END:
                break
            symbols.insert(0, before)
            places.insert(0, place)
        return symbols, places

    def _finish(self, walk: Walk) -> Walk | None:
        """Walk on to the message's end, or to the most words a line may have."""
        while len(walk.places) < self.rules.max_words:
            if not self._step(walk):
                return None
            if walk.symbols[-1] == END:
                break
        words = len(walk.places)
        fits = self.may_run or walk.run <= self.rules.longest_run(words)
        return walk if fits and words else None

    def _step(self, walk: Walk) -> bool:
        """Add a word or the END; False when all that was drawn would only repeat."""
        view = self.view
        at = self._choose_state(walk)
        choice = view.branches(walk.ranges[at])
        for _ in range(_DRAWS):
            found = walk.ranges[at]
            at = min(at + 1, len(walk.ranges) - 1)
            try:
                drawn = view.pick(found, self.rng)
            except LookupError:
                # Only forgotten messages have been in this state.
                continue
            place = self._stay(walk, drawn + found.depth)
            symbol = view.symbol_at(place)
            if self._follow(walk, symbol):
                walk.choices += choice
                if symbol != END:
                    walk.places.append(place)
                return True
        return False

    def _choose_state(self, walk: Walk) -> int:
        """Return which of the walk's ranges to draw from."""
        view, ranges = self.view, walk.ranges
        size = self.rules.state_size
        at = max(0, len(ranges) - size)
        while at > max(0, len(ranges) - size - _LONGER):
            longer = ranges[at - 1]
            if longer.places < _PLENTY or not view.branches(longer):
                break
            at -= 1
        # A state that leaves no choice goes on repeating its message: let go in time.
        if not self.may_run and ranges[0].depth > self.rules.max_run // 2:
            while at < len(ranges) - 1 and not view.branches(ranges[at]):
                at += 1
        return at

    def _stay(self, walk: Walk, place: int) -> int:
        """Return the same word's place in the message drawn from last, if it is there.

        Any place of a state is as good a source, and one message is a clearer one.
        """
        if walk.places:
            next_place = walk.places[-1] + 1
            if self.view.symbol_at(next_place) == self.view.symbol_at(place):
                return next_place
        return place

    def _follow(self, walk: Walk, symbol: int) -> bool:
        """Add the symbol, unless one message would then hold too much of the line."""
        narrow = self.view.narrow
        ranges = []
        for found in walk.ranges:
            if found.depth < DEPTH:
                narrowed = narrow(found, symbol)
                if narrowed.places:
                    ranges.append(narrowed)
        from_start = bool(ranges) and ranges[0].depth == len(walk.symbols) + 1
        if symbol == END:
            if from_start and not self.may_repeat:
                return False
        else:
            run = ranges[0].depth - from_start if ranges else 1
            if run > self.rules.max_run and not self.may_run:
                return False
            walk.run = max(walk.run, run)
            ranges.append(narrow(self.view.everything, symbol))
        walk.symbols.append(symbol)
        walk.ranges = ranges
        return True
