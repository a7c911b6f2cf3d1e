"""Reads lines of a file, with a limit on their length."""

import io
from collections.abc import Iterator

from app.importers.records import MAX_LINE_BYTES, BrokenFileError
from app.importers.sources import Stream

BOM = b"\xef\xbb\xbf"


def lines(stream: Stream) -> Iterator[tuple[int, bytes]]:
    """Yield every line that is not blank, with its number.

    Raises:
        BrokenFileError: If a line is longer than any message.
    """
    buffered = io.BufferedReader(stream, 1 << 18)
    number = 0
    while line := buffered.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise BrokenFileError(f"line {number}", "the line does not end")
        if number == 1:
            line = line.removeprefix(BOM)
        if not line.isspace():
            yield number, line
