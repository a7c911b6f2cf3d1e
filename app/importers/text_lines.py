"""Reads lines of a file, with a limit on their length."""

import io
from collections.abc import Iterator

from app.importers.records import MAX_LINE_BYTES, BrokenFileError
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


def decoded(line: bytes) -> str | None:
    """Return a line as text without its end; None if it is not UTF-8."""
    try:
        return line.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return None


NOT_UTF8 = "it is not UTF-8: save the file as UTF-8"
