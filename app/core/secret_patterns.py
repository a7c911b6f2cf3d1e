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

_PLAIN = re.compile(r"(?:[^\s\d@:=(\[]{1,14}+(?:\s++|\Z))*+")
"""Short pieces without the signs of secrets; only two kinds may be among them."""

_RUN = re.compile(r"(?<!\S)\S{15}")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"\d(?:\D{0,4}\d){5}")
_HOUSE = re.compile(r"[\w'’.-],? \d|\d[A-Za-z]?,? [^\W\d_]")


def _may_have_mail(text: str) -> bool:
    return "@" in text or "at)" in text or "at]" in text


def _may_have_house(text: str) -> bool:
    # Most texts hold no digit at all, and the name of a street has a capital letter.
    if _DIGIT.search(text) is None or text == text.lower():
        return False
    return _HOUSE.search(text) is not None


GROUPS: tuple[tuple[Callable[[str], object], tuple[Shape, ...]], ...] = (
    (_RUN.search, KEYS),
    (bool, PHRASES),
    (_may_have_mail, MAILS),
    (_DIGITS.search, NUMBERS),
    (lambda text: text.count(":") >= 2, COLONS),
    (_may_have_house, STREETS),
)
"""A quick look that most texts do not pass, and the shapes to look for then."""


def redact(text: str, instead: str = "[secret]") -> str:
    """`text` with `instead` in the place of each secret."""
    if _is_plain(text):
        return text
    small = _small(text)
    for may_hold, shapes in GROUPS:
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
    if _is_plain(text):
        return False
    small = _small(text)
    for may_hold, shapes in GROUPS:
        if may_hold(text):
            for shape in shapes:
                if _may_be_in(small, shape) and _is_in(text, shape):
                    return True
    return False


def _is_plain(text: str) -> bool:
    """Tell most texts, which hold no secret, from the others."""
    if _PLAIN.fullmatch(text) is None:
        return False
    small = text.lower()
    return "bearer" not in small and "-----begin" not in small


def _small(text: str) -> str:
    """The text in small letters, with all that patterns take for an ASCII letter."""
    if text.isascii():
        return text.lower()
    return text.replace("İ", "i").lower().replace("ı", "i").replace("ſ", "s")


def _may_be_in(small: str, shape: Shape) -> bool:
    if not shape.words:
        return True
    for word in shape.words:
        if word in small:
            return True
    return False


def _is_in(text: str, shape: Shape) -> bool:
    if shape.pattern.search(text) is None:
        return False
    return any(map(shape.is_real, shape.pattern.finditer(text)))
