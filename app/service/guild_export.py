"""Writes a guild's messages in the interchange format."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import UsageError
from app.core.files import replacing
from app.importers.records import EARLIEST_MS
from app.store import guilds, messages
from app.store.database import Database
from app.store.rows import StoredChannel, StoredGuild, StoredMessage

Row = dict[str, object]
"""A line of the interchange format, or a part of it."""


def export(reader: Database, guild: StoredGuild, target: Path) -> int:
    """Write all messages of a guild; return their number. Blocking.

    Raises:
        UsageError: If the file's directory does not exist.
    """
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {target.parent}.")
    channels = {one.id: one for one in reader.call(guilds.channels, guild.id)}
    named = {"guild": guild.name}
    if guild.known_id:
        named["guild_id"] = guild.known_id
    written, after = 0, 0
    with replacing(target, is_secret=True) as file:
        while page := reader.call(messages.page_after, guild.id, after):
            for row in reader.call(_rows, named, page, channels):
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            written += len(page)
            after = page[-1].id
    return written


def rows_of(guild: str, rows: Sequence[int]) -> list[Row]:
    """Return lines of the interchange format for the messages in those rows."""
    return _rows({"guild": guild}, messages.by_rows(rows), {})


def _rows(
    named: Mapping[str, str],
    page: Sequence[StoredMessage],
    channels: Mapping[int, StoredChannel],
) -> list[Row]:
    files: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    for file in messages.attachments_of([message.id for message in page]):
        files[file.message_id].append(
            {"id": file.external, "name": file.name, "url": file.url}
        )
    return [
        {**named, **_place(one, channels), **_said(one, files[one.id])} for one in page
    ]


def _place(message: StoredMessage, channels: Mapping[int, StoredChannel]) -> Row:
    """Return where a message stands: its channel, and the thread in it."""
    channel = channels.get(message.channel)
    if channel is None:
        return {"channel": message.channel_name}
    place: Row = {"channel": channel.name}
    above = channels.get(channel.parent_id or 0)
    if above and channel.name.startswith(f"{above.name}/"):
        name = channel.name.removeprefix(f"{above.name}/")
        place, channel = {"channel": above.name, "thread": name}, above
    if channel.discord_id:
        place["channel_id"] = channel.discord_id
    return place


def _said(message: StoredMessage, files: list[dict[str, str]]) -> Row:
    """Return the rest of a line; people of one name differ by the hash of their id."""
    row: Row = {
        "id": message.external,
        "author": message.name or message.author,
        "author_id": message.author,
        "text": message.text,
        "reply_to": message.reply_to,
    }
    # Plain text has no times; its messages are only numbered.
    if message.ts >= EARLIEST_MS:
        row["ts"] = datetime.fromtimestamp(message.ts / 1000, UTC).isoformat()
    if message.is_bot:
        row["bot"] = True
    if files:
        row["attachments"] = files
    return row
