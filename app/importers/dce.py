"""DiscordChatExporter: one JSON or CSV file per channel, new and old."""

import csv
import functools
import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

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

WRITTEN = {"Default", "Reply", "0", "19"}
"""Message types that a person wrote; types without a name come as numbers."""
ANSWERED_BY_BOT = {"20", "23"}
"""Replies to slash commands and context menus."""

_JSON_HEAD = re.compile(rb'\A\s*\{\s*"(?:guild|channel)"\s*:\s*\{')
_CSV_HEAD = re.compile(
    rb'(?:\xef\xbb\xbf)?"?(?:AuthorID"?[,;]"?)?Author"?[,;]"?Date"?[,;]'
)
_FILE_NAME = re.compile(r" \[(?P<id>\d+)\](?: \[part \d+\])?\.csv\Z")
_OLD_DATES = ("%d-%b-%y %I:%M %p", "%m/%d/%Y %I:%M %p", "%d-%b-%y %H:%M")


def matches_json(head: bytes) -> bool:
    """Return whether it starts like an export, with the guild's or channel's object."""
    return bool(_JSON_HEAD.match(head.removeprefix(b"\xef\xbb\xbf")))


def read_json(source: SourceFile, stream: Stream) -> Iterator[Record | BrokenRow]:
    """Read the messages of one channel; a truncated export keeps what is whole."""
    channel = json_stream.first(source, "channel", before="messages")
    name = str(channel.get("name") or "general")
    id = str(channel["id"]) if channel.get("id") else None
    make = functools.partial(_record, channel=name, channel_id=id)
    return json_stream.records(stream, "messages.item", make)


def _record(message: dict[str, Any], channel: str, channel_id: str | None) -> Record:
    author = message.get("author") or {}
    kind = str(message.get("type", "Default"))
    name = author.get("nickname") or author.get("name") or ""
    reference = message.get("reference") or {}
    # A forward has a reference as well, but answers nothing.
    answers = kind in ("Reply", "19") and reference.get("messageId")
    return Record(
        author=str(author.get("id") or name),
        name=str(name),
        text=text_of(message.get("content") or ""),
        id=str(message["id"]),
        ts=milliseconds(str(message.get("timestamp"))),
        reply_to=str(reference["messageId"]) if answers else None,
        channel=channel,
        channel_id=channel_id,
        is_bot=bool(author.get("isBot")) or kind in ANSWERED_BY_BOT,
        is_system=kind not in WRITTEN | ANSWERED_BY_BOT,
        files=tuple(_files(message.get("attachments") or ())),
        mentions=_mentions(message.get("mentions") or ()),
    )


def _files(attachments: Any) -> Iterator[File]:
    for file in attachments:
        url = str(file.get("url", ""))
        yield File(str(file.get("id", url)), str(file.get("fileName", "")), url)


def _mentions(people: Any) -> dict[str, str] | None:
    return {
        str(person["id"]): str(person.get("nickname") or person.get("name") or "")
        for person in people
        if "id" in person
    } or None


def matches_csv(head: bytes) -> bool:
    """Return whether the first line is the header of an export."""
    return bool(_CSV_HEAD.match(head))


def read_csv(source: SourceFile, stream: Stream) -> Iterator[Record]:
    """Read the messages of one channel, named after the file."""
    channel, channel_id = _channel_of(source.name)
    text = io.TextIOWrapper(
        io.BufferedReader(stream), encoding="utf-8-sig", errors="replace", newline=""
    )
    first = text.readline()
    delimiter = ";" if first.count(";") > first.count(",") else ","
    columns = next(csv.reader([first], delimiter=delimiter))
    rows = csv.DictReader(text, columns, delimiter=delimiter, restval="")
    try:
        for row in rows:
            author = row.get("Author") or ""
            urls = (row.get("Attachments") or "").split(",")
            yield Record(
                author=row.get("AuthorID") or author,
                name=author.removesuffix("#0000"),
                text=row.get("Content") or "",
                ts=_date(row.get("Date") or ""),
                channel=channel,
                channel_id=channel_id,
                files=tuple(File(url, _name(url), url) for url in urls if url),
            )
    except csv.Error as error:
        raise BrokenFileError(f"line {rows.line_num + 1}", str(error)) from error


def _channel_of(name: str) -> tuple[str, str] | tuple[None, None]:
    """Name and id of the channel in a file's name: `Server - Group - name [id].csv`."""
    found = _FILE_NAME.search(name)
    if not found:
        return None, None
    path = name[: found.start()]
    channel = re.split(r"[/\\]", path)[-1].rpartition(" - ")[2]
    return (channel, found["id"]) if channel else (None, None)


def _date(text: str) -> int | None:
    found = milliseconds(text)
    if found is not None:
        return found
    for form in _OLD_DATES:
        try:
            return milliseconds(datetime.strptime(text, form).isoformat())
        except ValueError:
            continue
    return None


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1].split("?", 1)[0]
