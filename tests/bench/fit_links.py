"""Fits the constants of conversation linking on annotated chat.

    python tests/bench/fit_links.py ubuntu.train.jsonl.gz

Writes app/conversations/reply_linker.npz. Needs the `bench` extra, 3 GB of memory and a
quarter of an hour. A linear score chooses the candidates that the trees look at; the
trees are boosted on the likelihood of the answered message among the candidates of its
line, as the feed-forward model of Kummerfeld et al. (ACL 2019) is trained. The second
round sees the mistakes that the linker of the first makes, since what is linked before
changes the features of what comes after.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from app.conversations.boosted_trees import Trees
from app.conversations.channel_state import Scene
from app.conversations.link_features import Floats, Pairs, pairs_of
from app.conversations.message_features import WORD, MessageFeatures
from app.conversations.reply_linker import CONSIDERED, CONSTANTS
from app.evaluation.annotated_chat import AnnotatedChannel, read_channels

COMMON_WORDS = 2000
NEAR, FAR = 10, 6
"""Of the candidates that are not answered, so many of the nearest and of the others."""
MISTAKEN = 0.6
"""Share of lines linked by the linker itself in the scene, not as annotated."""
LINEAR_ROWS = 150_000
TREES = 400
LEAVES = 31
PARAMETERS = {
    "learning_rate": 0.08,
    "num_leaves": LEAVES,
    "max_depth": 8,
    "min_data_in_leaf": 50,
    "max_bin": 127,
    "lambda_l2": 1.0,
    "feature_fraction": 0.5,
    "num_threads": 2,
    "seed": 1,
    "verbosity": -1,
}

Decide = Callable[[Scene, MessageFeatures, Pairs], int]
"""Chooses the position that a line answers."""


def rarity(channels: Sequence[AnnotatedChannel]) -> dict[str, float]:
    """The share of lines in which each of the most common words stands."""
    counts: Counter[str] = Counter()
    lines = [line for judged in channels for line in judged.lines if line.author]
    for line in lines:
        counts.update(set(WORD.findall(line.text.lower())))
    return {word: n / len(lines) for word, n in counts.most_common(COMMON_WORDS)}


def guess(scene: Scene, line: MessageFeatures, pairs: Pairs) -> int:
    """A plain guess: who is named last spoke, else oneself, else the line before."""
    here = scene.end
    for target in pairs.reading.targets[:1]:
        last = scene.last.get(target)
        if last is not None:
            return last
    mine = scene.last.get(scene.author(line.author)) if line.author else None
    if mine is not None and here - mine < 30:
        return mine
    return here if line.author is None else max(here - 1, 0)


def examples(
    judged: AnnotatedChannel, common: dict[str, float], rng: Random
) -> Iterator[tuple[Floats, Any, Any]]:
    """(features, is answered, weight) of some candidates of each judged line."""
    for pairs, parents in walk(judged, common, rng, guess):
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


def walk(
    judged: AnnotatedChannel, common: dict[str, float], rng: Random, decide: Decide
) -> Iterator[tuple[Pairs, frozenset[int]]]:
    """Each judged line's candidates and parents, with the scene as it comes to be."""
    scene = Scene(common)
    for number, line in enumerate(judged.lines):
        pairs = pairs_of(scene, line)
        parents = judged.parents.get(number)
        if parents is not None:
            yield pairs, parents
        answered = max(parents, default=number) if parents else -1
        if answered < 0 or rng.random() < MISTAKEN:
            answered = decide(scene, line, pairs)
        scene.add(line, pairs.reading, answered)


def candidates(pairs: Pairs, linear: Floats) -> NDArray[np.int64]:
    """Rows of the pairs that the trees look at, as the linker chooses them."""
    score = pairs.features @ linear
    score[0] = np.inf
    found: NDArray[np.int64] = np.argpartition(-score, min(CONSIDERED, len(score)) - 1)[
        :CONSIDERED
    ]
    return found


def groups(
    channels: Sequence[AnnotatedChannel],
    common: dict[str, float],
    linear: Floats,
    decide: Decide,
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64]]:
    """Features and labels of all candidates, and how many belong to each line.

    Lines whose parents are not among their candidates teach nothing and are left out.
    """
    rng = Random(0)
    features, labels, sizes = [], [], []
    for judged in channels:
        for pairs, parents in walk(judged, common, rng, decide):
            rows = candidates(pairs, linear)
            label = np.isin(pairs.positions[rows], list(parents))
            if label.any():
                features.append(pairs.features[rows])
                labels.append(label)
                sizes.append(len(rows))
    return np.concatenate(features), np.concatenate(labels), np.array(sizes)


def fit_linear(features: Floats, label: Any, weight: Any) -> Floats:
    """Weights of a logistic regression on the raw features."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    model = LogisticRegression(max_iter=200)
    model.fit((features - mean) / spread, label, sample_weight=weight)
    return np.asarray(model.coef_[0] / spread, np.float32)


def fit_trees(
    features: Floats, label: NDArray[np.bool_], sizes: NDArray[np.int64]
) -> Trees:
    """Boosted trees whose softmax over a line's candidates is likely to be right."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    group = np.repeat(np.arange(len(sizes)), sizes)

    def gradients(scores: Any, _: Any) -> tuple[Any, Any]:
        """Of -log P(any parent), with P the softmax over the line's candidates."""
        weight = np.exp(scores - np.maximum.reduceat(scores, starts)[group])
        share = weight / np.add.reduceat(weight, starts)[group]
        right = np.where(label, share, 0.0)
        wanted = right / np.maximum(np.add.reduceat(right, starts), 1e-9)[group]
        return share - wanted, np.maximum(share * (1 - share), 1e-3)

    data = lightgbm.Dataset(features, label.astype(np.float32))
    parameters = {**PARAMETERS, "objective": gradients}
    return trees_of(lightgbm.train(parameters, data, num_boost_round=TREES))


def trees_of(model: Any) -> Trees:
    """The trees of a fitted model, with the children of each node side by side."""
    roots = [tree["tree_structure"] for tree in model.dump_model()["tree_info"]]
    width = 2 * LEAVES - 1
    shape = (len(roots), width)
    feature = np.zeros(shape, np.int32)
    threshold = np.full(shape, np.inf, np.float32)
    left = np.tile(np.arange(width, dtype=np.int32), (len(roots), 1))
    value = np.zeros(shape, np.float32)
    depth = 0
    for tree, root in enumerate(roots):
        waiting, free = [(root, 0, 0)], 1
        while waiting:
            node, place, level = waiting.pop()
            depth = max(depth, level)
            if "leaf_value" in node:
                value[tree, place] = node["leaf_value"]
                continue
            feature[tree, place] = node["split_feature"]
            threshold[tree, place] = below(node["threshold"])
            left[tree, place] = free
            waiting.append((node["left_child"], free, level + 1))
            waiting.append((node["right_child"], free + 1, level + 1))
            free += 2
    left += np.arange(len(roots), dtype=np.int32)[:, None] * width
    return Trees(feature, threshold, left, value, depth)


def below(threshold: float) -> np.float32:
    """The float32 that parts the same float32 numbers as the threshold does."""
    near = np.float32(threshold)
    return np.nextafter(near, np.float32(-np.inf)) if near > threshold else near


def best(
    linear: Floats, trees: Trees, scene: Scene, line: MessageFeatures, pairs: Pairs
) -> int:
    """What the linker would say."""
    rows = candidates(pairs, linear)
    scores = trees.score(pairs.features[rows])
    return int(pairs.positions[rows[int(scores.argmax())]])


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
    del features, label, weight
    print(f"linear, {time.monotonic() - begun:.0f} s", flush=True)
    decide: Decide = guess
    for number in (1, 2):
        trees = fit_trees(*groups(channels, common, linear, decide))
        decide = partial(best, linear, trees)
        print(f"round {number}, {time.monotonic() - begun:.0f} s", flush=True)
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
