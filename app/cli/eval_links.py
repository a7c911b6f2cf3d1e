"""Measures on annotated chat how well messages are linked to their questions."""

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.cli.output import print_json, say
from app.conversations.message_features import MessageFeatures
from app.conversations.reply_linker import Linker
from app.evaluation.annotated_chat import AnnotatedChannel, read_channels
from app.evaluation.link_scores import (
    Clusters,
    Link,
    clusters,
    score_clusters,
    score_links,
)

NAME = "links"
HELP = "score conversation linking on annotated chat"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's words."""
    parser.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="+",
        help="JSON Lines with `gold` and `links`, plain or gzipped",
    )


def run(arguments: argparse.Namespace) -> int:
    """Link, score and print."""
    result = evaluate(read_channels(arguments.files))
    if arguments.json:
        print_json(result)
        return 0
    say(f"{result['messages']:,} judged messages, {result['ms']:.2f} ms a message")
    say(f"{'':20}{'precision':>10}{'recall':>10}{'F1':>10}", end="")
    say(f"{'VI':>10}{'1-1':>10}{'exact':>10}")
    rows = {"linked": result, "previous message": result["previous"]}
    for name, scores in rows.items():
        link, cluster = scores["link"], scores["cluster"]
        figures = [link["precision"], link["recall"], link["f1"]]
        figures += [cluster["vi"], cluster["one_to_one"], cluster["f1"]]
        say(f"{name:20}" + "".join(f"{100 * figure:10.1f}" for figure in figures))
    return 0


class _Tally:
    """Links and clusters of all channels, found by one method."""

    def __init__(self) -> None:
        self.links: set[Link] = set()
        self.clusters: Clusters = []

    def add(self, channel: object, parents: dict[int, set[int]]) -> None:
        """Add a channel's annotated lines with the positions they answer."""
        links = {
            ((channel, line), (channel, parent))
            for line, answered in parents.items()
            for parent in answered
        }
        self.links |= links
        self.clusters += clusters(links, [(channel, line) for line in parents])


def evaluate(channels: Iterable[AnnotatedChannel]) -> dict[str, Any]:
    """Score the linker and "the previous message" on annotated channels."""
    gold, found, previous = _Tally(), _Tally(), _Tally()
    lines, seconds = 0, 0.0
    for number, judged in enumerate(channels):
        linker = Linker()
        begun = time.perf_counter()
        links = [linker.link(line) for line in judged.lines]
        seconds += time.perf_counter() - begun
        lines += len(links)
        wanted = {line: set(parents) for line, parents in judged.parents.items()}
        gold.add(number, wanted)
        made = [link.position if link.parent is None else link.parent for link in links]
        found.add(number, {line: {made[line]} for line in wanted})
        before = _previous(judged.lines)
        previous.add(number, {line: {before[line]} for line in wanted})
    return {
        "messages": sum(map(len, gold.clusters)),
        **_scores(gold, found),
        "previous": _scores(gold, previous),
        "ms": 1000 * seconds / lines if lines else 0.0,
    }


def _previous(lines: Sequence[MessageFeatures]) -> list[int]:
    """Return for each line the previous one by a person, else itself."""
    before: list[int] = []
    last: int | None = None
    for number, line in enumerate(lines):
        before.append(number if last is None else last)
        if line.author is not None:
            last = number
    return before


def _scores(gold: _Tally, found: _Tally) -> dict[str, Any]:
    return {
        "link": asdict(score_links(gold.links, found.links)),
        "cluster": asdict(score_clusters(gold.clusters, found.clusters)),
    }
