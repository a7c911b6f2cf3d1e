"""Discord History Tracker: its database, and the text file of older versions."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from app.importers.head import Head
from app.importers.json_outline import header
from app.importers.json_records import at_end, read_item
from app.importers.json_stream import JsonReader
from app.importers.records import (
    MAX_LINE_BYTES,
    MOST_FILES,
    BrokenFileError,
    BrokenRow,
    File,
    FileGuild,
    Item,
    JsonObject,
    Record,
    text_of,
    why_no_message,
)
from app.importers.sources import SourceFile
from app.importers.streams import Stream

LACKS = "Discord History Tracker does not mark bots"

MAGIC = b"SQLite format 3\0"
_TABLES = {"messages", "channels", "servers", "users"}

_QUERY = """
SELECT m.message_id, m.sender_id, u.name, m.text, m.timestamp, c.id, c.name,
       s.id, s.name, s.type, {reply}
FROM messages m
LEFT JOIN channels c ON c.id = m.channel_id
LEFT JOIN servers s ON s.id = c.server
LEFT JOIN users u ON u.id = m.sender_id
{join}
ORDER BY m.message_id
"""


def matches_database(head: Head) -> bool:
    """Return whether it is a database with the tracker's tables."""
    path = head.source.on_disk()
    if not head.data.startswith(MAGIC) or path is None:
        return False
    try:
        with closing(_open(path)) as database:
            return _TABLES <= _tables(database)
    except sqlite3.Error:
        return False


def _open(path: Path) -> sqlite3.Connection:
    """Open a database that is only read, without leaving files beside it."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    database = sqlite3.connect(uri, uri=True)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_LINE_BYTES)
    return database


def _tables(database: sqlite3.Connection) -> set[str]:
    # A view or virtual table of a stranger could run for ever.
    rows = database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%'"
    )
    return {str(name) for (name,) in rows}


def guilds_of_database(source: SourceFile) -> list[FileGuild]:
    """Return the servers in it; groups and direct messages are private."""
    path = source.on_disk()
    if path is None:
        return []
    try:
        with closing(_open(path)) as database:
            rows = list(
                database.execute("SELECT id, name, type FROM servers LIMIT 10000")
            )
    except sqlite3.Error:
        return []
    return [_guild(id, name, kind) for id, name, kind in rows]


def _guild(id: object, name: object, kind: object) -> FileGuild:
    is_server = str(kind).upper() == "SERVER"
    return FileGuild(str(id) if id else None, str(name), is_private=not is_server)


def read_database(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of all servers."""
    path = source.on_disk()
    if path is None:
        raise BrokenFileError("", "it is a database: unpack it first")
    try:
        with closing(_open(path)) as database:
            for row in database.execute(_query(_tables(database))):
                try:
                    yield _row(row)
                except (TypeError, ValueError) as error:
                    reason = why_no_message({}, error)
                    yield BrokenRow(f"message {row[0]}", reason)
    except sqlite3.Error as error:
        raise BrokenFileError("", f"the database is damaged ({error})") from error


def _query(tables: set[str]) -> str:
    for table in ("message_replied_to", "replied_to"):
        if table in tables:
            join = f"LEFT JOIN {table} r ON r.message_id = m.message_id"
            return _QUERY.format(reply="r.replied_to_id", join=join)
    return _QUERY.format(reply="NULL", join="")


def _row(row: tuple[Any, ...]) -> Record:
    id, sender, name, text, ts, channel_id, channel, server, title, kind, reply = row
    return Record(
        author=str(sender),
        name=str(name or ""),
        text=str(text),
        id=str(id),
        ts=int(ts),
        reply_to=str(reply) if reply else None,
        channel=str(channel or "general"),
        channel_id=str(channel_id) if channel_id else None,
        guild=_guild(server, title, kind).key if kind else None,
    )


def matches_text(head: Head) -> bool:
    """Return whether it is the older text file."""
    outline = head.outline
    meta = outline.head.get("meta") if outline else None
    return isinstance(meta, dict) and {"users", "servers", "channels"} <= meta.keys()


def guilds_of_text(source: SourceFile) -> list[FileGuild]:
    """Return the servers in it; it knows only their names."""
    servers = _meta(source).get("servers")
    if not isinstance(servers, list):
        return []
    return [
        _guild(None, one.get("name"), one.get("type"))
        for one in servers
        if isinstance(one, dict)
    ]


def _meta(source: SourceFile) -> JsonObject:
    found = header(source, ("meta",)).get("meta")
    return found if isinstance(found, dict) else {}


def read_text(source: SourceFile, stream: Stream) -> Iterator[Item]:
    """Read the messages of all channels: an object by channel, then by message."""
    meta, reader = _meta(source), JsonReader(stream)
    for key in reader.keys():
        if key != "data":
            reader.skip()
            continue
        for channel in reader.keys():
            for id in reader.keys():
                yield _text_item(reader, meta, channel, id)
    yield from at_end(reader)


def _text_item(
    reader: JsonReader, meta: JsonObject, channel: str, id: str
) -> Record | BrokenRow:
    def make(message: JsonObject) -> Record:
        return _text_record(message, meta, channel, id)

    return read_item(reader, make, id)


def _text_record(
    message: JsonObject, meta: JsonObject, channel: str, id: str
) -> Record:
    user = str(meta["userindex"][int(message["u"])])
    place = meta["channels"].get(channel) or {}
    server = meta["servers"][int(place.get("server", 0))]
    urls = [str(one["url"]) for one in (message.get("a") or ())[:MOST_FILES]]
    return Record(
        author=user,
        name=str(meta["users"].get(user, {}).get("name") or ""),
        text=text_of(message.get("m") or ""),
        id=id,
        ts=int(message["t"]),
        reply_to=str(message["r"]) if message.get("r") else None,
        channel=str(place.get("name") or "general"),
        channel_id=channel,
        files=tuple(map(File.at, urls)),
        guild=_guild(None, server.get("name"), server.get("type")).key,
    )
