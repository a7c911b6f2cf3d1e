"""The only gate for outside text on its way to a terminal or a log file."""

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

UNSHOWN = {"is_unshown": True}
"""Metadata of a dataclass's field that no screen shows: it is kept as it is."""

MAX_MARKS = 4
"""The most combining marks on a character; more would cover other lines."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

_UNSAFE = re.compile(
    "["
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 except the newline, DEL, C1
    "\xad\u061c\u180e\u200b\u200e\u200f"  # soft hyphen, direction marks, zero width
    "\u2028-\u202e\u2060-\u206f"  # line ends, bidi overrides and isolates
    "\ud800-\udfff"  # halves of surrogate pairs
    "\ufeff\ufff0-\ufffc\ufffe\uffff"  # byte order mark, specials
    "\U000e0000-\U000e0fff"  # tags: invisible text
    "]"
)

_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_TOWER = re.compile(f"({_MARK}{{{MAX_MARKS}}}){_MARK}+")


def safe_text(text: str) -> str:
    """Return `text` without terminal controls; line breaks stay.

    Control characters become visible symbols; other harmful ones become U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    folded = _LINE_ENDS.sub("\n", text).replace("\t", "    ")
    return _TOWER.sub(r"\1", _UNSAFE.sub(_visible, folded))


def safe_line(text: str) -> str:
    """Return `text`, made safe and kept on one line."""
    return safe_text(text).replace("\n", " ⏎ ")


def safe_json(value: T) -> T:
    """A JSON value, or a dataclass of such, with every string in it made safe."""
    return cast(T, _safe(value))


def _safe(value: object) -> object:
    if isinstance(value, str):
        return safe_text(value)
    if isinstance(value, dict):
        return {safe_line(str(key)): _safe(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe(item) for item in value]
    if isinstance(value, tuple):
        return tuple(_safe(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value)(**dict(_safe_fields(value)))
    return value


def _safe_fields(value: "DataclassInstance") -> Iterator[tuple[str, object]]:
    for field in dataclasses.fields(value):
        content = getattr(value, field.name)
        yield field.name, content if field.metadata == UNSHOWN else _safe(content)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"
