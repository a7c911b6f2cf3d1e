"""Reads lines of a file, with a limit on their length."""

import csv
import io
from collections.abc import Iterator

from app.importers.records import MAX_LINE_BYTES, MAX_TEXT_CHARS, BrokenFileError
from app.importers.streams import Stream


def lines(stream: Stream) -> Iterator[tuple[int, bytes]]:
    """Yield every line that is not blank, with its number.

    Raises:
        BrokenFileError: If a line is longer than any message.
    """
    for number, line in all_lines(stream):
        if not line.isspace():
            yield number, line


def all_lines(stream: Stream) -> Iterator[tuple[int, bytes]]:
    """Yield every line with its number.

    Raises:
        BrokenFileError: If a line is longer than any message.
    """
    buffered = io.BufferedReader(stream, 1 << 18)
    number = 0
    while line := buffered.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise BrokenFileError(f"line {number}", "the line does not end")
        yield number, line


class RowLines:
    """The lines of a table, of which one row has only so many."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.quotes = 0
        self._text = text
        self._size = 0

    def begin_row(self) -> None:
        """Note that a row has ended."""
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_LINE_BYTES + 1):
            self.quotes += line.count('"')
            self._size += len(line)
            if self._size > MAX_LINE_BYTES:
                raise csv.Error("a row does not end")
            yield line


class MessageLines:
    """The lines of one message, as far as they are kept."""

    def __init__(self, *lines: str) -> None:
        self._lines = [*lines]
        self._size = 0

    def add(self, line: str) -> None:
        """Add a line, unless the message is longer than any."""
        # More than the longest text, so that it is left out as too long.
        if self._size <= 2 * MAX_TEXT_CHARS:
            self._lines.append(line)
            self._size += len(line) + 1

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self._lines)


def decoded(line: bytes) -> str | None:
    """Return a line as text without its end; None if it is not UTF-8."""
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None


NOT_UTF8 = "it is not UTF-8: save the file as UTF-8"
