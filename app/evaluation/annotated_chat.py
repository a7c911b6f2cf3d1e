"""Annotated chat in the interchange format: rows with `gold` and `links`."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.conversations.message_features import MessageFeatures, looks_like_bot
from app.core.errors import AppError

Row = Mapping[str, Any]


@dataclass(frozen=True)
class AnnotatedChannel:
    """One channel of annotated chat."""

    channel: str
    lines: Sequence[MessageFeatures]
    parents: Mapping[int, frozenset[int]]
    """Positions answered by each annotated line; its own if it starts something."""


def read_channels(paths: Iterable[Path]) -> Iterator[AnnotatedChannel]:
    """Read the channels of JSON Lines files, plain or gzipped, in order.

    Raises:
        AppError: If a file cannot be read or has another format.
    """
    for path in paths:
        channels: dict[str, list[Row]] = {}
        for row in read_rows(path):
            channels.setdefault(str(row.get("channel", "")), []).append(row)
        for name, rows in channels.items():
            yield _judged(name, rows)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of one JSON Lines file, plain or gzipped.

    Raises:
        AppError: If the file cannot be read, or a row is not a message.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            for line in file:
                if line.strip():
                    row = json.loads(line)
                    if not isinstance(row, dict) or "text" not in row:
                        raise ValueError("a row is not a message")
                    yield row
    except (OSError, ValueError, EOFError) as error:
        raise AppError(
            f"{path} cannot be read: {error}.", "It must be JSON Lines of messages."
        ) from error


def _judged(channel: str, rows: Sequence[Row]) -> AnnotatedChannel:
    place = {str(row.get("id")): number for number, row in enumerate(rows)}
    parents: dict[int, frozenset[int]] = {}
    for number, row in enumerate(rows):
        if row.get("gold"):
            named = row.get("links") or [row.get("reply_to")]
            # A parent outside the file keeps its own number, which nobody finds.
            found = {place.get(str(one), -number - 1) for one in named if one}
            parents[number] = frozenset(found or {number})
    return AnnotatedChannel(channel, list(to_lines(rows)), parents)


def to_lines(rows: Iterable[Row]) -> Iterator[MessageFeatures]:
    """Convert rows to lines for linking; a missing time takes the previous one."""
    rows = list(rows)
    times = [_seconds(row["ts"]) for row in rows if row.get("ts")]
    seconds = times[0] if times else 0.0
    for row in rows:
        if row.get("ts"):
            seconds = _seconds(row["ts"])
        author = None if row.get("system") else row.get("author")
        is_bot = bool(row.get("bot")) or (author is not None and looks_like_bot(author))
        yield MessageFeatures(author, seconds, row["text"], (), is_bot)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
