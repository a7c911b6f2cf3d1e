"""Fits the constants of conversation linking on annotated chat.

    python tests/bench/fit_links.py ubuntu.train.jsonl.gz

Writes app/memory/links.npz. Needs the `bench` extra and about half an hour.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from app.memory.lines import WORD, Line
from app.memory.link_features import Floats, Pairs, Scene
from app.memory.link_rows import Judged, read_channels
from app.memory.links import CONSTANTS
from app.memory.trees import Trees

COMMON_WORDS = 2000
NEAR, FAR = 10, 6
"""Of the candidates that are not answered, so many of the nearest and of the others."""
MISTAKEN = 0.25
"""Share of wrong links in the scene, about as many as the linker itself will make."""
LINEAR_ROWS = 150_000


def rarity(channels: Sequence[Judged]) -> dict[str, float]:
    """The share of lines in which each of the most common words stands."""
    counts: Counter[str] = Counter()
    lines = [line for judged in channels for line in judged.lines if line.author]
    for line in lines:
        counts.update(set(WORD.findall(line.text.lower())))
    return {word: n / len(lines) for word, n in counts.most_common(COMMON_WORDS)}


def guess(scene: Scene, line: Line, pairs: Pairs) -> int:
    """A plain guess: who is named last spoke, else oneself, else the line before."""
    here = scene.next_position
    for target in pairs.reading.targets[:1]:
        last = scene.last_line_of(target)
        if last is not None:
            return last
    mine = scene.last_line_of(scene.author(line.author)) if line.author else None
    if mine is not None and here - mine < 30:
        return mine
    return here if line.author is None else max(here - 1, 0)


def examples(
    judged: Judged, common: dict[str, float], rng: Random
) -> Iterator[tuple[Floats, Any, Any]]:
    """(features, is answered, weight) of some candidates of each judged line."""
    scene = Scene(common)
    for number, line in enumerate(judged.lines):
        pairs = scene.pairs(line)
        parents = judged.parents.get(number)
        answered = max(parents, default=number) if parents else -1
        if parents and answered >= 0 and rng.random() > MISTAKEN:
            scene.add(line, pairs.reading, answered)
        else:
            scene.add(line, pairs.reading, guess(scene, line, pairs))
        if parents is None:
            continue
        label = np.isin(pairs.positions, list(parents))
        count = len(label)
        keep = label.copy()
        keep[0] = True
        keep[max(1, count - NEAR) :] = True
        rest = np.flatnonzero(~keep)
        chosen = rng.sample(rest.tolist(), min(FAR, len(rest)))
        weight = np.ones(count, np.float32)
        weight[chosen] = len(rest) / max(len(chosen), 1)
        keep[chosen] = True
        yield pairs.features[keep], label[keep], weight[keep]


def fit_linear(features: Floats, label: Any, weight: Any) -> Floats:
    """Weights of a logistic regression on the raw features."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    model = LogisticRegression(max_iter=200)
    model.fit((features - mean) / spread, label, sample_weight=weight)
    return np.asarray(model.coef_[0] / spread, np.float32)


def fit_trees(features: Floats, label: Any, weight: Any) -> Trees:
    """Boosted trees for the probability of being answered."""
    model = HistGradientBoostingClassifier(
        max_iter=260,
        learning_rate=0.08,
        max_leaf_nodes=31,
        max_depth=6,
        min_samples_leaf=50,
        l2_regularization=1.0,
        max_bins=128,
        early_stopping=False,
        random_state=0,
    )
    model.fit(features, label, sample_weight=weight)
    return trees_of(model)


def trees_of(model: Any) -> Trees:
    """The trees of a fitted model, with the children of each node side by side."""
    tables = [stage[0].nodes for stage in model._predictors]
    width = max(map(len, tables))
    shape = (len(tables), width)
    feature = np.zeros(shape, np.int32)
    threshold = np.full(shape, np.inf, np.float32)
    left = np.tile(np.arange(width, dtype=np.int32), (len(tables), 1))
    value = np.zeros(shape, np.float32)
    for tree, nodes in enumerate(tables):
        waiting, free = [(0, 0)], 1
        while waiting:
            old, new = waiting.pop()
            node = nodes[old]
            if node["is_leaf"]:
                value[tree, new] = node["value"]
                continue
            feature[tree, new] = node["feature_idx"]
            threshold[tree, new] = node["num_threshold"]
            left[tree, new] = free
            waiting += [(node["left"], free), (node["right"], free + 1)]
            free += 2
    left += np.arange(len(tables), dtype=np.int32)[:, None] * width
    depth = max(int(nodes["depth"].max()) for nodes in tables)
    return Trees(feature, threshold, left, value, depth)


def main() -> None:
    """Read, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--to", type=Path, default=CONSTANTS)
    options = parser.parse_args()
    begun = time.monotonic()
    channels = list(read_channels(options.files))
    common = rarity(channels)
    rng = Random(0)
    rows = [row for judged in channels for row in examples(judged, common, rng)]
    features, label, weight = (
        np.concatenate(parts) for parts in zip(*rows, strict=True)
    )
    del rows
    print(f"{len(label):,} pairs, {time.monotonic() - begun:.0f} s", flush=True)
    few = np.random.default_rng(0).permutation(len(label))[:LINEAR_ROWS]
    linear = fit_linear(features[few], label[few], weight[few])
    print(f"linear, {time.monotonic() - begun:.0f} s", flush=True)
    trees = fit_trees(features, label, weight)
    arrays: dict[str, Any] = {
        "linear": linear,
        "words": np.array(list(common)),
        "shares": np.array(list(common.values()), np.float32),
        **trees.arrays(),
    }
    np.savez_compressed(options.to, allow_pickle=False, **arrays)
    print(f"{options.to}, {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
