"""Annotated chat in the interchange format: rows with `gold` and `links`."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Required, TypedDict, cast

from app.conversations.message_features import MessageFeatures, looks_like_bot
from app.core.errors import AppError


class Row(TypedDict, total=False):
    """A message in the interchange format."""

    text: Required[str]
    author: str | None
    channel: str | None
    id: str
    ts: str | None
    reply_to: str | None
    bot: bool
    system: bool
    gold: bool
    links: list[str | None]


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
                    yield cast(Row, row)
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
    times = [_seconds(row.get("ts")) for row in rows]
    seconds = next((time for time in times if time is not None), 0.0)
    for row, time in zip(rows, times, strict=True):
        seconds = seconds if time is None else time
        author = None if row.get("system") else row.get("author")
        is_bot = bool(row.get("bot")) or (author is not None and looks_like_bot(author))
        yield MessageFeatures(author, seconds, row["text"], (), is_bot)


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None
