"""The training file of the original bot: `[{"message", "attachments"?}]`."""

from collections.abc import Iterator
from typing import Any

from app.importers import json_stream
from app.importers.records import BrokenRow, File, Record, text_of
from app.importers.sources import SourceFile, Stream


def matches(head: bytes) -> bool:
    """Return whether it is an array of objects with a message, or an empty one."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:65536]
    if start.rstrip() == b"[]":
        return True
    inside = start[1:].lstrip()
    return start.startswith(b"[") and inside.startswith(b"{") and b'"message"' in start


def read(source: SourceFile, stream: Stream) -> Iterator[Record | BrokenRow]:
    """Read the messages of the file, which has neither authors nor times."""
    return json_stream.records(stream, "item", _record)


def _record(row: dict[str, Any]) -> Record:
    urls = [text_of(url) for url in row.get("attachments") or ()]
    files = tuple(File(url, url.rsplit("/", 1)[-1].split("?")[0], url) for url in urls)
    return Record(author="", name="", text=text_of(row["message"]), files=files)
