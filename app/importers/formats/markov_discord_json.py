"""Training files of markov-discord: `[{"message", "attachments"?}]`, and the first."""

from collections.abc import Iterator

from app.importers import json_records, json_stream
from app.importers.head import Head
from app.importers.records import (
    File,
    FileGuild,
    Item,
    JsonObject,
    Record,
    id_of,
    text_of,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream

LACKS = "training files have neither authors nor times"


def matches(head: Head) -> bool:
    """Return whether it is a list of objects with a message or string, or empty."""
    outline = head.outline
    if outline is None or outline.array not in ("", "messages"):
        return False
    if isinstance(outline.first, dict):
        first = outline.first
        is_alone = not first.keys() & {"content", "author", "user", "ts"}
        return is_alone and ("message" in first or "string" in first)
    return outline.array == "" and head.data.strip() == b"[]"


def guilds(source: SourceFile) -> list[FileGuild]:
    """Return nothing: the file names no server."""
    return []


def read(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of the file, which has neither authors nor times."""
    reader = json_stream.JsonReader(stream)
    is_list = reader.peek() == "["
    yield from json_records.records_of(reader, "" if is_list else "messages", _record)


def _record(row: JsonObject) -> Record:
    # Its first form, markovDB.json, says `string` and `attachment`, and has ids.
    text = row["message"] if "message" in row else row["string"]
    urls = [text_of(url) for url in row.get("attachments") or ()]
    if row.get("attachment"):
        urls.append(text_of(row["attachment"]))
    files = tuple(map(File.at, urls))
    return Record(
        author="", name="", text=text_of(text), id=id_of(row.get("id")), files=files
    )
