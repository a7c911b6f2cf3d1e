"""Reads a large, untrusted JSON file piece by piece, and forgives small faults.

Python's own decoder reads each piece: it takes NaN, raw control characters and halves
of surrogate pairs. Comments and trailing commas are passed over.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from app.importers.records import (
    MAX_LINE_BYTES,
    BrokenFileError,
)
from app.importers.streams import Stream
from app.importers.text_lines import NOT_UTF8

Json = Any
"""A value of a JSON file."""

MAX_DEPTH = 100
"""No export nests deeper than ten."""

MAX_PIECE = 16 * 1024 * 1024
"""The longest piece in characters; a longer one is a bomb or another kind of file."""

MOST_PARTS = 1_000_000
"""The most parts of a piece; each takes 50 bytes of memory or more."""

CHUNK, MOST_AT_ONCE = 1 << 18, 1 << 20
"""Bytes read at once: more when a piece is long, but few beyond its end."""

_DECODER = json.JSONDecoder(strict=False)
_SPACE = re.compile(r"[\s\ufeff]*+")
_MARK = re.compile(r'["\[\]{}/]')
"""The signs that decide where a piece ends, outside strings."""

_PLAIN_SIGNS = frozenset('{}[],:"')

_IN_STRING = re.compile(r'\\.|"', re.DOTALL)

_WORD = re.compile(r"[^,\]}\n]*+")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")


class BrokenPieceError(Exception):
    """A piece is not JSON; the reader stands behind it."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.position = f"line {line}"
        self.reason = reason


class JsonReader:
    """Walks through a JSON file; only the piece being read is in memory."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self._text = ""
        self._at = 0
        self._lines = 1
        self._is_whole = False
        self._is_clean = True
        """True while all that was read is UTF-8."""

    @property
    def line(self) -> int:
        """The number of the line that is being read."""
        return self._lines + self._text.count("\n", 0, self._at)

    def _fill(self) -> bool:
        """Read more; False at the end of the file."""
        if self._is_whole:
            return False
        self._lines += self._text.count("\n", 0, self._at)
        self._text = self._text[self._at :]
        self._at = 0
        # As much again as there is, so that a long piece is not looked at too often.
        data = self._stream.read(min(max(CHUNK, len(self._text)), MOST_AT_ONCE))
        self._is_whole = not data
        more = self._decode(data or b"", final=self._is_whole)
        self._is_clean = self._is_clean and _is_utf8(more)
        self._text += more
        return True

    def peek(self) -> str:
        """Return the next character that means something, "" at the end."""
        if self._text[self._at : self._at + 1] in _PLAIN_SIGNS:
            return self._text[self._at]
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._text.startswith("/", self._at):
                end = _end_of_comment(self._text, self._at)
                if end:
                    self._at = end
                    continue
                self._check_length()
                if not self._fill():
                    return self._text[self._at :][:1]
                continue
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _take(self, wanted: str) -> bool:
        if self.peek() != wanted:
            return False
        self._at += 1
        return True

    def _check_length(self) -> None:
        if len(self._text) - self._at > MAX_PIECE:
            raise BrokenFileError(f"line {self.line}", "a value does not end")
        if sum(self._text.count(sign, self._at) for sign in ",[{/") > MOST_PARTS:
            raise BrokenFileError(f"line {self.line}", "a value has too many parts")

    def _broken(self) -> BrokenFileError:
        reason = "not JSON" if self.peek() else "the file ends early"
        return BrokenFileError(f"line {self.line}", reason)

    def value(self) -> Json:
        """Read one value.

        Raises:
            BrokenPieceError: If it is not JSON; what follows can be read.
            BrokenFileError: If nothing more can be read.
        """
        if not self.peek():
            raise self._broken()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except (ValueError, RecursionError):
                broken = self._broken_piece()
                if broken is None:
                    continue
                found, end = broken
            else:
                if end == len(self._text) and not self._is_whole:
                    self._check_length()
                    self._fill()
                    continue
            if not self._is_clean:
                self._check_encoding(end)
            self._at = end
            return found

    def _check_encoding(self, end: int) -> None:
        piece = self._text[self._at : end]
        if not piece.isascii() and _NOT_UTF8.search(piece):
            line = self.line
            self._at = end
            raise BrokenPieceError(line, NOT_UTF8)

    def _broken_piece(self) -> tuple[Json, int] | None:
        """Read a piece with small faults; None after reading more of the file."""
        if self._text[self._at] in '[{"':
            try:
                found = scan(self._text, self._at)
            except BrokenFileError as error:
                raise BrokenFileError(f"line {self.line}", error.reason) from None
            if found is not None:
                return self._loosely(*found)
        else:
            word = _WORD.match(self._text, self._at)
            if word and (word.end() < len(self._text) or self._is_whole):
                line, self._at = self.line, max(word.end(), self._at + 1)
                raise BrokenPieceError(line, "not JSON")
        self._check_length()
        if not self._fill():
            raise BrokenFileError(f"line {self.line}", "the file ends early")
        return None

    def _loosely(self, end: int, cuts: list[tuple[int, int]]) -> tuple[Json, int]:
        kept, at = [], self._at
        for start, stop in sorted(cuts):
            kept.append(self._text[at:start])
            at = stop
        kept.append(self._text[at:end])
        piece = "".join(kept)
        try:
            found, _ = _DECODER.raw_decode(piece)
        except (ValueError, RecursionError) as error:
            line, self._at = self.line, end
            if isinstance(error, json.JSONDecodeError):
                line += piece.count("\n", 0, error.pos)
            raise BrokenPieceError(line, f"not JSON ({_why(error)})") from None
        return found, end

    def keys(self) -> Iterator[str]:
        """Yield the keys of an object; the reader of each must take its value."""
        if not self._take("{"):
            raise self._broken()
        while not self._take("}"):
            try:
                key = self.value()
            except BrokenPieceError as error:
                raise BrokenFileError(error.position, error.reason) from None
            if not isinstance(key, str) or not self._take(":"):
                raise self._broken()
            yield key
            if not self._take(",") and self.peek() != "}":
                raise self._broken()

    def items(self) -> Iterator[int]:
        """Yield the number of each item of an array, whose reader must take it."""
        if not self._take("["):
            raise self._broken()
        number = 0
        while not self._take("]"):
            number += 1
            yield number
            if not self._take(",") and self.peek() != "]":
                raise self._broken()

    def skip(self) -> None:
        """Pass over a value of any length."""
        if self.peek() == "[":
            for _ in self.items():
                self._skip_piece()
        elif self.peek() == "{":
            for _ in self.keys():
                self._skip_piece()
        else:
            self._skip_piece()

    def _skip_piece(self) -> None:
        try:
            self.value()
        except BrokenPieceError:
            return

    def is_there_more(self) -> bool:
        """Tell if something follows the last value."""
        return bool(self.peek())


def _is_utf8(text: str) -> bool:
    """Tell if no byte of a text was escaped; faster than a search for such signs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def scan(text: str, start: int) -> tuple[int, list[tuple[int, int]]] | None:
    """Find the end of an object, array or string, and what to cut out of it.

    Returns:
        The end, and places of comments and of commas before a closing bracket, or None.

    Raises:
        BrokenFileError: If it nests too deeply.
    """
    depth, at, is_string, opened = 0, start, False, start
    cuts: list[tuple[int, int]] = []
    while found := (_IN_STRING if is_string else _MARK).search(text, at):
        mark, at = found[0], found.end()
        if is_string and at - opened > MAX_LINE_BYTES:
            raise BrokenFileError("", "a string does not end")
        if mark == '"':
            is_string, opened = not is_string, at
            if not is_string and depth == 0:
                return at, cuts
        elif is_string:
            continue
        elif mark == "/":
            end = _end_of_comment(text, found.start())
            if end is None:
                return None
            if end:
                cuts.append((found.start(), end))
                at = end
        elif mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise BrokenFileError("", f"it nests deeper than {MAX_DEPTH}")
        else:
            depth -= 1
            comma = _comma_before(text, found.start(), cuts)
            if comma is not None:
                cuts.append((comma, comma + 1))
            if depth == 0:
                return at, cuts
    return None


def _end_of_comment(text: str, at: int) -> int | None:
    """Return the end of a comment; 0 if there is none, None if it is not whole."""
    opening = text[at : at + 2]
    closing = {"//": "\n", "/*": "*/"}.get(opening)
    if closing is None:
        return 0 if len(opening) == 2 else None
    end = text.find(closing, at + 2)
    return None if end < 0 else end + len(closing)


def _comma_before(text: str, at: int, cuts: list[tuple[int, int]]) -> int | None:
    """Return the place of a comma with nothing between it and a closing bracket."""
    behind = len(cuts)
    while at > 0:
        if behind and cuts[behind - 1][1] == at:
            behind -= 1
            at = cuts[behind][0]
        elif text[at - 1].isspace():
            at -= 1
        else:
            return at - 1 if text[at - 1] == "," else None
    return None


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"it nests deeper than {MAX_DEPTH}"
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)
