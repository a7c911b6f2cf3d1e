"""A guild's voice in the tokens of one language model: what it would write next."""

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.voice import base, files
from app.voice.files import VoiceFileError
from app.voice.index import END, Index, Range, View

NAME = "tokens"
"""The files' name in a guild's directory."""

STATE_SIZE = 5
"""The longest state looked up, in symbols; longer ones gain nothing measurable."""

_DISCOUNTS = (0.7, 0.8, 0.8, 0.85, 0.85)
"""What each follower's count gives to shorter states, by state size from 1 up."""

_UNSEEN = 0.5
"""Times that every token of the model counts as written, seen or not."""

_COMMON = 512
"""Places from which on the followers of a state are kept once they are counted."""

_KEPT_STATES = 2048
_PLACES = 1 << 14
"""Places of a state that are counted; of more, this many evenly spread ones."""

Ids = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float32]


class Followers(NamedTuple):
    """What follows one state."""

    ids: Ids
    """Shape (k,): distinct tokens."""
    shares: Shares
    """Shape (k,): their discounted shares."""
    rest: float
    """The share left to shorter states; all sum to 1."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the guild would write next, as a distribution over the model's tokens."""

    parts: list[tuple[Ids, Shares]]
    """A pair a state, longest first: distinct tokens, and the probability they get."""
    rest: float
    """What remains, spread over the whole vocabulary as `base` says; all sum to 1."""
    base: Shares
    """Shape (vocabulary,): the share of each token at all; never 0, sums to 1."""
    depth: int
    """Symbols of the longest known state, the message's start counted as one."""
    count: int
    """How often that state occurs."""
    distinct: int
    """How many different tokens follow it."""

    def probability(self, token: int) -> float:
        """Return the probability of one token."""
        found = self.rest * float(self.base[token])
        return found + sum(
            float(shares[ids == token].sum()) for ids, shares in self.parts
        )


class TokenVoice:
    """Every token sequence of one guild, learned, forgotten and looked up.

    Token t is symbol t + 1 of the index; the symbol END stands for a message's end,
    which the model writes as the token `end`. One thread at a time uses a voice.
    """

    def __init__(
        self, index: Index, vocabulary: int, end: int, last_message: int
    ) -> None:
        self._index = index
        self._common: dict[Range, Followers] = {}
        self.vocabulary = vocabulary
        """How many tokens the model knows."""
        self.end = end
        """The token that ends a message in the chat log: the line break."""
        self.last_message = last_message
        """The highest message row id it has learned, or 0."""
        self._base = self._count_tokens()

    @classmethod
    def open(cls, directory: Path) -> "TokenVoice":
        """Return the voice that `build` wrote; its files are mapped, not read.

        Raises:
            FileNotFoundError: When none was built.
            VoiceFileError: When its files are damaged: build it again.
        """
        stored = files.read(directory, NAME)
        try:
            facts = stored.facts
            index = Index.of(stored.arrays)
            return cls(index, facts["vocabulary"], facts["end"], facts["last_message"])
        except (ValueError, KeyError) as error:
            raise VoiceFileError(f"{stored.path.name}: {error}") from error

    @property
    def messages(self) -> int:
        """How many messages it speaks from."""
        return self._index.messages

    @property
    def tail_messages(self) -> int:
        """How many messages it learned since it was built: a reason to build anew."""
        return self._index.tail_messages

    def learn(self, message: int, tokens: Sequence[int]) -> None:
        """Learn a message, without its end token; a known id is learned anew."""
        self._common.clear()
        self.last_message = max(self.last_message, message)
        self._index.learn(message, [token + 1 for token in tokens])

    def forget(self, messages: Iterable[int]) -> int:
        """Forget messages from now on, and return how many were there."""
        self._common.clear()
        return self._index.forget(messages)

    def predict(self, written: Sequence[int]) -> Prediction:
        """Return what follows, given all tokens of the message so far.

        Interpolated absolute discounting (Ney, Essen and Kneser 1994) over the counts
        of the last 1 to `STATE_SIZE` symbols, and over single tokens.
        """
        context = [token + 1 for token in written[-STATE_SIZE:]]
        if len(context) < STATE_SIZE:
            context.insert(0, END)
        view = self._index.view()
        matches = view.matches(context, STATE_SIZE)
        left, parts, distinct = 1.0, [], self.vocabulary
        for found in reversed(matches[1:]):
            follow = self._followers(view, found)
            if found is matches[-1]:
                distinct = len(follow.ids)
            parts.append((follow.ids, follow.shares * np.float32(left)))
            left *= follow.rest
        longest = matches[-1]
        return Prediction(
            parts, left, self._base, longest.depth, longest.places, distinct
        )

    def _followers(self, view: View, found: Range) -> Followers:
        if found.places < _COMMON:
            return self._count_followers(view, found)
        follow = self._common.get(found)
        if follow is None:
            if len(self._common) >= _KEPT_STATES:
                self._common.clear()
            follow = self._common[found] = self._count_followers(view, found)
        return follow

    def _count_followers(self, view: View, found: Range) -> Followers:
        symbols, counts = view.followers(found, _PLACES)
        total = counts.sum()
        if total == 0:
            return Followers(symbols, counts.astype(np.float32), 1.0)
        # Of places left out, singletons stand for many; each is as uncertain as one.
        step = max(1.0, found.places / _PLACES)
        kept = np.maximum(counts - _DISCOUNTS[found.depth - 1] * step, 0) / total
        ids = symbols - 1
        if symbols[0] == END:
            ids[0] = self.end
        return Followers(ids, kept.astype(np.float32), float(1 - kept.sum()))

    def _count_tokens(self) -> Shares:
        first = np.asarray(self._index.view().base.first_of)
        seen = np.diff(first).astype(np.float64)
        counts = np.full(self.vocabulary, _UNSEEN)
        counts[: len(seen) - 1] += seen[1:]
        counts[self.end] += seen[END]
        shares: Shares = (counts / counts.sum()).astype(np.float32)
        return shares


def build(
    directory: Path,
    rows: Iterable[tuple[int, Sequence[int]]],
    *,
    vocabulary: int,
    end: int,
) -> int:
    """Write a new generation of a guild's token voice, and remove the earlier one.

    Args:
        directory: Where its files are.
        rows: The row id and tokens of every message, without the end token, ids
            ascending; those without tokens are not learned.
        vocabulary: How many tokens the model knows.
        end: The token that ends a message.

    Returns:
        How many messages were learned.

    Raises:
        ValueError: When the ids do not ascend.
        OverflowError: When it is too much for one index.
        OSError: When the files cannot be written; the earlier generation stays.
    """
    symbols, ids = array("i", [END - 1]), array("q")
    for message, tokens in rows:
        if tokens:
            symbols.extend(tokens)
            symbols.append(END - 1)
            ids.append(message)
    flat = np.frombuffer(symbols, np.int32)
    flat += 1
    message_ids = np.frombuffer(ids, np.int64) if ids else np.empty(0, np.int64)
    last = int(ids[-1]) if ids else 0
    facts = {"vocabulary": vocabulary, "end": end, "last_message": last}
    files.write(directory, NAME, base.build(flat, message_ids), facts)
    return len(ids)


def model_key(path: Path) -> str:
    """Return what names a GGUF file's token voices: the first digits of a sha256.

    The file's size and its first 16 MiB, which hold the vocabulary, stand for it all.
    """
    with path.open("rb") as file:
        digest = hashlib.sha256(file.read(16 << 20))
    digest.update(str(path.stat().st_size).encode())
    return digest.hexdigest()[:16]
