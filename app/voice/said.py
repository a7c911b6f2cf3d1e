"""What one conversation said so far, and where its sequences of tokens go on."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

LONGEST = 3
"""The longest sequence looked for, in tokens."""

Ids = npt.NDArray[np.int64]


class Heard(NamedTuple):
    """What followed the last `length` tokens in this conversation."""

    length: int
    ids: Ids
    """Shape (k,): distinct tokens, ascending."""
    counts: Ids
    """Shape (k,): how often each came."""


class Said:
    """The lines of one conversation as tokens.

    People repeat what was just said: names, emotes, whole lines; a cache of it is what
    Kuhn and De Mori (1990) add to a model of the language.
    """

    def __init__(self, lines: Iterable[Sequence[int]], end: int) -> None:
        """Take the messages so far, oldest first, each without its `end` token."""
        flat = [end]
        for line in lines:
            flat += [*line, end]
        self._tokens = np.array(flat, np.int64)
        self._end = end

    def followers(self, written: Sequence[int]) -> list[Heard]:
        """Return what followed the last 0, 1, 2, … tokens, the message's own included.

        The message's start counts as a token; nothing crosses it. Lengths that occur
        nowhere are left out; for length 0 it is all tokens but the ends.
        """
        tokens = np.concatenate([self._tokens, np.array(written, np.int64)])
        words = tokens[tokens != self._end]
        found = [_counted(0, words)] if len(words) else []
        places = np.arange(len(tokens) - 1)
        for length in range(1, min(LONGEST, len(written) + 1) + 1):
            places = places[tokens[places] == tokens[-length]]
            if not len(places):
                break
            found.append(_counted(length, tokens[places + length]))
            places = places[places > 0] - 1
        return found


def _counted(length: int, tokens: Ids) -> Heard:
    ids, counts = np.unique(tokens, return_counts=True)
    return Heard(length, ids, counts.astype(np.int64))
