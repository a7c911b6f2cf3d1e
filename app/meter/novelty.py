"""Measures how much of the replies members or the bot said before."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONG = 8
"""The number of words in a row above which a reply counts as copied."""

_WORD = re.compile(r"\w+")

IsKnown = Callable[[Sequence[str]], bool]
"""A test that these words stand in a row in a learned message."""


@dataclass(frozen=True)
class Novelty:
    """The shares of replies that are not new."""

    copied: float
    """The share with more than `LONG` words in a row of one learned message."""
    whole: float
    """The share that are one learned message, of three words or more."""
    run: float
    """The mean of the longest runs, in words."""
    repeated: float
    """The share that the bot said before."""


def longest_run(words: Sequence[str], is_known: IsKnown, limit: int = 32) -> int:
    """Return the length of the longest known run of `words`, up to `limit`."""
    best, start = 0, 0
    for end in range(1, len(words) + 1):
        while start < end and (end - start > limit or not is_known(words[start:end])):
            start += 1
        best = max(best, end - start)
    return best


def novelty(
    texts: Sequence[str],
    split: Callable[[str], Sequence[str]],
    is_known: IsKnown,
    is_message: Callable[[str], bool],
) -> Novelty:
    """Measure the novelty of the replies; all zeros without replies.

    Args:
        texts: In chronological order.
        split: Splits a text into words for `is_known`.
        is_message: Tells whether a text is one whole learned message.
    """
    runs = [longest_run(split(text), is_known) for text in texts]
    whole = [len(_WORD.findall(text)) >= 3 and is_message(text) for text in texts]
    count = max(len(texts), 1)
    return Novelty(
        copied=sum(run > LONG for run in runs) / count,
        whole=sum(whole) / count,
        run=sum(runs) / count,
        repeated=repeated(texts),
    )


def repeated(texts: Sequence[str]) -> float:
    """Return the share of texts of two or more words that repeat an earlier text."""
    said: set[tuple[str, ...]] = set()
    again = 0
    for text in texts:
        words = tuple(_WORD.findall(text.casefold()))
        if len(words) >= 2 and words in said:
            again += 1
        said.add(words)
    return again / max(len(texts), 1)
