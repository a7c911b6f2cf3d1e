"""Writes a guild's messages in the interchange format."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.errors import UsageError
from app.store import messages
from app.store.database import Database
from app.store.messages import StoredMessage


def export(reader: Database, guild: int, name: str, target: Path) -> int:
    """Write all messages of a guild; returns how many. Blocking.

    Raises:
        UsageError: If the file's directory does not exist.
    """
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {target.parent}.")
    temporary = target.with_name(target.name + ".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    written, after = 0, 0
    with os.fdopen(os.open(temporary, flags, 0o600), "w", encoding="utf-8") as file:
        while page := reader.call(messages.page_after, guild, after):
            for message in page:
                row = _row(name, message)
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += len(page)
            after = page[-1].id
    temporary.replace(target)
    return written


def _row(guild: str, message: StoredMessage) -> dict[str, Any]:
    """One line of the interchange format; authors go by name, or else by hash."""
    row: dict[str, Any] = {
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
    return row
