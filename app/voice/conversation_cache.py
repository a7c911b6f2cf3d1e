"""The lines of one conversation, and the tokens that follow each sequence in them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

LONGEST = 3
"""The longest sequence to look up, in tokens."""


class Continuation(NamedTuple):
    """The tokens that followed the last `length` tokens in this conversation."""

    length: int
    ids: list[int]
    """Distinct tokens, ascending."""
    counts: list[int]
    """The number of occurrences of each."""


class ConversationCache:
    """The lines of one conversation as tokens.

    People repeat names, emotes and whole lines that were just used. Kuhn and De Mori
    (1990) add such a cache to a language model.

    It holds a few hundred tokens; at that size plain lists are faster than arrays.
    """

    def __init__(self, lines: Iterable[Sequence[int]], end: int) -> None:
        """Take the messages so far, oldest first, each without its `end` token."""
        self._tokens = [end]
        for line in lines:
            self._tokens += [*line, end]
        self._words = [token for token in self._tokens if token != end]

    def followers(self, written: Sequence[int]) -> list[Continuation]:
        """Return what followed the last 0, 1, 2, … tokens of the conversation.

        The message's start counts as a token; nothing crosses it. Lengths that occur
        nowhere are left out; length 0 gives all tokens except the ends.
        """
        tokens = [*self._tokens, *written]
        words = [*self._words, *written]
        found = [_counted(0, words)] if words else []
        last = tokens[-1]
        nexts = [at for at, token in enumerate(tokens[:-1], 1) if token == last]
        for length in range(1, min(LONGEST, len(written) + 1) + 1):
            if length > 1:
                earlier = tokens[-length]
                nexts = [
                    at
                    for at in nexts
                    if at >= length and tokens[at - length] == earlier
                ]
            if not nexts:
                break
            found.append(_counted(length, [tokens[at] for at in nexts]))
        return found


def _counted(length: int, tokens: Sequence[int]) -> Continuation:
    counts = Counter(tokens)
    ids = sorted(counts)
    return Continuation(length, ids, [counts[token] for token in ids])
