"""Measures how often recall finds the message that a real reply answers."""

import argparse
import random
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from app.cli.output import print_json, say
from app.core.errors import UsageError
from app.core.paths import find_home
from app.evaluation.annotated_chat import read_rows
from app.evaluation.recall_scores import AT, RecallMessage, by_meaning, by_words, shares
from app.memory.embedder import BUILT_IN, Embedder, is_trivial
from app.memory.vectors import Floats
from app.store import guilds, messages
from app.store.database import Database

NAME = "recall"
HELP = "score recall on real reply pairs"
_CHUNK = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="*",
        help="JSON Lines, plain or gzipped",
    )
    parser.add_argument("--guild", help="a learned server, instead of files")
    parser.add_argument(
        "--limit", type=int, default=2000, help="reply pairs at most, drawn evenly"
    )
    parser.add_argument("--model", default=BUILT_IN, help="embedding model")


def run(arguments: argparse.Namespace) -> int:
    """Embed, search and print."""
    home = find_home(arguments.home)
    if bool(arguments.files) == bool(arguments.guild):
        raise UsageError("Name files or a server.", "mynah eval recall FILE…")
    if arguments.files:
        said = _from_files(arguments.files)
    else:
        with Database(home.database, read_only=True) as database:
            guild = database.call(guilds.find, arguments.guild)
            if guild is None:
                raise UsageError(f"There is no server {arguments.guild!r}.")
            said = _said(database.call(messages.replies_of, guild.id))
    embedder = Embedder.open(arguments.model, cache=home.embedding_models, threads=2)
    result = evaluate(said, embedder, arguments.limit)
    if arguments.json:
        print_json(result)
        return 0
    say(f"{result['pairs']:,} replies, over {result['messages']:,} messages")
    say(f"{'among the first':20}" + "".join(f"{k:>8}" for k in AT))
    for name, key in (("by meaning", "at"), ("by shared words", "baseline")):
        figures = "".join(f"{100 * result[key][str(k)]:8.1f}" for k in AT)
        say(f"{name:20}{figures}")
    return 0


def evaluate(
    said: Sequence[RecallMessage], embedder: Embedder, limit: int
) -> dict[str, Any]:
    """Return shares found by meaning, and by shared words as the baseline."""
    pairs = [place for place, message in enumerate(said) if message.answers is not None]
    if len(pairs) > limit:
        pairs = sorted(random.Random(0).sample(pairs, limit))
    return {
        "pairs": len(pairs),
        "messages": len(said),
        "at": shares(said, pairs, by_meaning(said, _vectors(said, embedder))),
        "baseline": shares(said, pairs, by_words(said)),
    }


def _vectors(said: Sequence[RecallMessage], embedder: Embedder) -> Floats:
    """Return a vector per message; zeros for messages without meaning."""
    vectors = np.zeros((len(said), embedder.dimension), np.float32)
    telling = [n for n, message in enumerate(said) if not is_trivial(message.text)]
    for start in range(0, len(telling), _CHUNK):
        part = telling[start : start + _CHUNK]
        vectors[part] = embedder.embed([said[place].text for place in part])
    return vectors


def _from_files(paths: Iterable[Path]) -> list[RecallMessage]:
    rows = []
    for path in paths:
        for row in read_rows(path):
            if row.get("ts") and not row.get("bot") and not row.get("system"):
                ts = int(datetime.fromisoformat(row["ts"]).timestamp() * 1000)
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
