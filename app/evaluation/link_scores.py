"""Scores links and the conversations they form.

The definitions of graph-eval.py and conversation-eval.py, published with Kummerfeld et
al., "A Large-Scale Corpus for Conversation Disentanglement" (ACL 2019): a message that
starts a conversation links to itself; clusters are compared by the variation of
information scaled by log2 of the message count (1 is best), by the share of messages
under the best one-to-one mapping of clusters, and by the F1 of clusters of two or more
messages that match exactly.
"""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Link = tuple[Hashable, Hashable]
Clusters = list[frozenset[Hashable]]


@dataclass(frozen=True)
class LinkScore:
    """Shares of links, 0 to 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ClusterScore:
    """Agreement of two partitions of the same messages, 0 to 1."""

    vi: float
    one_to_one: float
    f1: float


def score_links(gold: Set[Link], found: Set[Link]) -> LinkScore:
    """Compare sets of (message, parent); a message with itself as parent is a start."""
    return LinkScore(*_shares(len(gold & found), len(found), len(gold)))


def _shares(matched: int, found: int, gold: int) -> tuple[float, float, float]:
    precision = matched / found if found else 0.0
    recall = matched / gold if gold else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def clusters(links: Iterable[Link], members: Iterable[Hashable]) -> Clusters:
    """Return the connected parts of the links, restricted to `members`."""
    root: dict[Hashable, Hashable] = {}

    def find(item: Hashable) -> Hashable:
        root.setdefault(item, item)
        while root[item] != item:
            root[item] = item = root[root[item]]
        return item

    for one, other in links:
        root[find(one)] = find(other)
    parts: dict[Hashable, set[Hashable]] = {}
    for member in members:
        parts.setdefault(find(member), set()).add(member)
    return [frozenset(part) for part in parts.values()]


def score_clusters(gold: Clusters, found: Clusters) -> ClusterScore:
    """Compare two partitions of the same messages."""
    place = {item: number for number, part in enumerate(found) for item in part}
    shared = Counter(
        (number, place[item]) for number, part in enumerate(gold) for item in part
    )
    exact = {part for part in gold if len(part) > 1}
    claimed = {part for part in found if len(part) > 1}
    matched = _shares(len(exact & claimed), len(claimed), len(exact))
    total = sum(shared.values())
    return ClusterScore(
        _variation(shared, [len(part) for part in gold], [len(part) for part in found]),
        _one_to_one(shared) / total if total else 0.0,
        matched[2],
    )


def _variation(
    shared: Mapping[tuple[int, int], int], gold: Sequence[int], found: Sequence[int]
) -> float:
    """Return one minus the variation of information, scaled by its maximum."""
    total = sum(gold)
    if total < 2:
        return 1.0
    joint = -sum(n / total * math.log2(n / total) for n in shared.values())
    mutual = sum(
        n / total * math.log2(n * total / (gold[one] * found[other]))
        for (one, other), n in shared.items()
    )
    return 1.0 - (joint - mutual) / math.log2(total)


def _one_to_one(shared: Mapping[tuple[int, int], int]) -> int:
    """Count messages on the best one-to-one mapping, solved per connected part."""
    parts = clusters(
        (((0, one), (1, other)) for one, other in shared),
        {(0, one) for one, _ in shared},
    )
    home = {item: number for number, part in enumerate(parts) for item in part}
    tables: list[dict[tuple[int, int], int]] = [{} for _ in parts]
    for (one, other), number in shared.items():
        tables[home[0, one]][one, other] = number
    return sum(_best_mapping(table) for table in tables)


def _best_mapping(table: Mapping[tuple[int, int], int]) -> int:
    ones = {one: place for place, one in enumerate({one for one, _ in table})}
    others = {other: place for place, other in enumerate({other for _, other in table})}
    weights = np.zeros((len(ones), len(others)), np.int64)
    for (one, other), number in table.items():
        weights[ones[one], others[other]] = number
    if weights.shape[0] > weights.shape[1]:
        weights = weights.T
    return assignment(weights)


def assignment(weights: NDArray[np.int64]) -> int:
    """Return the largest sum of one weight per row, using no column twice.

    The Hungarian method with potentials, by shortest augmenting paths (Jonker and
    Volgenant 1987).
    """
    rows, columns = weights.shape
    cost = weights.max(initial=0) - weights.astype(np.float64)
    row_price = np.zeros(rows)
    column_price = np.zeros(columns)
    taken = np.full(columns, -1)
    for row in range(rows):
        distance = np.full(columns, np.inf)
        came_from = np.full(columns, -1)
        is_done = np.zeros(columns, np.bool_)
        at, at_row, reached = -1, row, 0.0
        while at_row >= 0:
            if at >= 0:
                is_done[at] = True
            new = reached + cost[at_row] - row_price[at_row] - column_price
            better = ~is_done & (new < distance)
            distance[better] = new[better]
            came_from[better] = at
            at = int(np.where(is_done, np.inf, distance).argmin())
            reached = float(distance[at])
            at_row = int(taken[at])
        row_price[row] += reached
        row_price[taken[is_done]] += reached - distance[is_done]
        column_price[is_done] -= reached - distance[is_done]
        while at >= 0:
            before = int(came_from[at])
            taken[at] = taken[before] if before >= 0 else row
            at = before
    used = taken >= 0
    return int(weights[taken[used], np.flatnonzero(used)].sum())
