"""Tells how common words are in general talk, by language."""

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import islice

from app.core.paths import asset

TOLD_BY = 200
"""The number of most common words by which a language is recognized."""

LEAST_SHARE = 0.3
"""A language counts if it covers this much of what the best one covers."""

EVERYBODY_S = 500
"""The number of most common words of a language that are nobody's own."""

UNKNOWN = 1e-5
"""The share of a word where no language is known."""


class CommonWords:
    """The shares of words in general talk, in the languages of some texts."""

    def __init__(self, counts: Counter[str]) -> None:
        """Recognize the languages by the texts' counts of words."""
        covered = {
            language: sum(counts[word] for word in words)
            for language, words in _commonest().items()
        }
        least = LEAST_SHARE * max(covered.values())
        chosen = [name for name, words in covered.items() if words and words >= least]
        self.languages = tuple(chosen)
        self._shares = [_shares(language) for language in chosen]
        self.everybody_s = frozenset(
            word for shares in self._shares for word in islice(shares, EVERYBODY_S)
        )
        """The words that everybody says everywhere."""
        rarest = (min(shares.values()) for shares in self._shares)
        self._rarest = min(rarest, default=UNKNOWN)

    def share(self, word: str) -> float:
        """Return a word's share of general talk; of a rare one, the most it can be."""
        found = (shares.get(word, 0.0) for shares in self._shares)
        return max(found, default=0.0) or self._rarest


@cache
def _shares(language: str) -> Mapping[str, float]:
    """Return the shares of a language's words, the commonest first.

    In chat, don't is often written dont, which is no other word.
    """
    found: dict[str, float] = {}
    for rare, words in _lists()[language]:
        for word in words.split():
            found.setdefault(word, 10 ** (-rare / 100))
            found.setdefault(word.replace("'", ""), found[word])
    return found


@cache
def _commonest() -> Mapping[str, tuple[str, ...]]:
    """Return each language's most common words."""
    return {
        language: tuple(
            islice((word for _, words in rows for word in words.split()), TOLD_BY)
        )
        for language, rows in _lists().items()
    }


def _lists() -> dict[str, list[tuple[int, str]]]:
    """Read each language's words, as rows of equally rare ones, in centibels."""
    file = asset("words") / "common-words.json.gz"
    lists: dict[str, list[tuple[int, str]]] = json.loads(
        gzip.decompress(file.read_bytes())
    )
    return lists
