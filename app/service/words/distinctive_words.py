"""Finds the words and phrases that are typical of one guild.

They are compared with general talk in the guild's languages. A word's score is
count × ln(P(word here) / P(word in general)), its part of the difference between both
(Kullback and Leibler 1951). A phrase must have such a word of the guild in it, and
scores count × ln(P(phrase) / ΠP(word)), its share of the mutual information of its
words (Church and Hanks 1990).
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from app.service.words.common_words import CommonWords
from app.voice.word_tokenizer import fold, split

LEAST_MESSAGES = 3
"""The fewest messages with a word or phrase; fewer are somebody's whim."""

LONGEST_PHRASE = 4

MORE_THAN_USUAL = 4.0
"""From this many times its share of general talk, a word is the guild's own."""


def own_words(texts: Sequence[str], limit: int) -> list[tuple[str, int]]:
    """Return (word, messages) of the words said more here than elsewhere, best first.

    A word counts once per message, so that repeating it in one does not make it own.
    """
    counts = Counter(word for text in texts for word in set(words_of(text)))
    score = _scores(counts)
    return [
        (word, counts[word])
        for word in sorted(score, key=lambda word: (-score[word], word))[:limit]
    ]


def own_phrases(texts: Sequence[str], limit: int) -> list[tuple[str, int]]:
    """Return (phrase, messages) of the guild's own phrases, best first.

    A phrase is left out if a longer one that contains it is as frequent.
    """
    lines = [words_of(text) for text in texts]
    words = Counter(word for line in lines for word in line)
    own = _scores(Counter(word for line in lines for word in set(line))).keys()
    phrases: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        phrases.update(set(_phrases(line, own)))
    total = words.total()

    def score(phrase: tuple[str, ...]) -> float:
        expected = sum(math.log(words[word] / total) for word in phrase)
        return phrases[phrase] * (math.log(phrases[phrase] / total) - expected)

    told = [phrase for phrase, count in phrases.items() if count >= LEAST_MESSAGES]
    ranked = sorted(told, key=lambda phrase: (-score(phrase), phrase))
    chosen = _without_parts(ranked[: limit * 4], phrases)[:limit]
    return [(" ".join(phrase), phrases[phrase]) for phrase in chosen]


def _scores(counts: Counter[str]) -> dict[str, float]:
    """Return the score of each word that is said more here than in general."""
    general, total = CommonWords(counts), counts.total()
    score = {}
    for word in counts.keys() - general.everybody_s:
        count = counts[word]
        times = count / total / general.share(word)
        if count >= LEAST_MESSAGES and times >= MORE_THAN_USUAL:
            score[word] = count * math.log(times)
    return score


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
    words = (fold(word.replace("’", "'")) for word in split(text))
    return [word for word in words if any(map(str.isalpha, word)) and "/" not in word]


def _phrases(line: list[str], own: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Yield the phrases of a line that have one of those words."""
    places = [at for at, word in enumerate(line) if word in own]
    for size in range(2, LONGEST_PHRASE + 1):
        starts = {start for at in places for start in range(at - size + 1, at + 1)}
        for start in starts:
            if 0 <= start <= len(line) - size:
                yield tuple(line[start : start + size])
