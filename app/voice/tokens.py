"""A guild's voice in the tokens of one language model: what it would write next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.voice.base import END
from app.voice.index import Index, Range, View

STATE_SIZE = 5
"""The longest state that is looked up, in tokens."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the guild would write next, as a distribution over the model's tokens."""

    ids: npt.NDArray[np.int64]
    """Shape (k,): the distinct tokens that followed the longest states."""
    probabilities: npt.NDArray[np.float32]
    """Shape (k,); they and `rest` sum to 1."""
    rest: float
    """What is spread over the whole vocabulary as `base` says."""
    base: npt.NDArray[np.float32]
    """Shape (vocabulary,): the share of each token at all; never 0, sums to 1."""
    depth: int
    """How many symbols the longest known state has, the message's start included."""
    count: int
    """How often that state occurs."""


class TokenVoice:
    """Every token sequence of one guild, learned, forgotten and looked up.

    Token t is symbol t + 1 of the index; the symbol END stands for a message's end,
    which the model writes as the token `end`.
    """

    def __init__(self, index: Index, vocabulary: int, end: int) -> None:
        self._index = index
        self.vocabulary = vocabulary
        """How many tokens the model knows."""
        self.end = end
        """The token that ends a message in the chat log: the line break."""
        self._base = self._count_tokens()

    @classmethod
    def open(cls, path: Path) -> "TokenVoice":
        """Return the voice kept in a directory, mapped rather than read."""
        raise NotImplementedError

    @property
    def messages(self) -> int:
        """How many messages it speaks from."""
        return self._index.messages

    def learn(self, message: int, tokens: Sequence[int]) -> None:
        """Learn a message, without its end token; a known id is learned anew."""
        self._index.learn(message, [token + 1 for token in tokens])

    def forget(self, messages: Iterable[int]) -> int:
        """Forget messages from now on, and return how many were there."""
        return self._index.forget(messages)

    def predict(self, written: Sequence[int]) -> Prediction:
        """Return what follows, given all tokens of the message so far."""
        view = self._index.view()
        context = [END, *(token + 1 for token in written[-STATE_SIZE:])]
        matches = view.matches(context[-STATE_SIZE:], STATE_SIZE)
        rest, parts = 1.0, []
        for found in reversed(matches[1:]):
            symbols, shares, left = self._follow(view, found)
            parts.append((symbols, shares * rest))
            rest *= left
        ids, probabilities = self._merge(parts)
        longest = matches[-1]
        count = longest.hi - longest.lo + longest.tail_hi - longest.tail_lo
        return Prediction(ids, probabilities, rest, self._base, longest.depth, count)

    def _follow(
        self, view: View, found: Range
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], float]:
        """Witten–Bell: what many different tokens follow leaves more to shorter ones."""
        symbols, counts = view.followers(found)
        total = counts.sum() + len(symbols)
        if total == 0:
            return symbols, counts, 1.0
        return symbols, counts / total, len(symbols) / total

    def _merge(
        self, parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        symbols = np.concatenate([symbols for symbols, _ in parts])
        shares = np.concatenate([shares for _, shares in parts])
        distinct, where = np.unique(symbols, return_inverse=True)
        summed = np.bincount(where, shares, len(distinct)).astype(np.float32)
        return self._tokens_of(distinct), summed

    def _tokens_of(self, symbols: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(symbols == END, self.end, symbols - 1)

    def _count_tokens(self) -> npt.NDArray[np.float32]:
        counts = np.ones(self.vocabulary)
        symbols, seen = self._index.view().followers(self._index.view().everything)
        counts[self._tokens_of(symbols)] += seen
        share: npt.NDArray[np.float32] = (counts / counts.sum()).astype(np.float32)
        return share
