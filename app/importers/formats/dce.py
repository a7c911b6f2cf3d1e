"""DiscordChatExporter's JSON, old and new: one file per channel."""

import re
from collections.abc import Iterator, Sequence

from app.importers import json_outline, json_records, json_stream
from app.importers.formats.discord_names import NamedPlace, place_of
from app.importers.head import Head
from app.importers.records import (
    BrokenRow,
    FileGuild,
    JsonObject,
    Record,
    files_of,
    id_of,
    is_yes,
    name_of,
    objects_of,
    text_of,
    time_of,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream

WRITTEN = {"Default", "Reply", "0", "19"}
"""Message types that a person wrote; types without a name come as numbers."""

ANSWERED_BY_BOT = {"20", "23"}
"""Replies to slash commands and context menus."""

_SAID = WRITTEN | ANSWERED_BY_BOT

_DIRECT = {"DirectTextChat", "DirectGroupTextChat", "1", "3"}
"""Types of channels outside any server."""

_EMOJI = re.compile(r"(?<![\w<]):(\w{2,32}):(?!\d)")


def matches(head: Head) -> bool:
    """Return whether it is an export, or a list of its messages."""
    outline = head.outline
    if outline is None or outline.array not in ("messages", ""):
        return False
    if isinstance(outline.first, dict):
        return "content" in outline.first and "author" in outline.first
    # An export without messages.
    is_empty = outline.array == "messages" and outline.first is None
    return is_empty and {"guild", "channel"} <= outline.head.keys()


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return the server that the file names."""
    head = json_outline.header(source, ("guild", "channel"))
    guild, channel = head.get("guild"), head.get("channel")
    if not isinstance(guild, dict) or not guild.get("id"):
        named = place_of(source.name).guild
        return [named] if named else []
    kind = channel.get("type") if isinstance(channel, dict) else None
    is_private = str(guild["id"]) == "0" or str(kind) in _DIRECT
    return [
        FileGuild(str(guild["id"]), str(guild.get("name") or "") or None, is_private)
    ]


def read(source: SourceFile, stream: Stream) -> Iterator[Record | BrokenRow]:
    """Read the messages of one channel; a truncated export keeps what is whole."""
    place = _place(source)

    def make(message: JsonObject) -> Record:
        return _record(message, place)

    reader = json_stream.JsonReader(stream)
    is_list = reader.peek() == "["
    yield from json_records.records_of(reader, "" if is_list else "messages", make)


def _place(source: SourceFile) -> NamedPlace:
    named = place_of(source.name)
    found = json_outline.header(source, ("guild", "channel")).get("channel")
    if not isinstance(found, dict):
        return named
    id = str(found["id"]) if found.get("id") else named.channel_id
    return NamedPlace(None, str(found.get("name") or named.channel or "general"), id)


def _record(message: JsonObject, place: NamedPlace) -> Record:
    get = message.get
    author = get("author") or {}
    if isinstance(author, str):
        author = {"name": author}
    kind = str(get("type", "Default"))
    name = (
        author.get("nickname")
        or author.get("global_name")
        or author.get("name")
        or author.get("username")
        or ""
    )
    reference = get("reference") or get("message_reference") or {}
    answered = reference.get("messageId") or reference.get("message_id")
    # A forward has a reference as well, but answers nothing.
    is_answer = kind in ("Reply", "19") and answered
    text = text_of(get("content") or "")
    # Most messages have neither emoji, nor files, nor mentions.
    emojis, files, mentions = get("inlineEmojis"), get("attachments"), get("mentions")
    if emojis and (known := objects_of(emojis)):
        text = _with_emojis(text, known)
    channel_id = place.channel_id or id_of(get("channel_id"))
    ts = time_of(get("timestamp"))
    id = id_of(get("id"))
    bot = author.get("isBot") or author.get("bot")
    return Record(
        author=id_of(author.get("id")) or name_of(name) or "",
        name=name_of(name) or "",
        text=text,
        id=id,
        ts=ts if ts is not None else _sent(id),
        reply_to=str(answered) if is_answer else None,
        channel=place.channel or channel_id,
        channel_id=channel_id,
        is_bot=bool(bot and is_yes(bot)) or kind in ANSWERED_BY_BOT,
        is_system=kind not in _SAID,
        files=tuple(files_of(files)) if files else (),
        mentions=_mentions(objects_of(mentions)) if mentions else None,
    )


DISCORD_EPOCH_MS = 1_420_070_400_000


def _sent(id: str | None) -> int | None:
    """Return the time in Discord's id, if it is one."""
    if id is None or not (id.isascii() and id.isdigit()) or len(id) < 15:
        return None
    return DISCORD_EPOCH_MS + (int(id) >> 22)


def _with_emojis(text: str, emojis: list[JsonObject]) -> str:
    """Write the server's own emoji as Discord does, so that it shows them."""
    known = {
        str(
            one.get("name")
        ): f"<{'a' * bool(one.get('isAnimated'))}:{one['name']}:{one['id']}>"
        for one in emojis
        if one.get("id") and one.get("name")
    }
    return _EMOJI.sub(lambda found: known.get(found[1], found[0]), text)


def _mentions(people: Sequence[JsonObject]) -> dict[str, str] | None:
    return {
        str(person["id"]): str(
            person.get("nickname") or person.get("name") or person.get("username") or ""
        )
        for person in people
        if "id" in person
    } or None
