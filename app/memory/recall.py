"""Selects earlier messages worth remembering from those near in meaning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.core.time_units import DAY_MS
from app.memory.index import Neighbor
from app.memory.vectors import Floats, normalise

LEAST_SIMILARITY = 0.25
"""The cosine below which two chat lines are unrelated."""
HALF_LIFE_DAYS = 3.0
FADED = 0.6
"""The least weight of a message, however old it is.

In a guild's real replies of a year, the answered message is twice as often among the
first ten found as with a half-life of 120 days and 0.75."""
DIVERSITY = 0.3
"""The weight of being unlike the chosen ones, 0 to 1."""
TURN_WEIGHT = 0.4
"""The weight of each turn in a conversation's meaning, relative to the next turn."""
TURNS = 4


@dataclass(frozen=True)
class Candidate:
    """A message found, with its weight after fading."""

    row: int
    score: float


def meaning(turns: Floats) -> Floats:
    """Return the unit vector of a conversation from its last turns, oldest first."""
    turns = turns[-TURNS:]
    weights = TURN_WEIGHT ** np.arange(len(turns) - 1, -1, -1, dtype=np.float32)
    mixed: Floats = normalise((turns * weights[:, None]).sum(axis=0, keepdims=True))[0]
    return mixed


def fade(similarity: Floats, age_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weigh similarities by age: halfway to `FADED` every `HALF_LIFE_DAYS`."""
    age = np.maximum(age_ms, 0.0) / DAY_MS
    rest = 0.5 ** (age / HALF_LIFE_DAYS)
    return np.asarray(similarity * (FADED + (1 - FADED) * rest), np.float64)


def weigh(
    neighbors: Sequence[Neighbor], times: Mapping[int, int], now_ms: int
) -> list[Candidate]:
    """Return neighbors of known age and sufficient weight, best first."""
    near = [
        neighbor
        for neighbor in neighbors
        if neighbor.row in times and neighbor.similarity >= LEAST_SIMILARITY
    ]
    similarity = np.array([neighbor.similarity for neighbor in near], np.float32)
    age = now_ms - np.array([times[neighbor.row] for neighbor in near], np.float64)
    scores = zip(near, fade(similarity, age).tolist(), strict=True)
    found = [Candidate(neighbor.row, score) for neighbor, score in scores]
    return sorted(found, key=lambda candidate: -candidate.score)


def diversify(
    candidates: Sequence[Candidate], vectors: Mapping[int, Floats], limit: int
) -> list[Candidate]:
    """Choose the best candidates that do not repeat each other.

    Maximal marginal relevance (Carbonell and Goldstein 1998).
    """
    left = [candidate for candidate in candidates if candidate.row in vectors]
    chosen: list[Candidate] = []
    likeness = {candidate.row: 0.0 for candidate in left}
    while left and len(chosen) < limit:
        best = max(
            left,
            key=lambda c: (1 - DIVERSITY) * c.score - DIVERSITY * likeness[c.row],
        )
        left.remove(best)
        chosen.append(best)
        for other in left:
            alike = float(vectors[best.row] @ vectors[other.row])
            likeness[other.row] = max(likeness[other.row], alike)
    return chosen


def closest(drafts: Floats, conversation: Floats) -> list[float]:
    """Return the cosine of each draft with a conversation's meaning."""
    return [float(value) for value in drafts @ conversation]
