"""Element's export of a Matrix room as JSON."""

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

from app.importers import json_outline, json_records, json_stream
from app.importers.head import Head
from app.importers.records import (
    BrokenFileError,
    FileGuild,
    Item,
    JsonObject,
    Note,
    Record,
    text_of,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream

LACKS = "Element marks only the bots that send notices"


def matches(head: Head) -> bool:
    """Return whether it has events of a room."""
    outline = head.outline
    if outline is None or outline.array not in ("messages", ""):
        return False
    first = outline.first
    if isinstance(first, dict):
        return "event_id" in first and "sender" in first
    return outline.array == "messages" and "room_name" in outline.head


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return nothing: a room is a channel, and its space is not named."""
    return []


def read(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of one room as they were last edited, without redacted ones."""
    room = json_outline.header(source, ("room_name",)).get("room_name")
    changes = _changes(source)
    encrypted = 0

    def make(event: JsonObject) -> Record:
        nonlocal encrypted
        encrypted += event.get("type") == "m.room.encrypted"
        return _record(event, str(room) if room else None, changes)

    reader = json_stream.JsonReader(stream)
    is_list = reader.peek() == "["
    yield from json_records.records_of(reader, "" if is_list else "messages", make)
    if encrypted:
        yield Note(
            f"{encrypted:,} encrypted and not read: export the room with a client that"
            " has the keys"
        )


class _Changes(NamedTuple):
    """Later events that change a message."""

    edits: dict[tuple[str, str], str]
    """The last words of a message, by its id and sender."""
    redacted: set[str]


def _changes(source: SourceFile) -> _Changes:
    found = _Changes({}, set())

    def note(event: JsonObject) -> Record:
        content = event.get("content") or {}
        if event.get("type") == "m.room.redaction":
            found.redacted.add(str(event.get("redacts") or content.get("redacts")))
        relation = content.get("m.relates_to") or {}
        if relation.get("rel_type") == "m.replace":
            words = text_of((content.get("m.new_content") or {}).get("body"))
            found.edits[str(relation["event_id"]), str(event["sender"])] = words
        return Record("", "", "")

    with closing(source.open()) as stream:
        reader = json_stream.JsonReader(stream)
        is_list = reader.peek() == "["
        try:
            for _ in json_records.records_of(
                reader, "" if is_list else "messages", note
            ):
                pass
        except BrokenFileError:
            # The reading of the messages tells it.
            return found
    return found


def _record(event: JsonObject, room: str | None, changes: _Changes) -> Record:
    content = event.get("content") or {}
    relation = content.get("m.relates_to") or {}
    answered = (relation.get("m.in_reply_to") or {}).get("event_id")
    sender = str(event["sender"])
    kind = content.get("msgtype")
    is_said = event.get("type") == "m.room.message" and kind in (
        "m.text", "m.emote", "m.notice",
    )  # fmt: skip
    id = str(event["event_id"])
    body = text_of(content.get("body") or "") if is_said else ""
    body = changes.edits.get((id, sender), body)
    return Record(
        author=sender,
        name=sender.lstrip("@").partition(":")[0],
        text=_unquoted(body) if answered else body,
        id=id,
        ts=int(event["origin_server_ts"]),
        reply_to=str(answered) if answered else None,
        channel=room,
        is_bot=kind == "m.notice",
        is_system=not is_said
        or relation.get("rel_type") == "m.replace"
        or id in changes.redacted,
    )


def _unquoted(body: str) -> str:
    """Return an answer without the quote that clients put before it."""
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines).strip()
