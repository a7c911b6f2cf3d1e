"""Telegram Desktop's JSON: one chat, or all of an account."""

from collections.abc import Iterator

from app.importers.head import Head
from app.importers.json_records import at_end, read_items
from app.importers.json_stream import BrokenPieceError, JsonReader
from app.importers.records import (
    BrokenFileError,
    FileGuild,
    Item,
    JsonObject,
    OddValueError,
    Record,
    id_of,
    name_of,
    time_of,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream

LACKS = "Telegram does not mark bots"

_PRIVATE = {"personal_chat", "bot_chat", "saved_messages", "private", "replies"}


def matches(head: Head) -> bool:
    """Return whether it is a chat of Telegram, or a list of them."""
    outline = head.outline
    if outline is None or "guild" in outline.head:
        return False
    if outline.array == "chats":
        return True
    is_chat = outline.array == "messages" and {"type", "id"} <= outline.head.keys()
    return is_chat and isinstance(outline.head["type"], str)


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return the groups; personal chats are private."""
    found: dict[str, FileGuild] = {}
    with source.open() as stream:
        for item in _walk(JsonReader(stream), wants_messages=False):
            if isinstance(item, FileGuild):
                found[item.key] = item
    return list(found.values())


def read(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of all chats in the file."""
    reader = JsonReader(stream)
    for item in _walk(reader, wants_messages=True):
        if not isinstance(item, FileGuild):
            yield item
    yield from at_end(reader)


def _walk(reader: JsonReader, *, wants_messages: bool) -> Iterator[Item | FileGuild]:
    """Yield the chats, and the messages of each if they are wanted."""
    head: JsonObject = {}
    try:
        for key in reader.keys():
            if key in ("chats", "left_chats"):
                yield from _chats(reader, wants_messages=wants_messages)
            elif key == "messages":
                yield from _chat(reader, head, wants_messages=wants_messages)
            elif key in ("name", "type", "id"):
                head[key] = reader.value()
            else:
                reader.skip()
    except (BrokenFileError, BrokenPieceError) as error:
        if not wants_messages:
            return
        raise BrokenFileError(error.position, error.reason) from None


def _chats(reader: JsonReader, *, wants_messages: bool) -> Iterator[Item | FileGuild]:
    for key in reader.keys():
        if key != "list":
            reader.skip()
            continue
        for _ in reader.items():
            head: JsonObject = {}
            for part in reader.keys():
                if part == "messages":
                    yield from _chat(reader, head, wants_messages=wants_messages)
                elif part in ("name", "type", "id"):
                    head[part] = reader.value()
                else:
                    reader.skip()


def _chat(
    reader: JsonReader, head: JsonObject, *, wants_messages: bool
) -> Iterator[Item | FileGuild]:
    name = str(head.get("name") or "") or None
    kind = str(head.get("type") or "")
    guild = FileGuild(None, name, is_private=kind in _PRIVATE)
    yield guild
    if not wants_messages:
        reader.skip()
        return

    def make(message: JsonObject) -> Record:
        return _record(message, guild, str(head.get("id") or ""))

    yield from read_items(reader, make)


def _record(message: JsonObject, guild: FileGuild, chat: str) -> Record:
    name = name_of(message.get("from")) or "someone"
    stamp = message.get("date_unixtime")
    ts = int(stamp) * 1000 if stamp else time_of(message["date"])
    answered = message.get("reply_to_message_id")
    return Record(
        author=id_of(message.get("from_id")) or name,
        name=name,
        text=_text(message.get("text", "")),
        # Telegram counts in each chat anew.
        id=f"{chat}.{id_of(message['id'])}",
        ts=ts,
        reply_to=f"{chat}.{answered}" if answered else None,
        channel=guild.name or "general",
        is_bot="via_bot" in message,
        is_system=message.get("type", "message") != "message"
        or "forwarded_from" in message,
        guild=guild.key,
    )


def _text(text: object) -> str:
    """Join a text of parts; links and mentions are objects with a text."""
    if isinstance(text, str):
        return text
    if not isinstance(text, list):
        raise OddValueError(f"its text is {text!r:.40}")
    return "".join(
        part if isinstance(part, str) else str(part.get("text", "")) for part in text
    )
