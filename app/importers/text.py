"""Plain text: one message per line."""

from collections.abc import Iterator

from app.importers.records import Record
from app.importers.sources import SourceFile, Stream
from app.importers.text_lines import lines


def matches(head: bytes) -> bool:
    """Return whether it is UTF-8 without control bytes; the end may be cut anywhere."""
    if b"\0" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True


def read(source: SourceFile, stream: Stream) -> Iterator[Record]:
    """Yield the lines of the file."""
    for _, line in lines(stream):
        yield Record(author="", name="", text=line.decode("utf-8", "replace").strip())
