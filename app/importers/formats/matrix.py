"""Element's export of a Matrix room as JSON."""

from collections.abc import Iterator

from app.importers import json_stream
from app.importers.head import Head
from app.importers.records import FileGuild, Item, JsonObject, Record, text_of
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
    """Read the messages of one room; edits replace nothing and are left out."""
    room = json_stream.header(source, ("room_name",)).get("room_name")

    def make(event: JsonObject) -> Record:
        return _record(event, str(room) if room else None)

    reader = json_stream.JsonReader(stream)
    is_list = reader.peek() == "["
    yield from json_stream.records_of(reader, "" if is_list else "messages", make)


def _record(event: JsonObject, room: str | None) -> Record:
    content = event.get("content") or {}
    relation = content.get("m.relates_to") or {}
    answered = (relation.get("m.in_reply_to") or {}).get("event_id")
    sender = str(event["sender"])
    kind = content.get("msgtype")
    is_said = event.get("type") == "m.room.message" and kind in (
        "m.text", "m.emote", "m.notice",
    )  # fmt: skip
    body = text_of(content.get("body") or "") if is_said else ""
    return Record(
        author=sender,
        name=sender.lstrip("@").partition(":")[0],
        text=_unquoted(body) if answered else body,
        id=str(event["event_id"]),
        ts=int(event["origin_server_ts"]),
        reply_to=str(answered) if answered else None,
        channel=room,
        is_bot=kind == "m.notice",
        is_system=not is_said or relation.get("rel_type") == "m.replace",
    )


def _unquoted(body: str) -> str:
    """Return an answer without the quote that clients put before it."""
    lines = body.split("\n")
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines).strip()
