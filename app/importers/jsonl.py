"""The interchange format: JSON Lines, one message per line."""

from collections.abc import Iterator
from typing import Any

import orjson

from app.importers.records import BrokenRow, File, Record, milliseconds
from app.importers.sources import SourceFile, Stream
from app.importers.text_lines import lines


def matches(head: bytes) -> bool:
    """Return whether the first line is an object with a text and an author."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    if not first.startswith(b"{"):
        return False
    try:
        row = orjson.loads(first)
    except orjson.JSONDecodeError:
        return False
    return isinstance(row, dict) and "text" in row


def read(source: SourceFile, stream: Stream) -> Iterator[Record | BrokenRow]:
    """Yield the messages of the file, and its broken lines."""
    for number, line in lines(stream):
        try:
            yield _record(orjson.loads(line))
        except orjson.JSONDecodeError as error:
            yield BrokenRow(f"line {number}", f"not JSON ({error})")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield BrokenRow(f"line {number}", f"not a message ({_named(error)})")


def _record(row: dict[str, Any]) -> Record:
    get = row.get
    text, ts, id, reply_to = row["text"], get("ts"), get("id"), get("reply_to")
    author, files = str(get("author") or ""), get("attachments")
    if type(text) is not str:
        raise ValueError("text is not a string")
    return Record(
        author,
        author,
        text,
        None if id is None else str(id),
        milliseconds(ts) if ts else None,
        None if reply_to is None else str(reply_to),
        get("channel"),
        None,
        get("thread"),
        bool(get("bot")),
        bool(get("system")),
        # Some exporters only give the number of files.
        tuple(map(_file, files)) if isinstance(files, list) else (),
    )


def _file(file: dict[str, Any] | str) -> File:
    if isinstance(file, str):
        return File(file, file.rsplit("/", 1)[-1].split("?", 1)[0], file)
    url = str(file.get("url", ""))
    return File(str(file.get("id", url)), str(file.get("name", "")), url)


def _named(error: Exception) -> str:
    return f"it lacks {error}" if isinstance(error, KeyError) else str(error)
