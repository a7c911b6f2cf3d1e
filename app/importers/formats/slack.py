"""Slack's export: a folder per channel, a file per day, and lists beside them."""

import functools
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from app.importers import json_records
from app.importers.head import Head
from app.importers.json_stream import BrokenPieceError, JsonReader
from app.importers.records import (
    BrokenFileError,
    FileGuild,
    Item,
    JsonObject,
    Record,
    text_of,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream

LACKS = "without users.json, people have ids for names and bots are not marked"

LISTS = {
    "users.json", "channels.json", "groups.json", "dms.json", "mpims.json",
    "integration_logs.json", "canvases.json", "lists.json", "huddle_transcripts.json",
    "file_conversations.json", "org_users.json",
}  # fmt: skip
"""The files beside the channels."""

MOST_LISTED = 200_000
"""The most people or places of a list that are known by name."""

_MARKUP = re.compile(
    r"<(?P<sign>[@#!]?)(?P<value>[^<>|]{1,2000})(?:\|(?P<label>[^<>]*))?>"
)
_DIRECT = re.compile(r"D[A-Z0-9]{8,}|mpdm-.*")
"""The folders of direct messages and of small groups, as Slack names them."""

_SAID = {None, "thread_broadcast", "me_message", "file_share", "bot_message"}
"""Kinds of messages that someone wrote; the others are joins and the like."""


def matches(head: Head) -> bool:
    """Return whether it is a day's list of Slack's messages."""
    first = head.outline.first if head.outline and head.outline.array == "" else None
    if not isinstance(first, dict) or first.get("type") != "message":
        return False
    return "ts" in first and bool(
        first.keys() & {"user", "bot_id", "subtype", "username"}
    )


def is_list(source: SourceFile) -> bool:
    """Return whether it is one of the lists beside the channels."""
    return re.split(r"[/\\]", source.name)[-1] in LISTS


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return private for direct messages; the export does not name its workspace."""
    folder = _folder(source)
    if _DIRECT.fullmatch(folder):
        return [FileGuild(None, None, is_private=True)]
    for name in ("dms.json", "mpims.json"):
        for one in _list(source, name):
            if folder in (one.id, one.key):
                return [FileGuild(None, None, is_private=True)]
    return []


def read(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of one channel's day."""
    users = _list(source, "users.json")
    people = {one.id: one.name for one in users}
    bots = {one.id for one in users if one.is_bot}
    channel = _folder(source)

    def make(message: JsonObject) -> Record:
        return _record(message, channel, people, bots)

    return json_records.records(stream, "", make)


def _record(
    message: JsonObject, channel: str, people: dict[str, str], bots: set[str]
) -> Record:
    user = str(message.get("user") or message.get("bot_id") or "")
    name = people.get(user) or str(message.get("username") or user)
    ts, thread = str(message["ts"]), message.get("thread_ts")
    kind = message.get("subtype")
    is_answer = thread is not None and str(thread) != ts
    return Record(
        author=user or name,
        name=name,
        text=_plain(text_of(message.get("text") or ""), people),
        # A time of Slack is unique in its channel.
        id=f"{channel}.{ts}",
        ts=round(float(ts) * 1000),
        reply_to=f"{channel}.{thread}" if is_answer else None,
        channel=channel,
        is_bot=kind == "bot_message" or "bot_id" in message or user in bots,
        is_system=kind not in _SAID,
    )


def _plain(text: str, people: dict[str, str]) -> str:
    """Write mentions and links as people read them."""

    def spelled(found: re.Match[str]) -> str:
        value, label = found["value"], found["label"]
        if found["sign"] == "@":
            return f"@{label or people.get(value, 'someone')}"
        if found["sign"] == "#":
            return f"#{label or 'channel'}"
        if found["sign"] == "!":
            return label or value.split("^")[0]
        return value

    text = _MARKUP.sub(spelled, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _name(user: JsonObject) -> str:
    profile = user.get("profile")
    shown = profile.get("display_name") if isinstance(profile, dict) else None
    return str(shown or user.get("real_name") or user.get("name") or "")


def _folder(source: SourceFile) -> str:
    parts = re.split(r"[/\\]", source.name)
    return parts[-2] if len(parts) > 1 else "general"


class _Listed(NamedTuple):
    """A person or a place of a list."""

    id: str
    key: str
    """A place's name, which its folder has."""
    name: str
    is_bot: bool


def _list(source: SourceFile, name: str) -> Sequence[_Listed]:
    return _listed(source.beside(f"../{name}") or b"[]")


@functools.lru_cache(maxsize=4)
def _listed(data: bytes) -> Sequence[_Listed]:
    """Return what a list has, which every day of every channel asks for."""
    found: list[_Listed] = []
    reader = JsonReader(Stream(io.BytesIO(data), len(data)))
    try:
        for _ in reader.items():
            with suppress(BrokenPieceError):
                one = reader.value()
                if isinstance(one, dict):
                    names = str(one.get("id")), str(one.get("name"))
                    found.append(_Listed(*names, _name(one), bool(one.get("is_bot"))))
            if len(found) == MOST_LISTED:
                break
    except BrokenFileError:
        # It is too long to be read as a whole.
        return found
    return found
