"""Discord's own data package: everything one person wrote."""

import csv
import functools
import io
from collections.abc import Iterator
from typing import Any

import orjson

from app.importers import json_stream
from app.importers.records import (
    BrokenFileError,
    BrokenRow,
    File,
    Record,
    milliseconds,
    text_of,
)
from app.importers.sources import SourceFile, Stream

AUTHOR = "data-package"
"""The only author; the package does not name its owner in messages."""


def matches_json(head: bytes) -> bool:
    """Return whether it is an array of messages with the package's field names."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    return start.startswith(b"[") and b'"ID"' in start and b'"Contents"' in start


def matches_csv(head: bytes) -> bool:
    """Return whether the first line is the package's header."""
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"ID,Timestamp,Contents")


def is_messages(source: SourceFile) -> bool:
    """Return whether the file is a package's list of messages, in any folder."""
    is_list = source.name.endswith(("messages.json", "messages.csv"))
    return is_list and source.beside("channel.json") is not None


def guild_of(source: SourceFile) -> tuple[str, str] | None:
    """Return (id, name) of the guild of the file's channel; None for others."""
    guild = _channel(source).get("guild")
    if not isinstance(guild, dict):
        return None
    return str(guild.get("id", "")), str(guild.get("name", ""))


def read_json(source: SourceFile, stream: Stream) -> Iterator[Record | BrokenRow]:
    """Read the messages of one channel of the package."""
    name, id = _place(source)
    make = functools.partial(_record, channel=name, channel_id=id)
    return json_stream.records(stream, "item", make)


def read_csv(source: SourceFile, stream: Stream) -> Iterator[Record]:
    """Read the messages of one channel of an older package."""
    name, id = _place(source)
    text = io.TextIOWrapper(
        io.BufferedReader(stream), encoding="utf-8-sig", errors="replace", newline=""
    )
    rows = csv.DictReader(text, restval="")
    try:
        for row in rows:
            if row.get("ID"):
                yield _record(row, name, id)
    except csv.Error as error:
        raise BrokenFileError(f"line {rows.line_num + 1}", str(error)) from error


def _record(message: dict[str, Any], channel: str, channel_id: str | None) -> Record:
    urls = str(message.get("Attachments") or "").split()
    return Record(
        author=AUTHOR,
        name="me",
        text=text_of(message.get("Contents") or ""),
        id=str(message["ID"]),
        ts=milliseconds(str(message.get("Timestamp"))),
        channel=channel,
        channel_id=channel_id,
        files=tuple(File(url, url.rsplit("/", 1)[-1], url) for url in urls),
    )


def _place(source: SourceFile) -> tuple[str, str | None]:
    channel = _channel(source)
    id = str(channel["id"]) if channel.get("id") else None
    return str(channel.get("name") or id or "general"), id


def _channel(source: SourceFile) -> dict[str, Any]:
    try:
        found = orjson.loads(source.beside("channel.json") or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
