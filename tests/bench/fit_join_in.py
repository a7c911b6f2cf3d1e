"""Measures how close a line must be to a conversation to fit it, for `speak.join_in`.

`python -m tests.bench.fit_join_in --data DIR`: DIR has `guilds` and `links`, with files
of interchange rows. Lines that people answered with are compared with lines that the
same people wrote elsewhere. The least closeness is the one that a tenth of the latter
reaches.
"""

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from app.chat.best_of_n import without_echo
from app.chat.example_selection import by_words
from app.core.paths import Home
from app.importers.records import JsonObject
from app.memory import recall
from app.memory.embedder import Embedder
from app.memory.memory import GLANCE_TOKENS
from app.providers.base import Turn
from app.replies.cloud_examples import LAST_TURNS

STRANGERS = 0.1
"""The share of lines from elsewhere that may still count as fitting."""


class Answered(NamedTuple):
    """An answer, what was said before it, and a line from elsewhere."""

    turns: tuple[Turn, ...]
    answer: str
    stranger: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=1500)
    args = parser.parse_args()
    embedder = Embedder.open("built-in", cache=Home(Path(".cache")).embedding_models)
    print(f"{'corpus':16}{'by':>10}{'least':>8}{'answers':>9}{'strangers':>11}")
    for path in ("guilds/meshcore.dev", "guilds/meshcore.train", "links/ubuntu.dev"):
        pairs = list(answered(args.data / f"{path}.jsonl.gz", args.pairs))
        report(path, "meaning", [meaning(embedder, one) for one in pairs])
        report(path, "words", [words(one) for one in pairs])


def answered(path: Path, count: int) -> Iterator[Answered]:
    """Yield answers with the turns up to what they answer."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [row for line in file if (row := json.loads(line))["text"].strip()]
    places: dict[str, list[JsonObject]] = {}
    at: dict[str, tuple[str, int]] = {}
    for row in rows:
        talk = places.setdefault(row["channel"], [])
        at[row["id"]] = (row["channel"], len(talk))
        talk.append(row)
    rng = Random(1)
    rng.shuffle(rows)
    for row in rows:
        if count and (parent := parent_of(row)) in at:
            channel, place = at[parent]
            before = places[channel][max(0, place + 1 - LAST_TURNS) : place + 1]
            turns = tuple(Turn(one["author"], one["text"]) for one in before)
            count -= 1
            yield Answered(turns, row["text"], rng.choice(rows)["text"])


def parent_of(row: JsonObject) -> str:
    links = row.get("links") if row.get("gold") else [row.get("reply_to")]
    return str(links[0]) if links and links[0] != row["id"] else ""


def meaning(embedder: Embedder, pair: Answered) -> Sequence[float]:
    turns = [turn.text for turn in pair.turns][-recall.TURNS :]
    texts = [pair.answer, pair.stranger]
    found = embedder.embed([*turns, *texts], GLANCE_TOKENS)
    scores = recall.closest(found[len(turns) :], recall.meaning(found[: len(turns)]))
    return without_echo(texts, scores, pair.turns)


def words(pair: Answered) -> Sequence[float]:
    texts = [pair.answer, pair.stranger]
    # One line at a time, as the bot asks.
    scores = [by_words(pair.turns)([text])[0] for text in texts]
    return without_echo(texts, scores, pair.turns)


def report(path: str, by: str, scores: Sequence[Sequence[float]]) -> None:
    answers, strangers = np.array(scores).T
    least = float(np.quantile(strangers, 1 - STRANGERS))
    shares = (answers > least).mean(), (strangers > least).mean()
    print(
        f"{Path(path).name:16}{by:>10}{least:>8.3f}{shares[0]:>9.0%}{shares[1]:>9.0%}"
    )


if __name__ == "__main__":
    main()
