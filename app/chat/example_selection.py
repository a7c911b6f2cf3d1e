"""Selects the guild's lines and the chain's drafts that a cloud model sees."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import log

from app.providers.base import Turn
from app.providers.keywords import bag, keywords

Closeness = Callable[[Sequence[str]], Sequence[float]]
"""The closeness of each text to the conversation; higher is closer."""

RECENT = 4
"""The number of turns that show the topic of the conversation."""


def topic(turns: Sequence[Turn], limit: int = 4) -> str:
    """Seed words for drafts, starting with the newest turn's."""
    words: list[str] = []
    for turn in reversed(turns[-RECENT:]):
        if not turn.is_bot:
            words += keywords(turn.text)
    return " ".join(dict.fromkeys(words[:limit]))


def by_words(turns: Sequence[Turn]) -> Closeness:
    """Score closeness by shared words; rare words count more.

    Each shared word counts its inverse document frequency; longer texts count less, as
    in the cosine of tf-idf vectors.
    """
    wanted = Counter(word for turn in turns[-RECENT:] for word in bag(turn.text))

    def closeness(texts: Sequence[str]) -> list[float]:
        bags = [bag(text) for text in texts]
        frequency = Counter(word for words in bags for word in words)
        weight = {
            word: log(1 + len(texts) / count) for word, count in frequency.items()
        }
        return [
            sum(weight[word] for word in words if word in wanted)
            / (1.0 + sum(weight[word] ** 2 for word in words)) ** 0.5
            for words in bags
        ]

    return closeness


def choose(
    texts: Sequence[str],
    closeness: Closeness,
    limit: int,
    *,
    max_chars: int = 200,
    min_words: int = 2,
) -> tuple[str, ...]:
    """Choose the closest texts, the closest last, without near duplicates.

    A model copies the last example most readily.
    """
    usable = list(
        dict.fromkeys(
            text.strip()
            for text in texts
            if min_words <= len(text.split()) and len(text) <= max_chars
        )
    )
    if not usable:
        return ()
    scores = closeness(usable)
    ranked = sorted(range(len(usable)), key=lambda place: -scores[place])
    chosen: list[str] = []
    for place in ranked:
        if len(chosen) == limit:
            break
        if not any(_alike(usable[place], other) for other in chosen):
            chosen.append(usable[place])
    return tuple(reversed(chosen))


def _alike(one: str, other: str) -> bool:
    a, b = bag(one), bag(other)
    return len(a & b) > 0.6 * min(len(a), len(b)) if a and b else False
