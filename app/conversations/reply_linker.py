"""Finds the message that a message answers, with constants fitted on real chat."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from app.conversations.boosted_trees import Trees
from app.conversations.channel_state import Scene
from app.conversations.link_features import Floats, pairs_of
from app.conversations.message_features import MessageFeatures

CONSTANTS = Path(__file__).with_name("reply_linker.npz")
"""Made by `python tests/bench/fit_links.py`."""
CONSIDERED = 24
"""The number of candidates that the linear score passes to the first trees."""
FIRST_TREES = 100
SHORTLISTED = 6
"""The number of candidates that the first trees pass to all trees."""


@dataclass(frozen=True)
class Constants:
    """The fitted constants."""

    linear: Floats
    """Weights of the features for letting candidates through."""
    trees: Trees
    rarity: dict[str, float]
    """Share of lines in which each common word stands."""


@cache
def constants() -> Constants:
    """Load the constants shipped with the program."""
    with np.load(CONSTANTS) as arrays:
        words = arrays["words"].tolist()
        shares = arrays["shares"].tolist()
        rarity = dict(zip(words, shares, strict=True))
        return Constants(arrays["linear"], Trees.from_arrays(arrays), rarity)


@dataclass(frozen=True)
class ReplyLink:
    """The message that a line answers."""

    position: int
    """The position of the line."""
    parent: int | None
    """Position of the line it answers; None starts a conversation."""
    score: float
    """Probability, 0 to 1; 1 if Discord itself names the message."""


class Linker:
    """Links the lines of one channel as they arrive; about half a millisecond each."""

    def __init__(self, fitted: Constants | None = None) -> None:
        """Start with an empty channel; fitting itself passes `fitted`."""
        self._fitted = fitted or constants()
        self._first, self._rest = self._fitted.trees.split(FIRST_TREES)
        self._scene = Scene(self._fitted.rarity)

    def link(self, line: MessageFeatures, parent: int | None = None) -> ReplyLink:
        """Return the link of the next line; `parent` is an explicit parent position."""
        here = self._scene.end
        pairs = pairs_of(self._scene, line)
        if parent is not None and parent < here:
            self._scene.add(line, pairs.reading, parent)
            return ReplyLink(here, parent, 1.0)
        linear = pairs.features @ self._fitted.linear
        # Starting a conversation is always an option; it is in row 0.
        linear[0] = np.inf
        rows = np.argpartition(-linear, min(CONSIDERED, len(linear)) - 1)[:CONSIDERED]
        scores = self._first.score(pairs.features[rows])
        likely = np.argsort(-scores)[:SHORTLISTED]
        rows = rows[likely]
        scores = scores[likely] + self._rest.score(pairs.features[rows])
        best = int(scores.argmax())
        weights = np.exp(scores - scores[best])
        chosen = int(pairs.positions[rows[best]])
        self._scene.add(line, pairs.reading, chosen)
        probability = float(weights[best] / weights.sum())
        return ReplyLink(here, None if chosen == here else chosen, probability)
