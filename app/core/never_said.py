"""Finds the words that the bot must never say, however they are written.

Case, accents, look-alikes, digits and signs for letters, repeated letters, marks or
blanks between the letters and invisible characters hide no word. A plain word stands
for its usual inflections too, and `*` for any letters.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import re2

from app.core import look_alikes
from app.core.errors import ConfigError
from app.core.patterns import compiled, is_unspaced

NAME = "speak.never_say"

_EDGE = "[ .@$!|+]"
_LETTERS = "[^ .@$!|+]*"
_GAP = "[.@$!|+]*"
_BREAK = "[ .@$!|+]+"
_ENDINGS = "s es n en em e d ed r er rs ers ing ings y ish ly".split()
_LONGER_ENDINGS = [*_ENDINGS, "in"]
_WITHOUT_E = "ing ings in y ish".split()
_WITHOUT_Y = "ie ies ied ier".split()
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]{2}")
"""The letters of a country, which are words in many languages."""

_Stems = defaultdict[tuple[str, str], list[str]]


class NeverSaid:
    """A server's words that the bot never says."""

    def __init__(self, words: Sequence[str], name: str = NAME) -> None:
        """Compile the words; `name` is the setting that has them.

        Raises:
            ConfigError: If one cannot be searched for.
        """
        self._signs = frozenset(
            sign
            for word in words
            if _FLAG.fullmatch(word) or not _has_letter(word)
            for sign in word
            if sign != "*" and look_alikes.read(sign)[0]
        )
        stems: dict[bool, _Stems] = {False: defaultdict(list), True: defaultdict(list)}
        beginnings: list[str] = []
        for word in words:
            parts = self._parts(word, name)
            has_digits = any(sign.isdigit() or sign in self._signs for sign in word)
            for begin, stem, end in _whole(word, parts):
                stems[has_digits][begin, end].append(stem)
            beginnings += _beginnings(word, parts)
        try:
            self._wholes = [
                (compiled(name, _pattern(found)), has_digits)
                for has_digits, found in stems.items()
                if found
            ]
            begun = f"(?:{'|'.join(beginnings)})$"
            self._begun = compiled(name, begun) if words else None
        except ConfigError as error:
            raise ConfigError(
                f"{name} has too many words to search for.",
                "Use fewer or shorter ones.",
            ) from error

    def _parts(self, word: str, name: str) -> list[list[str]]:
        """Return a pattern for each letter, in lists that `*` parts."""
        parts = []
        for part in word.split("*"):
            seen, _ = look_alikes.read(part, self._signs)
            parts.append([*_letters(seen.strip(" ."))])
        if not any(parts):
            raise ConfigError(
                f"{name} cannot find {word!r}.",
                "Write a word with letters or digits, or an emoji.",
            )
        return parts

    def found_in(self, text: str) -> bool:
        """Tell if one of the words is in a text."""
        if not self._wholes:
            return False
        return self._first(*look_alikes.read(text, self._signs)) is not None

    def speakable(self, text: str) -> str:
        """Return the start of a growing text that no word can begin before."""
        if self._begun is None:
            return text
        seen, places = look_alikes.read(text, self._signs)
        ends = [len(text)]
        if (found := self._first(seen, places)) is not None:
            ends.append(found)
        if begun := self._begun.search(seen):
            ends.append(places[begun.start()] if begun.start() < len(places) else 0)
        return text[: min(ends)]

    def _first(self, seen: str, places: Sequence[int]) -> int | None:
        """Return where the first word begins; a number alone is none with letters."""
        starts = []
        for pattern, may_be_number in self._wholes:
            at = 0
            while found := pattern.search(seen, at):
                at = found.start() + 1
                if may_be_number or any(map(str.isalpha, found[0])):
                    starts.append(places[found.start()])
                    break
        return min(starts, default=None)


@lru_cache(maxsize=100)
def never_said(words: tuple[str, ...]) -> NeverSaid:
    """Return the compiled words."""
    return NeverSaid(words)


def _has_letter(word: str) -> bool:
    return any(sign.isalnum() for sign in look_alikes.read(word)[0])


def _letters(seen: str) -> Iterator[str]:
    """Yield a pattern for each letter of a word, and for each gap in it."""
    for sign in seen:
        if sign == " ":
            yield _BREAK
        elif sign != ".":
            yield _letter(sign) + "+"


def _letter(sign: str) -> str:
    signs = look_alikes.SIGNS.get(sign)
    return f"[{signs}]" if signs else str(re2.escape(sign))


def _whole(word: str, parts: Sequence[Sequence[str]]) -> Iterator[tuple[str, str, str]]:
    """Yield what is before, the stem, and what is after: the word, inflected, spelled.

    Words with the same before and after share the pattern for it.
    """
    stem = _LETTERS.join(_GAP.join(part) for part in parts)
    begin, end = _edges(parts)
    letters = parts[-1]
    if not end or len(letters) < 3 or len(parts) > 1:
        yield begin, stem, end
        return
    endings = _LONGER_ENDINGS if len(letters) > 3 else _ENDINGS
    yield begin, stem, f"{_any_of(endings)}?{end}"
    if word[-1] in "eEyY":
        shorter = _WITHOUT_E if word[-1] in "eE" else _WITHOUT_Y
        yield begin, _GAP.join(letters[:-1]), f"{_any_of(shorter)}{end}"
    if _BREAK not in letters:
        yield begin, _BREAK.join(letters), end


def _pattern(stems: _Stems) -> str:
    return "|".join(
        f"{begin}(?:{'|'.join(same)}){end}" for (begin, end), same in stems.items()
    )


def _edges(parts: Sequence[Sequence[str]]) -> tuple[str, str]:
    """Return the edges before and after a word."""
    first, last = parts[0][:1], parts[-1][-1:]
    begin = f"(?:^|{_EDGE})" if first and _is_spaced(first[0]) else ""
    end = f"(?:{_EDGE}|$)" if last and _is_spaced(last[0]) else ""
    return begin, end


def _is_spaced(letter: str) -> bool:
    """Tell if words with this letter stand between blanks; signs do not."""
    sign = ord(letter.lstrip("[\\")[0])
    return chr(sign).isalnum() and not is_unspaced(chr(sign))


def _any_of(endings: Sequence[str]) -> str:
    spelled = ("".join(map(_letter, ending)) for ending in endings)
    return f"(?:{_GAP}(?:{'|'.join(spelled)}))"


def _beginnings(word: str, parts: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the patterns of what may become a word."""
    begin, _ = _edges(parts)
    gaps = [_GAP, "[ .@$!|+]*"] if len(parts) == 1 else [_GAP]
    for gap in gaps:
        pattern = ""
        for number, part in enumerate(reversed(parts)):
            after = _LETTERS if number else ""
            for letter in reversed(part):
                rest = f"(?:{pattern})?" if pattern else ""
                pattern = f"{letter}{gap}{after}{rest}"
                after = ""
        yield begin + pattern
    if len(parts) == 1:
        # Any ending may follow, which makes it another word or an inflection.
        stem = parts[0][:-1] if word[-1] in "eEyY" else parts[0]
        yield begin + _GAP.join(stem) + _GAP + _LETTERS


def holding_back(
    on_piece: Callable[[str | None], None], never: Sequence[str]
) -> Callable[[str | None], None]:
    """Return the same receiver for pieces, of which it gets only what may be said.

    None starts the text again.
    """
    if not never:
        return on_piece
    words = never_said(tuple(never))
    text, shown = "", 0

    def receive(piece: str | None) -> None:
        nonlocal text, shown
        if piece is None:
            text, shown = "", 0
            on_piece(None)
            return
        text += piece
        ready = words.speakable(text)
        if len(ready) > shown:
            on_piece(ready[shown:])
            shown = len(ready)

    return receive
