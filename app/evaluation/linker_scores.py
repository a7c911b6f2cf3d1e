"""Scores the linker on annotated chat, beside "the previous message"."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.conversations.message_features import MessageFeatures
from app.conversations.reply_linker import Linker
from app.evaluation.annotated_chat import AnnotatedChannel
from app.evaluation.link_scores import (
    Clusters,
    ClusterScore,
    Link,
    LinkScore,
    clusters,
    score_clusters,
    score_links,
)


@dataclass(frozen=True)
class Scored:
    """The scores of one method."""

    link: LinkScore
    cluster: ClusterScore


@dataclass(frozen=True)
class LinkReport(Scored):
    """The output of `mynah eval links --json`."""

    messages: int
    """The judged messages."""
    previous: Scored
    """The scores of "the previous message"."""
    ms: float
    """Milliseconds a message."""


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


def evaluate(channels: Iterable[AnnotatedChannel]) -> LinkReport:
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
    return LinkReport(
        *_scores(gold, found),
        messages=sum(map(len, gold.clusters)),
        previous=Scored(*_scores(gold, previous)),
        ms=1000 * seconds / lines if lines else 0.0,
    )


def _previous(lines: Sequence[MessageFeatures]) -> list[int]:
    """Return for each line the previous one by a person, else itself."""
    before: list[int] = []
    last: int | None = None
    for number, line in enumerate(lines):
        before.append(number if last is None else last)
        if line.author is not None:
            last = number
    return before


def _scores(gold: _Tally, found: _Tally) -> tuple[LinkScore, ClusterScore]:
    return (
        score_links(gold.links, found.links),
        score_clusters(gold.clusters, found.clusters),
    )
