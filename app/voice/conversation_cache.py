"""The lines of one conversation, and the tokens that follow each sequence in them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]

LONGEST = 3
"""The longest sequence to look up, in tokens."""


RECENT = 200
"""The messages of the channel, before those of the prompt, that a conversation has.
Fewer gain less, and more gain little; see the guide *performance*."""


class Continuation(NamedTuple):
    """The tokens that followed the last `length` tokens in this conversation."""

    length: int
    ids: Tokens
    """Shape (k,): distinct tokens, ascending."""
    counts: Tokens
    """Shape (k,): the number of occurrences of each."""


class ConversationCache:
    """The lines of one conversation as tokens.

    People repeat names, emotes and whole lines that were just used. Kuhn and De Mori
    (1990) add such a cache to a language model.
    """

    def __init__(self, lines: Iterable[Sequence[int]], end: int) -> None:
        """Take the messages so far, oldest first, each without its `end` token."""
        tokens = [end]
        for line in lines:
            tokens += [*line, end]
        self._tokens = np.array(tokens, np.int64)
        self._words = np.sort(self._tokens[self._tokens != end])

    def followers(self, written: Sequence[int]) -> list[Continuation]:
        """Return what followed the last 0, 1, 2, … tokens of the conversation.

        The message's start counts as a token; nothing crosses it. Lengths that occur
        nowhere are left out; length 0 gives all tokens except the ends.
        """
        own = np.array(written, np.int64)
        tokens = np.concatenate([self._tokens, own])
        words = np.concatenate([self._words, own])
        found = [_counted(0, words)] if len(words) else []
        nexts = np.flatnonzero(tokens[:-1] == tokens[-1]) + 1
        for length in range(1, min(LONGEST, len(written) + 1) + 1):
            if length > 1:
                nexts = nexts[nexts >= length]
                nexts = nexts[tokens[nexts - length] == tokens[-length]]
            if not len(nexts):
                break
            found.append(_counted(length, tokens[nexts]))
        return found


def _counted(length: int, tokens: Tokens) -> Continuation:
    # Most of them are in order, which a stable sort is quick with.
    ordered = np.sort(tokens, kind="stable")
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    return Continuation(length, ordered[starts], np.diff(starts, append=len(ordered)))
