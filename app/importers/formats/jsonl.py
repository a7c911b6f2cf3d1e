"""The interchange format: JSON Lines, one message per line."""

import json
from collections.abc import Iterator
from typing import Any

import orjson

from app.importers.head import Head
from app.importers.records import (
    BrokenFileError,
    BrokenRow,
    FileGuild,
    Item,
    JsonObject,
    OddValueError,
    Record,
    files_of,
    id_of,
    is_yes,
    milliseconds,
    name_of,
    why_no_message,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream
from app.importers.text_lines import NOT_UTF8, lines

LOOKED_AT = 100
"""Lines that may name the servers."""


def matches(head: Head) -> bool:
    """Return whether the first line is an object with a text."""
    first = next((line for line in head.data.split(b"\n", 20) if line.strip()), b"")
    if not first.lstrip().startswith(b"{"):
        return False
    try:
        row = _load(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and "text" in row


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return the servers that the first messages name."""
    found: dict[FileGuild, None] = {}
    with source.open() as stream:
        try:
            for number, line in lines(stream):
                if number > LOOKED_AT:
                    break
                if guild := _guild(line):
                    found[guild] = None
        except BrokenFileError:
            return []
    return list(found)


def _guild(line: bytes) -> FileGuild | None:
    try:
        row = _load(line)
    except (ValueError, RecursionError):
        return None
    name = row.get("guild") if isinstance(row, dict) else None
    id = row.get("guild_id") if isinstance(row, dict) else None
    if not isinstance(name, str) or not name:
        return None
    return FileGuild(id if isinstance(id, str) else None, name, is_private=id == "0")


def read(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Yield the messages of the file, and its broken lines."""
    for number, line in lines(stream):
        try:
            yield _record(orjson.loads(line))
        except (KeyError, TypeError, ValueError, AttributeError):
            yield _loosely(number, line)


def _loosely(number: int, line: bytes) -> Record | BrokenRow:
    """Read a line with NaN, control characters or halves of surrogate pairs.

    A comma at its end and the separator of RFC 7464 at its start are passed over.
    """
    row: Any = None
    try:
        row = _load(line.strip(b"\x1e \t\r\n").removesuffix(b","))
        return _record(row)
    except UnicodeDecodeError:
        reason = NOT_UTF8
    except json.JSONDecodeError as error:
        reason = f"not JSON ({error.msg})"
    except RecursionError:
        reason = "it nests too deeply"
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = why_no_message(row, error)
    return BrokenRow(f"line {number}", reason)


def _load(line: bytes) -> Any:
    return json.loads(line.decode(), strict=False)


def _record(row: JsonObject) -> Record:
    get = row.get
    text, ts, author, files = row["text"], get("ts"), get("author"), get("attachments")
    id, reply_to, channel = get("id"), get("reply_to"), get("channel")
    thread, guild = get("thread"), get("guild_id") or get("guild")
    bot, system, author_id = get("bot"), get("system"), get("author_id")
    if type(text) is not str:
        raise OddValueError(f"its text is {text!r:.40}")
    # Most rows have texts alone, which need no second look.
    if type(author) is not str:
        author = name_of(author) or ""
    if type(id) is not str:
        id = id_of(id)
    if reply_to is not None:
        reply_to = id_of(reply_to)
    if type(channel) is not str:
        channel = name_of(channel)
    if thread is not None:
        thread = name_of(thread)
    if type(guild) is not str:
        guild = name_of(guild)
    time = milliseconds(ts) if type(ts) is str and ts else None
    if time is None and ts:
        raise OddValueError(f"its time is {ts!r:.40}, not like 2024-05-01T18:00:00Z")
    return Record(
        (id_of(author_id) if author_id else "") or author,
        author,
        text,
        id,
        time,
        reply_to,
        channel,
        id_of(get("channel_id")) if "channel_id" in row else None,
        thread,
        is_yes(bot) if bot else False,
        is_yes(system) if system else False,
        # Some exporters only give the number of files.
        tuple(files_of(files)) if files else (),
        None,
        guild,
    )
