"""Writes a guild's messages in the interchange format."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import UsageError
from app.core.files import replacing
from app.store import messages
from app.store.database import Database
from app.store.rows import StoredMessage


def export(reader: Database, guild: int, name: str, target: Path) -> int:
    """Write all messages of a guild; return their number. Blocking.

    Raises:
        UsageError: If the file's directory does not exist.
    """
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {target.parent}.")
    written, after = 0, 0
    with replacing(target, is_secret=True) as file:
        while page := reader.call(messages.page_after, guild, after):
            for row in reader.call(_rows, name, page):
                file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            written += len(page)
            after = page[-1].id
    return written


def rows_of(guild: str, rows: Sequence[int]) -> list[dict[str, object]]:
    """Return lines of the interchange format for the messages in those rows."""
    return _rows(guild, messages.by_rows(rows))


def _rows(guild: str, page: Sequence[StoredMessage]) -> list[dict[str, object]]:
    files: defaultdict[int, list[dict[str, str]]] = defaultdict(list)
    for file in messages.attachments_of([message.id for message in page]):
        files[file.message_id].append(
            {"id": file.external, "name": file.name, "url": file.url}
        )
    return [_row(guild, message, files[message.id]) for message in page]


def _row(
    guild: str, message: StoredMessage, files: list[dict[str, str]]
) -> dict[str, object]:
    """Return one line of the interchange format, with the author's name or hash."""
    row: dict[str, object] = {
        "guild": guild,
        "channel": message.channel_name,
        "id": message.external,
        "author": message.name or message.author,
        "ts": datetime.fromtimestamp(message.ts / 1000, UTC).isoformat(),
        "text": message.text,
        "reply_to": message.reply_to,
    }
    if message.is_bot:
        row["bot"] = True
    if files:
        row["attachments"] = files
    return row
