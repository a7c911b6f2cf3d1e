"""How much of what is said was said before, by members or by the bot itself."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LONG = 8
"""Words: a run of more from one message counts as copied."""

_WORD = re.compile(r"\w+")

IsKnown = Callable[[Sequence[str]], bool]
"""Whether these words stand in a row in a learned message."""


@dataclass(frozen=True)
class Novelty:
    """Shares of replies that are not new."""

    copied: float
    """Hold more than `LONG` words in a row of one learned message."""
    whole: float
    """Are one learned message, of three words or more."""
    run: float
    """Mean of the longest runs, in words."""
    repeated: float
    """Were said by the bot before."""


def longest_run(words: Sequence[str], is_known: IsKnown, limit: int = 32) -> int:
    """The length of the longest run of `words` that `is_known`, up to `limit`."""
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
    """How new the replies are; all zeros for none.

    Args:
        texts: In the order they were said.
        split: A text as the words that `is_known` takes.
        is_message: Whether a text is one whole learned message.
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
    """The share of texts of two words or more that were said before, case aside."""
    said: set[tuple[str, ...]] = set()
    again = 0
    for text in texts:
        words = tuple(_WORD.findall(text.casefold()))
        if len(words) >= 2 and words in said:
            again += 1
        said.add(words)
    return again / max(len(texts), 1)
