"""Measures recall on the messages of files or of a learned server."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from app.core.paths import Home
from app.evaluation.annotated_chat import read_rows
from app.evaluation.held_out import find_guild
from app.evaluation.recall_scores import RecallMessage, by_meaning, by_words, shares
from app.memory.embedder import Embedder, is_trivial
from app.memory.vectors import Floats
from app.store import voice_changes
from app.store.database import Database
from app.store.engines.address import place_of

_CHUNK = 2000


@dataclass(frozen=True)
class RecallReport:
    """The output of `mynah eval recall --json`."""

    pairs: int
    messages: int
    at: dict[str, float]
    """The shares found by meaning among the first k, by k."""
    baseline: dict[str, float]
    """The same by shared words."""


def measure(
    home: Home, said: Sequence[RecallMessage], model: str, limit: int
) -> RecallReport:
    """Return shares found by meaning, and by shared words as the baseline."""
    embedder = Embedder.open(model, cache=home.embedding_models, threads=2)
    pairs = [place for place, message in enumerate(said) if message.answers is not None]
    if len(pairs) > limit:
        pairs = sorted(random.Random(0).sample(pairs, limit))
    return RecallReport(
        len(pairs),
        len(said),
        shares(said, pairs, by_meaning(said, _vectors(said, embedder))),
        shares(said, pairs, by_words(said)),
    )


def _vectors(said: Sequence[RecallMessage], embedder: Embedder) -> Floats:
    """Return a vector per message; zeros for messages without meaning."""
    vectors = np.zeros((len(said), embedder.dimension), np.float32)
    telling = [n for n, message in enumerate(said) if not is_trivial(message.text)]
    for start in range(0, len(telling), _CHUNK):
        part = telling[start : start + _CHUNK]
        vectors[part] = embedder.embed([said[place].text for place in part])
    return vectors


def from_guild(home: Home, name: str) -> list[RecallMessage]:
    """Return the messages of a learned server, with those they answer."""
    with Database(place_of(home), read_only=True) as database:
        guild = find_guild(database, name)
        return _said(database.call(voice_changes.replies_of, guild.id))


def from_files(paths: Iterable[Path]) -> list[RecallMessage]:
    """Return the messages of JSON Lines files, with those they answer."""
    rows = []
    for path in paths:
        for row in read_rows(path):
            when = row.get("ts")
            if when and not row.get("bot") and not row.get("system"):
                ts = int(datetime.fromisoformat(when).timestamp() * 1000)
                rows.append((str(row.get("id")), ts, row["text"], row.get("reply_to")))
    return _said(sorted(rows, key=lambda row: row[1]))


def _said(rows: Sequence[tuple[str, int, str, str | None]]) -> list[RecallMessage]:
    """Return rows in the order of time, with the places of the messages they answer."""
    place: dict[str, int] = {}
    said: list[RecallMessage] = []
    for number, (external, ts, text, reply_to) in enumerate(rows):
        said.append(RecallMessage(ts, text, place.get(reply_to) if reply_to else None))
        place[external] = number
    return said
