"""Turns opinions of replies into weights of their source messages."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

STRENGTH = {"again": 0.5, "edited": 0.5}
"""The weight of an opinion by its kind; any other kind counts as one.

Who asks for another reply, or puts other words into a draft, does not say that the
first was bad.
"""

LEAST_WEIGHT = 0.125
"""The least weight of a message, however disliked: tastes are not bans."""


class OpinionVote(Protocol):
    """One opinion of one reply."""

    @property
    def reply(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> int: ...


def opinions(votes: Iterable[OpinionVote]) -> dict[int, float]:
    """Average the opinions of each reply, from -1 to 1.

    One reply never counts for more, so no crowd, and no person with many accounts,
    outweighs all other replies.
    """
    sums: defaultdict[int, float] = defaultdict(float)
    for vote in votes:
        sums[vote.reply] += vote.value * STRENGTH.get(vote.kind, 1.0)
    return {reply: max(-1.0, min(1.0, total)) for reply, total in sums.items()}


def weight(votes: Sequence[OpinionVote]) -> float:
    """Return a message's weight in walks, from the opinions of replies that used it.

    Every dislike that is not offset by a like halves it: `2 ** min(0, sum)`, at least
    `LEAST_WEIGHT`. Without opinions it is 1.
    """
    total = sum(opinions(votes).values())
    return max(LEAST_WEIGHT, 2.0 ** min(0.0, total))


def weights(votes: Mapping[int, Sequence[OpinionVote]]) -> dict[int, float]:
    """Return the weights of the messages (rows) that weigh less than others."""
    found = {message: weight(about) for message, about in votes.items()}
    return {message: much for message, much in found.items() if much < 1.0}
