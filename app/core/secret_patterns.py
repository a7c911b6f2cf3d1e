"""Secrets and addresses of people in text: found, and left out.

Learning, speaking, logs and tuning data all keep out what one of them finds.
"""

import re
from collections.abc import Callable

from app.core.secret_shapes import (
    COLONS,
    KEYS,
    MAILS,
    NUMBERS,
    PHRASES,
    STREETS,
    Shape,
)

_PLAIN = re.compile(
    r"(?:[^\s\d@:=(\[]{1,14}+(?:\s++|\Z))*+"
    r"(?P<figures>[^\s@:=(\[]{1,14}+(?:\s++[^\s@:=(\[]{1,14}+)*+\s*+)?"
)
"""Short pieces without the signs of secrets, from `figures` on with digits."""

_IN_PLAIN = ("bearer", "-----begin")
_IN_FIGURES = (*_IN_PLAIN, "sk-", "pk-", "rk-", "/webhooks/")
"""The beginnings of secrets in short pieces, but for numbers and streets."""

_RUN = re.compile(r"(?<!\S)\S{15}")
_DIGITS = re.compile(r"\d(?:\D{0,4}\d){5}")
_HOUSE = re.compile(r" \d|\d[A-Za-z]?,? [^\W\d_]")


def _may_have_mail(text: str) -> bool:
    return "@" in text or "at)" in text or "at]" in text


def _may_have_house(text: str) -> bool:
    # The name of a street has a capital letter.
    return text != text.lower() and _HOUSE.search(text) is not None


_PHRASE_WORDS = tuple(word for shape in PHRASES for word in shape.words)


def _may_have_phrase(text: str) -> bool:
    return any(map(_small(text).__contains__, _PHRASE_WORDS))


Groups = tuple[tuple[Callable[[str], object], tuple[Shape, ...]], ...]

FIGURES: Groups = ((_DIGITS.search, NUMBERS), (_may_have_house, STREETS))
"""The secrets that may be in short pieces with digits."""

GROUPS: Groups = (
    (_RUN.search, KEYS),
    (_may_have_phrase, PHRASES),
    (_may_have_mail, MAILS),
    FIGURES[0],
    (lambda text: text.count(":") >= 2, COLONS),
    FIGURES[1],
)
"""A quick look that most texts do not pass, and the shapes to look for then."""


def redact(text: str, instead: str = "[secret]") -> str:
    """`text` with `instead` in the place of each secret."""
    small = _small(text)
    for may_hold, shapes in _groups(text, small):
        if may_hold(text):
            for shape in shapes:
                if _may_be_in(small, shape):
                    text = _redact(text, shape, instead)
    return text


def _redact(text: str, shape: Shape, instead: str) -> str:
    return shape.pattern.sub(
        lambda found: instead if shape.is_real(found) else found[0], text
    )


def has_secret(text: str) -> bool:
    """Tell if a text holds something that looks like a secret."""
    small = _small(text)
    for may_hold, shapes in _groups(text, small):
        if may_hold(text):
            for shape in shapes:
                if _may_be_in(small, shape) and _is_in(text, shape):
                    return True
    return False


def _groups(text: str, small: str) -> Groups:
    """Return the groups that a text may hold something of; none for most texts."""
    found = _PLAIN.fullmatch(text)
    if found is None:
        return GROUPS
    has_figures = found.lastindex is not None
    for word in _IN_FIGURES if has_figures else _IN_PLAIN:
        if word in small:
            return GROUPS
    return FIGURES if has_figures else ()


def _small(text: str) -> str:
    """The text in small letters, with all that patterns take for an ASCII letter."""
    if text.isascii():
        return text.lower()
    return text.replace("İ", "i").lower().replace("ı", "i").replace("ſ", "s")


def _may_be_in(small: str, shape: Shape) -> bool:
    return not shape.words or any(map(small.__contains__, shape.words))


def _is_in(text: str, shape: Shape) -> bool:
    if shape.pattern.search(text) is None:
        return False
    return any(map(shape.is_real, shape.pattern.finditer(text)))
