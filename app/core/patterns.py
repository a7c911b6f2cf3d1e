"""Searches for what people set and wrote, in time that grows only with the text.

RE2 never backtracks, so no pattern can stop the process (Cox 2007, "Regular Expression
Matching Can Be Simple And Fast"). Look-arounds and backreferences need backtracking and
are refused.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from mmap import mmap

import re2

from app.core.errors import ConfigError

MAX_STEPS = 10_000
"""Instructions of all patterns of one place together: a message takes milliseconds, and
the longest one with the worst patterns a fraction of a second."""

MAX_BYTES = 64 * 1024 * 1024
"""The memory of a search for many texts at once."""

TOGETHER = 64 * 1024
"""Bytes of texts that are searched for together."""

WithoutThoseIn = Callable[[bytes], set[bytes]]
"""Leaves out the texts that are in some bytes, and returns the rest."""

_UNSENDABLE = re.compile("[\ud800-\udfff]")
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF),
    (0x3400, 0x9FFF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip
"""Scripts without blanks between words, or with endings on all of them."""

_BACKTRACKING = ("(?=", "(?!", "(?<", "(?>")
_BACKREFERENCE = re.compile(r"\\[1-9]|\(\?P=")


class Patterns:
    """Patterns that one text is searched for."""

    def __init__(self, name: str, patterns: Iterable[str]) -> None:
        """Compile the patterns; `name` is the setting that has them.

        Raises:
            ConfigError: If one cannot be used, with the reason.
        """
        self._compiled = [compiled(name, pattern) for pattern in patterns]
        if sum(one.programsize for one in self._compiled) > MAX_STEPS:
            raise ConfigError(
                f"{name} is too large to search for in every message.",
                "Write fewer patterns, or smaller numbers in {}.",
            )

    def found_in(self, text: str) -> bool:
        """Tell if any of the patterns matches somewhere in the text."""
        if not self._compiled:
            return False
        sent = _UNSENDABLE.sub("\ufffd", text)
        return any(one.search(sent) for one in self._compiled)


def is_unspaced(letter: str) -> bool:
    """Tell if a letter is of a script whose words do not stand between blanks."""
    return any(first <= ord(letter) <= last for first, last in _UNSPACED)


def whole_words(words: Iterable[str]) -> str:
    """Return a pattern that finds any of the words, standing alone."""
    choices = "|".join(re2.escape(_UNSENDABLE.sub("\ufffd", word)) for word in words)
    return rf"(?:^|[^\pL\pN_])(?:{choices})(?:[^\pL\pN_]|$)"


class WordLists:
    """Lists of words, all of which a text is searched for at once."""

    def __init__(self, lists: Iterable[Iterable[str]]) -> None:
        """Compile the lists."""
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = MAX_BYTES
        self._set, self._numbers = re2.Set.SearchSet(options), list[int]()
        for number, words in enumerate(lists):
            for pattern in _standing(words):
                self._set.Add(pattern)
                self._numbers.append(number)
        if self._numbers:
            self._set.Compile()

    def found_in(self, text: str) -> list[int]:
        """Return the numbers of the lists of which a word is in the text, in order."""
        if not self._numbers:
            return []
        found = self._set.Match(_UNSENDABLE.sub("\ufffd", text)) or ()
        return sorted({self._numbers[at] for at in found})


def _standing(words: Iterable[str]) -> Iterator[str]:
    """Yield patterns for words that stand alone, where their script has blanks."""
    spaced = list[str]()
    for word in words:
        if any(map(is_unspaced, word)):
            yield re2.escape(_UNSENDABLE.sub("\ufffd", word))
        else:
            spaced.append(word)
    if spaced:
        yield whole_words(spaced)


def search_for(texts: Iterable[bytes]) -> Callable[[mmap], bool]:
    """Return a search of a file for any of the texts."""
    found = _any_of(texts)
    return lambda data: found.search(data) is not None


def groups(texts: Iterable[bytes]) -> list[list[bytes]]:
    """Return different texts in groups, each of which is quick to search for."""
    found: dict[int, list[bytes]] = defaultdict(list)
    every = sorted(set(texts))
    for end, text in zip(accumulate(map(len, every)), every, strict=True):
        found[end // TOGETHER].append(text)
    return list(found.values())


def without_those_in(texts: Iterable[bytes]) -> WithoutThoseIn:
    """Return a function that leaves out the texts in some bytes, and returns the rest.

    What one call leaves out stays out in the next.
    """
    left = set(texts)
    found = _any_of(left)

    def rest(data: bytes) -> set[bytes]:
        nonlocal found
        # A text may begin within another one, so it is looked for until none is left.
        while left and (said := {match.group() for match in found.finditer(data)}):
            left.difference_update(said)
            found = _any_of(left)
        return left

    return rest


def _any_of(texts: Iterable[bytes]) -> "re2._Regexp":
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = MAX_BYTES
    return re2.compile(b"|".join(map(re2.escape, sorted(texts))), options)


def compiled(name: str, pattern: str) -> "re2._Regexp":
    """Compile one pattern; `name` is the setting that has it.

    Raises:
        ConfigError: If it cannot be used, with the reason.
    """
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ConfigError(*_refusal(name, pattern, error)) from error


def _refusal(name: str, pattern: str, error: Exception) -> tuple[str, str]:
    """The sentence and the hint for a pattern that RE2 does not take."""
    (said,) = error.args
    why = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    if any(sign in why for sign in _BACKTRACKING) or _BACKREFERENCE.search(why):
        return (
            f"{name} cannot use {pattern!r}: look-arounds and backreferences can stop"
            " the bot.",
            "Write it without (?=…), (?!…), (?<…) and \\1.",
        )
    return (
        f"{name} cannot use {pattern!r}: {why}.",
        "Write a pattern such as ^!play, or put \\ before a special character.",
    )


def split(text: str) -> list[str]:
    """Patterns typed in one line: commas part them, except inside brackets."""
    found, depth, is_escaped = [""], 0, False
    for sign in text:
        if sign == "," and depth <= 0 and not is_escaped:
            found.append("")
            continue
        if not is_escaped:
            depth += (sign in "([{") - (sign in ")]}")
        is_escaped = sign == "\\" and not is_escaped
        found[-1] += sign
    return found
