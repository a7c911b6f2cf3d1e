"""Strings made to let a pattern backtrack, and the time that the pattern takes on them.

The strings come from the pattern itself: text up to one of its repeats, then one or
two of the kinds of characters that it tells apart, many times, then an end that cannot
match. Nested and adjacent repeats that fit the same text take polynomial or exponential
time on such strings (Davis et al., "The Impact of Regular Expression Denial of Service
in Practice", 2018).
"""

import importlib
import re
import time
from collections import deque
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

# The parser of `re` is private, but has been the same since Python 3.11.
parser: Any = importlib.import_module("re._parser")
codes: Any = importlib.import_module("re._constants")

REPEATS = {codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT}
ATOMS = {codes.LITERAL, codes.NOT_LITERAL, codes.IN, codes.ANY, codes.RANGE}
COMMON = "aA0_ \n\t-.:!@<…é\u3000\u3042\0"
ENDS = ("", "\0", "\n\0 ")
LENGTHS = (16, 20, 24, 28, 32, 128, 1_024)
"""Characters of the texts that are tried first, a few more each time."""

LONG = 16_384
SUSPICIOUS = 2.5e-7
GROWTH = 12
"""A long text is tried as well where 1,024 characters take so many seconds each, and so
many times as long as 128."""

ALLOWED = 2e-3, 1e-6
"""Seconds for any text, and more for each character. On a long text, a linear pattern
takes a tenth of this and a quadratic one ten times as much."""

MOST_TEXTS = 1_500


class Attack:
    """The attacks on one pattern."""

    def __init__(self, pattern: "re.Pattern[str] | re.Pattern[bytes]") -> None:
        self.pattern = pattern
        self._ignores_case = bool(pattern.flags & re.IGNORECASE)
        self._tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
        self._atoms = list(atoms(self._tree))
        self._letters = self._kinds_of_letters()

    def slow_text(self) -> str | None:
        """Return the first text that takes more than its time, cut short for print."""
        for start, pump, end in self._texts():
            text, seconds, before = "", 0.0, 0.0
            for length in LENGTHS:
                text = start + pump * (length // len(pump)) + end
                before, seconds = seconds, self._seconds(text)
                if seconds > allowed(text):
                    before = 0.0
                    break
            if seconds > max(SUSPICIOUS * len(text), GROWTH * before):
                if seconds <= allowed(text):
                    text = start + pump * (LONG // len(pump)) + end
                # Whatever else the machine does can only make a measure longer.
                if all(self._seconds(text) > allowed(text) for _ in range(3)):
                    return f"{start!r} + {pump!r} * many + {end!r}"
        return None

    def _texts(self) -> Iterator[tuple[str, str, str]]:
        """Yield starts, what to repeat after them, and ends."""
        starts, own = {""}, set[str]()
        for before, body in self._repeats(self._tree, ""):
            starts |= {before, before + body}
            own |= {body, before + body}
        if not own:
            return
        pairs = [a + b for a, b in product(self._letters, repeat=2)]
        pumps = dict.fromkeys([*sorted(own), *self._letters, *pairs])
        texts = list(product(sorted(starts), filter(None, pumps), ENDS))
        yield from Random(1).sample(texts, min(len(texts), MOST_TEXTS))

    def _seconds(self, text: str) -> float:
        """Time of this thread alone, so that a busy machine makes no difference."""
        sent: Any = text
        if isinstance(self.pattern.pattern, bytes):
            sent = text.encode("latin-1", "replace")
        started = time.thread_time()
        self.pattern.fullmatch(sent)
        deque(self.pattern.finditer(sent), maxlen=0)
        return time.thread_time() - started

    def _kinds_of_letters(self) -> list[str]:
        """One letter of each kind that the pattern tells apart."""
        own = {chr(code) for op, code in self._atoms if op is codes.LITERAL}
        own |= {
            chr(end) for op, ends in self._atoms if op is codes.RANGE for end in ends
        }
        kinds: dict[tuple[bool, ...], str] = {}
        for letter in [*COMMON, *sorted(own)]:
            fits = tuple(self._fits(*atom, letter) for atom in self._atoms)
            # Lines and words end there, whether or not the pattern names them.
            ends = letter == "\n", letter.isalnum() or letter == "_"
            kinds.setdefault((*fits, *ends), letter)
        return list(kinds.values())

    def _fits(self, op: Any, value: Any, letter: str) -> bool:
        forms = {letter}
        if self._ignores_case:
            forms |= {letter.lower(), letter.upper()}
        return any(fits(op, value, form) for form in forms)

    def _sample(self, tree: Any) -> str:
        """A short text that fits a part of the pattern."""
        return "".join(self._sample_of(op, value) for op, value in tree)

    def _sample_of(self, op: Any, value: Any) -> str:
        if op in ATOMS:
            if op is codes.LITERAL:
                return chr(value)
            fitting = (one for one in self._letters if self._fits(op, value, one))
            return next(fitting, "a")
        if op in REPEATS:
            return self._sample(value[2]) * int(min(value[0], 100))
        if op is codes.ASSERT:
            return self._sample(value[1])
        if op is codes.BRANCH:
            return self._sample(value[1][0])
        inner = inner_trees(op, value)
        return self._sample(inner[0]) if inner and op is not codes.ASSERT_NOT else ""

    def _repeats(self, tree: Any, before: str) -> Iterator[tuple[str, str]]:
        """Yield a text up to each repeat, and one that the repeat takes."""
        for op, value in tree:
            if op in REPEATS and value[1] > 8:
                yield before, self._sample(value[2])
            for inner in inner_trees(op, value):
                yield from self._repeats(inner, before)
            before += self._sample_of(op, value)


def allowed(text: str) -> float:
    """Seconds that a pattern may take on a text."""
    whole, each = ALLOWED
    return whole + each * len(text)


def inner_trees(op: Any, value: Any) -> list[Any]:
    """The parts inside a part of a pattern."""
    if op in REPEATS:
        return [value[2]]
    if op is codes.BRANCH:
        return list(value[1])
    if op is codes.SUBPATTERN:
        return [value[3]]
    if op in {codes.ASSERT, codes.ASSERT_NOT}:
        return [value[1]]
    return [value] if op is codes.ATOMIC_GROUP else []


def atoms(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield all that takes one character."""
    for op, value in tree:
        if op in ATOMS:
            yield op, value
        if op is codes.IN:
            yield from (one for one in value if one[0] in ATOMS)
        for inner in inner_trees(op, value):
            yield from atoms(inner)


CATEGORIES = {
    codes.CATEGORY_DIGIT: str.isdigit,
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_WORD: lambda letter: letter.isalnum() or letter == "_",
}
OPPOSITES = {
    codes.CATEGORY_NOT_DIGIT: codes.CATEGORY_DIGIT,
    codes.CATEGORY_NOT_SPACE: codes.CATEGORY_SPACE,
    codes.CATEGORY_NOT_WORD: codes.CATEGORY_WORD,
}


def fits(op: Any, value: Any, letter: str) -> bool:
    """Tell if a letter fits one part of a pattern."""
    if op is codes.LITERAL:
        return bool(ord(letter) == value)
    if op is codes.NOT_LITERAL:
        return bool(ord(letter) != value)
    if op is codes.RANGE:
        return bool(value[0] <= ord(letter) <= value[1])
    if op is codes.CATEGORY:
        if value in OPPOSITES:
            return not CATEGORIES[OPPOSITES[value]](letter)
        return bool(CATEGORIES[value](letter))
    if op is codes.IN:
        is_negated = value[0][0] is codes.NEGATE
        return (
            any(fits(one[0], one[1], letter) for one in value[is_negated:])
            != is_negated
        )
    return letter != "\n"
