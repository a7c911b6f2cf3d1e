"""Later messages of a server, held out from what it learned."""

import gzip
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

from app.core.errors import AppError, UsageError
from app.core.names import GuildId
from app.evaluation.annotated_chat import Row
from app.importers.intake import DEFAULT_CHANNEL, UNKNOWN_AUTHOR
from app.importers.records import milliseconds
from app.store import guilds, messages
from app.store.database import Database
from app.store.rows import StoredGuild

Turns = Sequence[tuple[str, str]]
"""(name, text) of the messages before, oldest first."""


@dataclass(frozen=True, slots=True)
class Held:
    """A held-out message, with the channel's messages before it."""

    turns: Turns
    name: str
    text: str
    channel: str = ""
    recent: Sequence[str] = ()
    """People's texts in the channel before those turns, oldest first."""


def find_guild(database: Database, name: str) -> StoredGuild:
    """Return a learned server by its name.

    Raises:
        UsageError: If there is none.
    """
    guild = database.call(guilds.find, name)
    if guild is None:
        raise UsageError(f"There is no server {name!r}.")
    return guild


def read_held_out(path: Path) -> list[Row]:
    """Return the messages of a JSON Lines file, plain or gzipped.

    Skips lines that are not messages.

    Raises:
        AppError: When the file cannot be read.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    rows: list[Row] = []
    try:
        with opener(path, "rt", encoding="utf-8-sig", errors="replace") as file:
            for line in file:
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if isinstance(row, dict) and isinstance(row.get("text"), str):
                    rows.append(cast(Row, row))
    except (OSError, EOFError) as error:
        raise AppError(
            f"{path} cannot be read: {error}.", "It must be JSON Lines of messages."
        ) from error
    return rows


def before_of(guild: GuildId, rows: Sequence[Row], turns: int) -> dict[str, list[Row]]:
    """Return the guild's last rows of each channel before these."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(_channel(row), row)
    found: dict[str, list[Row]] = {}
    for name, row in first.items():
        channel = guilds.find_channel(guild, name)
        if channel is not None:
            found[name] = [
                {"author": stored.name, "text": stored.text, "bot": stored.is_bot}
                for stored in messages.latest(channel.id, turns, before=_moment(row))
            ]
    return found


def _channel(row: Row) -> str:
    return str(row.get("channel") or DEFAULT_CHANNEL)


def _moment(row: Row) -> int | None:
    """Return the time of writing in milliseconds, or None if it is missing."""
    ts = row.get("ts")
    return milliseconds(ts) if isinstance(ts, str) else None


def hold_out(
    rows: Sequence[Row], before: dict[str, list[Row]], turns: int, recent: int = 0
) -> Iterator[Held]:
    """Yield each message by a person, with the turns before it.

    Args:
        rows: Interchange rows, in the order of time.
        before: Earlier rows by channel, oldest first.
        turns: The number of earlier rows of the channel in the prompt.
        recent: The number of rows before those.
    """
    heard: dict[str, deque[Row]] = {}
    for row in rows:
        name, text = _channel(row), str(row.get("text") or "")
        if not text.strip() or row.get("system"):
            continue
        past = deque(before.get(name, ()), maxlen=turns + recent)
        seen = heard.setdefault(name, past)
        if not row.get("bot"):
            cut = max(len(seen) - turns, 0)
            last = [(_author(old), str(old["text"])) for old in islice(seen, cut, None)]
            older = [
                str(old["text"]) for old in islice(seen, cut) if not old.get("bot")
            ]
            yield Held(last, _author(row), text, name, older)
        seen.append(row)


def _author(row: Row) -> str:
    return str(row.get("author") or UNKNOWN_AUTHOR)


def spread(held: list[Held], limit: int) -> list[Held]:
    """Return at most `limit` of them, spread evenly; 0 means all."""
    if limit <= 0 or len(held) <= limit:
        return held
    return [held[at * len(held) // limit] for at in range(limit)]
