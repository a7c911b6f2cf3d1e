"""Measures how often recall finds the message that a real reply answers."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.conversations.message_features import WORD
from app.memory import recall
from app.memory.vectors import Floats

AT = (1, 3, 5, 10, 20, 50)


@dataclass(frozen=True)
class RecallMessage:
    """One message of a guild; `answers` is the place of the message it replies to."""

    ts: int
    """Milliseconds since the epoch."""
    text: str
    answers: int | None = None


Rank = Callable[[int, int], int | None]
"""Places of a reply and its answered message → the rank of the latter."""


def shares(
    said: Sequence[RecallMessage], pairs: Sequence[int], rank: Rank
) -> dict[str, float]:
    """Return the share of pairs whose answer is among the first k found, by k."""
    found: Counter[int] = Counter()
    for place in pairs:
        answered = said[place].answers
        before = None if answered is None else rank(place, answered)
        if before is not None:
            found.update(k for k in AT if before < k)
    return {str(k): found[k] / len(pairs) if pairs else 0.0 for k in AT}


def by_meaning(said: Sequence[RecallMessage], vectors: Floats) -> Rank:
    """Rank as recall does: cosine, faded by age, over all earlier messages."""
    times = np.array([message.ts for message in said], np.float64)
    means = np.abs(vectors).sum(axis=1) > 0

    def rank(place: int, answered: int) -> int | None:
        if not (means[place] and means[answered]):
            return None
        similar = vectors[:place] @ vectors[place]
        score = recall.fade(similar, times[place] - times[:place])
        return int((score > score[answered]).sum())

    return rank


def by_words(said: Sequence[RecallMessage]) -> Rank:
    """Rank by the cosine of tf-idf vectors, where rare shared words count more."""
    bags = [Counter(WORD.findall(message.text.lower())) for message in said]
    weight = _weights(bags)
    places: defaultdict[str, list[int]] = defaultdict(list)
    amounts: defaultdict[str, list[float]] = defaultdict(list)
    for place, bag in enumerate(bags):
        length = math.sqrt(sum((n * weight[word]) ** 2 for word, n in bag.items()))
        for word, number in bag.items():
            places[word].append(place)
            amounts[word].append(number * weight[word] / length)
    index = {
        word: (np.array(found), np.array(amounts[word], np.float32))
        for word, found in places.items()
    }

    def rank(place: int, answered: int) -> int | None:
        score: NDArray[np.float32] = np.zeros(place, np.float32)
        for word in bags[place]:
            where, amount = index[word]
            end = int(np.searchsorted(where, place))
            score[where[:end]] += amount[:end] * weight[word]
        if score[answered] == 0:
            return None
        return int((score > score[answered]).sum())

    return rank


def _weights(bags: Iterable[Counter[str]]) -> dict[str, float]:
    """Return the inverse document frequency of every word."""
    count: Counter[str] = Counter()
    total = 0
    for bag in bags:
        count.update(bag.keys())
        total += 1
    return {word: math.log(1 + total / number) for word, number in count.items()}
