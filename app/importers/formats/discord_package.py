"""Discord's own data package: everything one person wrote."""

import csv
import io
from collections.abc import Iterator

import orjson

from app.importers import json_records
from app.importers.head import Head
from app.importers.records import (
    MAX_LINE_BYTES,
    MOST_FILES,
    BrokenFileError,
    BrokenRow,
    File,
    FileGuild,
    Item,
    JsonObject,
    OddValueError,
    Record,
    id_of,
    text_of,
    time_of,
    why_no_message,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream
from app.importers.text_lines import RowLines

AUTHOR = "data-package"
"""The only author; the package does not name its owner in messages."""

LACKS = "a data package holds one person's messages only"

_HEADER = b"ID,Timestamp,Contents"


def matches_json(head: Head) -> bool:
    """Return whether it is an array of messages with the package's field names."""
    outline = head.outline
    if outline is None or outline.array != "":
        return False
    first = outline.first
    if isinstance(first, dict):
        return {"ID", "Contents"} <= first.keys()
    return first is None and _is_beside_channel(head)


def matches_csv(head: Head) -> bool:
    """Return whether the first line is the package's header."""
    return head.data.startswith(_HEADER)


def _is_beside_channel(head: Head) -> bool:
    return head.name.endswith("messages.json") and bool(_channel(head.source))


def is_part(source: SourceFile) -> bool:
    """Return whether it is a file of a package that holds no messages."""
    name = source.name.replace("\\", "/").rsplit("/", 1)[-1]
    if name in ("channel.json", "index.json", "user.json", "guild.json"):
        return True
    if name == "README.txt" and source.beside("Account/user.json") is not None:
        return True
    return name == "audit-log.json" or name.startswith("events-20")


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return the server of the file's channel; private if it is of none."""
    channel = _channel(source)
    guild = channel.get("guild")
    if isinstance(guild, dict):
        return [FileGuild(str(guild.get("id", "")), str(guild.get("name", "")))]
    # A channel of a server that its owner has left names no server, but its kind.
    return [FileGuild(None, None, is_private=True)] if channel else []


def read_json(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of one channel of the package."""
    name, id = _place(source)

    def make(message: JsonObject) -> Record:
        return _record(message, name, id)

    return json_records.records(stream, "", make)


def read_csv(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of one channel of an older package."""
    name, id = _place(source)
    csv.field_size_limit(MAX_LINE_BYTES)
    text = io.TextIOWrapper(
        io.BufferedReader(stream), encoding="utf-8", errors="replace", newline=""
    )
    lines = RowLines(text)
    rows = csv.DictReader(lines, restval="")
    try:
        for row in rows:
            lines.begin_row()
            try:
                yield _record(row, name, id)
            except (TypeError, ValueError) as error:
                reason = why_no_message(row, error)
                yield BrokenRow(f"line {rows.line_num}", reason)
    except csv.Error as error:
        where = f"line {rows.line_num + 1}"
        raise BrokenFileError(where, f"{error}: is a quote missing?") from error


def _record(message: JsonObject, channel: str, channel_id: str | None) -> Record:
    urls = str(message.get("Attachments") or "").split(None, MOST_FILES)[:MOST_FILES]
    id = id_of(message["ID"])
    if not id:
        raise OddValueError("it has no ID")
    return Record(
        author=AUTHOR,
        name="me",
        text=text_of(message.get("Contents") or ""),
        id=id,
        ts=time_of(message.get("Timestamp")),
        channel=channel,
        channel_id=channel_id,
        files=tuple(map(File.at, urls)),
    )


def _place(source: SourceFile) -> tuple[str, str | None]:
    channel = _channel(source)
    id = str(channel["id"]) if channel.get("id") else None
    return str(channel.get("name") or id or "general"), id


def _channel(source: SourceFile) -> JsonObject:
    try:
        found = orjson.loads((source.beside("channel.json") or b"{}")[:MAX_LINE_BYTES])
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
