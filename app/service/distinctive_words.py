"""Finds the words and phrases that are typical of one guild."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from app.core.paths import asset
from app.voice.word_tokenizer import fold, split

LEAST_MESSAGES = 3
"""The fewest messages with a word or phrase; fewer are somebody's whim."""

LONGEST_PHRASE = 4

COMMONEST = 2200
"""The vocabulary number below which words are symbols or very common."""


def own_words(texts: Iterable[str], limit: int) -> list[tuple[str, int]]:
    """Return (word, messages) of uncommon words, the most used first."""
    counts = Counter(word for text in texts for word in set(words_of(text)))
    own = [
        (word, count)
        for word, count in counts.items()
        if count >= LEAST_MESSAGES and not _is_common(word)
    ]
    return sorted(own, key=lambda pair: (-pair[1], pair[0]))[:limit]


def own_phrases(texts: Iterable[str], limit: int) -> list[tuple[str, int]]:
    """Return (phrase, messages) of words together more often than by chance.

    The score is count × ln(P(phrase) / ΠP(word)), the phrase's share of the mutual
    information of its words (Church and Hanks 1990). A phrase is left out if a longer
    one that contains it is as frequent.
    """
    words: Counter[str] = Counter()
    phrases: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        line = words_of(text)
        words.update(line)
        phrases.update(set(_phrases(line)))
    total = sum(words.values())

    def score(phrase: tuple[str, ...]) -> float:
        expected = sum(math.log(words[word] / total) for word in phrase)
        return phrases[phrase] * (math.log(phrases[phrase] / total) - expected)

    told = [phrase for phrase, count in phrases.items() if count >= LEAST_MESSAGES]
    told = [phrase for phrase in told if not all(map(_is_stop_word, phrase))]
    ranked = sorted(told, key=lambda phrase: (-score(phrase), phrase))
    chosen = _without_parts(ranked[: limit * 4], phrases)[:limit]
    return [(" ".join(phrase), phrases[phrase]) for phrase in chosen]


def _without_parts(
    ranked: list[tuple[str, ...]], counts: Counter[tuple[str, ...]]
) -> list[tuple[str, ...]]:
    """Drop phrases that are merely part of a longer one."""
    return [
        phrase
        for phrase in ranked
        if not any(
            len(longer) > len(phrase)
            and counts[longer] * 2 >= counts[phrase]
            and f" {' '.join(phrase)} " in f" {' '.join(longer)} "
            for longer in ranked
        )
    ]


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case, without numbers, symbols and links."""
    words = (fold(word) for word in split(text))
    return [word for word in words if any(map(str.isalpha, word)) and "/" not in word]


def _phrases(line: list[str]) -> Iterator[tuple[str, ...]]:
    for size in range(2, LONGEST_PHRASE + 1):
        for start in range(len(line) - size + 1):
            yield tuple(line[start : start + size])


def _is_common(word: str) -> bool:
    """Return whether a word, with any ending after an apostrophe, is common."""
    return all(part in _vocabulary() for part in word.split("'"))


def _is_stop_word(word: str) -> bool:
    return _vocabulary().get(word, COMMONEST) < COMMONEST


@cache
def _vocabulary() -> Mapping[str, int]:
    """Return the embedding model's vocabulary; frequent words have low numbers."""
    file = asset("embedding") / "tokenizer.json"
    tree = json.loads(file.read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = tree["model"]["vocab"]
    return vocabulary
