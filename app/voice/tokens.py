"""A guild's voice in one language model's tokens: its guess at the next token."""

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.voice import files, static_index
from app.voice.conversation_cache import LONGEST, ConversationCache
from app.voice.files import VoiceFileError
from app.voice.index import DEPTH, END, Index, Lean, Range, Spans, View
from app.voice.spool import room_in

NAME = "tokens"
"""The files' name in a guild's directory."""

STATE_SIZE = 5
"""The longest state to look up, in symbols; longer ones gain nothing."""

KINDS = STATE_SIZE + LONGEST + 1
"""Kinds of parts: the guild's states of 1 symbol and more, then the conversation's."""

EVIDENCE = 6
"""The number of trust features of a part; see `Prediction.evidence`."""

# Fitted to held-out messages of several guilds by `python -m tests.bench.fit_fusion`:
# a row a kind, a column a number of the evidence.
BY_EVIDENCE = np.array(
    [
        [-0.343, 0.275, -0.169, -1.892, 0.647, 0.094],
        [0.167, 0.727, -0.653, -1.933, 0.364, -0.144],
        [-0.239, 0.96, -0.779, -1.943, 0.396, 0.02],
        [0.061, 1.181, -1.383, -1.961, 0.46, -0.205],
        [0.005, 1.417, -1.347, -1.017, 0.459, 0.005],
        [-2.864, -0.137, 0.621, -1.929, -0.926, -0.862],
        [-0.53, 1.384, -1.426, -0.943, 0.231, 1.004],
        [0.308, 1.02, -1.469, -1.514, 1.079, 0.0],
        [0.463, 1.144, -1.231, -1.223, 1.491, 0.0],
    ]
)

_DISCOUNT = 0.7
"""The discount on each follower's count in the guild, as rare ones are overrated."""

_UNSEEN = 0.5
"""The count that every token of the model starts with."""

_COMMON = 512
"""The number of places from which a state's followers are cached."""

_KEPT_STATES = 2048
_KEPT_SCOPES = 8
"""Sets of channels whose counts are cached, each some numbers a token of the model."""

_PLACES = 1 << 12
"""The most places to count; of more, this many evenly spread ones."""

Shown = tuple[frozenset[int] | None, Spans | None, Lean | None]
"""The channels and the spans of ids to look into, where None means all, and those that
count for more."""

Ids = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

_NOBODY = np.empty(0, np.int64)


class StateHolders(NamedTuple):
    """The guild's messages that hold a state and the token after it."""

    state: int = 0
    """The number of symbols in the state."""
    places: Sequence[tuple[int, int]] = ()
    """Some of them, the newest first: (message, place of the token in the index)."""


class Followers(NamedTuple):
    """The symbols that follow one state."""

    ids: Ids
    """Shape (k,): distinct tokens."""
    shares: Shares
    """Shape (k,): their shares, which sum to 1."""
    evidence: tuple[float, ...]
    """The first features of a part's evidence."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The guild's likely next token, as a distribution over the model's tokens.

    It is a mixture of the base, which gives every token a share, one part for each
    state found in the guild's messages, and one for each state of the conversation.
    """

    base: Shares
    """Shape (vocabulary,): the overall share of each token; never 0, sums to 1."""
    base_root: Shares
    """Shape (vocabulary,): the fourth root of the base."""
    parts: list[tuple[Ids, Shares]]
    """Distinct tokens and their shares in the part, which sum to 1."""
    kinds: Ids
    """Shape (parts,): state size − 1 in the guild, or STATE_SIZE + state size."""
    evidence: Numbers
    """Shape (parts, EVIDENCE): 1, logarithms of how often the state occurs and how many
    different tokens follow it, the shares of those that followed once and of the most
    frequent one, and whether it is the guild's longest, or the message's first token.
    """
    weights: Numbers
    """Shape (1 + parts,): the shares of base and parts in the voice; sums to 1."""
    depth: int
    """Symbols of the longest known state, the message's start counted as one."""
    at: int
    """Tokens of the message so far."""
    matches: Sequence[Range] = ()
    """The guild's states, the shortest first."""
    view: View | None = None
    """The messages that they are in."""

    def held(self, token: int, most: int) -> StateHolders:
        """Return the newest messages with the longest state that the token follows."""
        if self.view is None:
            return StateHolders()
        for found in reversed(self.matches):
            here = self.view.narrow(found, token + 1)
            if here.places and (newest := self.view.newest(here, most, _PLACES)):
                size = found.depth
                return StateHolders(
                    size, [(row, place + size) for row, place in newest]
                )
        return StateHolders()

    def shares_of(self, token: int) -> Numbers:
        """Return a token's probability in the base and in each part; (1 + parts,)."""
        found = [float(self.base[token])]
        for ids, shares in self.parts:
            place = int(np.searchsorted(ids, token))
            is_there = place < len(ids) and ids[place] == token
            found.append(float(shares[place]) if is_there else 0.0)
        return np.array(found)

    def probability(self, token: int) -> float:
        """Return the probability of one token."""
        return float(self.weights @ self.shares_of(token))

    def mixed(self, weights: Numbers) -> Shares:
        """Return the mixture of base and parts; shape (vocabulary,)."""
        probs = self.base * np.float32(weights[0])
        self.add_parts(probs, weights[1:])
        return probs

    def gains(self) -> tuple[Ids, Shares]:
        """Return how much the parts raise the likelihood of tokens above the base.

        Returns:
            The tokens of all parts, each as often as it is in one, and by how many
            times the voice's probability is above `weights[0] * base`; both (k,).
        """
        added = np.zeros(len(self.base), np.float32)
        self.add_parts(added, self.weights[1:])
        ids = np.concatenate([_NOBODY, *(ids for ids, _ in self.parts)])
        return ids, 1 + added[ids] / (self.base[ids] * np.float32(self.weights[0]))

    def add_parts(self, probs: Shares, weights: Numbers) -> None:
        """Add the parts, by weight (parts,), to probabilities (vocabulary,)."""
        for (ids, shares), weight in zip(self.parts, weights, strict=True):
            probs[ids] += shares * np.float32(weight)


def softmax(energies: Numbers) -> Numbers:
    """Return the exponentials, divided by their sum."""
    raised = np.exp(energies - energies.max())
    shares: Numbers = raised / raised.sum()
    return shares


class TokenVoice:
    """Every token sequence of one guild, learned, forgotten and looked up.

    Token t is symbol t + 1 of the index; the symbol END stands for a message's end,
    which the model writes as the token `end`. One thread at a time uses a voice.
    """

    def __init__(
        self, index: Index, vocabulary: int, end: int, last_message: int
    ) -> None:
        self._index = index
        self._counted: dict[Shown, _ScopeCounts] = {}
        self.vocabulary = vocabulary
        """The number of tokens that the model knows."""
        self.end = end
        """The token that ends a message in the chat log: the line break."""
        self.last_message = last_message
        """The highest row id of a learned message, or 0."""
        self._count((None, None, None), index.view())

    @classmethod
    def open(cls, directory: Path) -> "TokenVoice":
        """Return the voice that `build` wrote; its files are mapped, not read.

        Raises:
            FileNotFoundError: When none was built.
            VoiceFileError: When its files are damaged; rebuild it.
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
        """The number of messages it speaks from."""
        return self._index.messages

    @property
    def tail_messages(self) -> int:
        """The number of messages learned since the build: a reason to rebuild."""
        return self._index.tail_messages

    def learn(self, message: int, tokens: Sequence[int], channel: int = 0) -> None:
        """Learn a message without its end token; a known id replaces the old one."""
        self._counted.clear()
        self.last_message = max(self.last_message, message)
        self._index.learn(message, [token + 1 for token in tokens], channel)

    def forget(self, messages: Iterable[int]) -> int:
        """Forget messages from now on, and return how many were known."""
        self._counted.clear()
        return self._index.forget(messages)

    def weigh(self, weights: Mapping[int, float]) -> None:
        """Draw from messages as often as `Index.weigh` says; unknown ones are no error.

        Raises:
            ValueError: When a weight is out of bounds.
        """
        self._counted.clear()
        for message, weight in weights.items():
            self._index.weigh(message, weight)

    def predict(
        self,
        written: Sequence[int],
        said: ConversationCache | None = None,
        channels: frozenset[int] | None = None,
        spans: Spans | None = None,
        lean: Lean | None = None,
    ) -> Prediction:
        """Return what follows.

        The states' distributions are interpolated (Jelinek and Mercer 1980), but by
        weights that depend on how often a state occurs and on how its followers are
        spread; counts are discounted (Ney, Essen and Kneser 1994).

        Args:
            written: All tokens of the message so far.
            said: The conversation before it.
            channels: As in `Index.view`.
            spans: As there.
            lean: As there.
        """
        context = [token + 1 for token in written[-STATE_SIZE:]]
        if len(context) < STATE_SIZE:
            context.insert(0, END)
        shown = channels, spans, lean
        view = self._index.view(*shown)
        counted = self._counted.get(shown) or self._count(shown, view)
        matches = view.matches(context, STATE_SIZE)
        parts = [*self._guild_parts(view, matches[1:], counted)]
        parts += _conversation_parts(said, written) if said else ()
        numbers = np.array([part.evidence for part in parts]).reshape(-1, EVIDENCE)
        table = np.array([part.kind for part in parts], np.int64)
        energies = np.einsum("ij,ij->i", numbers, BY_EVIDENCE[table])
        return Prediction(
            counted.base,
            counted.base_root,
            [(part.ids, part.shares) for part in parts],
            table,
            numbers,
            softmax(np.concatenate([[0.0], energies])),
            len(matches) - 1,
            len(written),
            matches[1:],
            view,
        )

    def continuations(
        self,
        written: Sequence[int],
        channels: frozenset[int] | None = None,
        spans: Spans | None = None,
    ) -> list[int]:
        """Return the tokens that anybody wrote after exactly these, DEPTH at most.

        The end of a message counts as its token.
        """
        view = self._index.view(channels, spans)
        found = view.find(token + 1 for token in written)
        if not found.places:
            return []
        symbols, _ = view.followers(found, _PLACES)
        return [self.end if one == END else int(one) - 1 for one in symbols]

    def is_message(self, written: Sequence[int]) -> bool:
        """Return whether somebody wrote this message; a long one, whether it starts so.

        Hidden channels count too, as their messages are not to be said either.
        """
        symbols = [END, *(token + 1 for token in written), END]
        return self._index.view().find(symbols[:DEPTH]).places > 0

    def _guild_parts(
        self, view: View, matches: Sequence[Range], counted: "_ScopeCounts"
    ) -> Iterator["_Part"]:
        """Yield a part for each state found in the guild's messages."""
        for found in matches:
            follow = self._followers(view, found, counted)
            if len(follow.ids):
                is_longest = float(found.depth == len(matches))
                evidence = (*follow.evidence, is_longest)
                yield _Part(follow.ids, follow.shares, found.depth - 1, evidence)

    def _followers(
        self, view: View, found: Range, counted: "_ScopeCounts"
    ) -> Followers:
        if found.places < _COMMON:
            return self._count_followers(view, found)
        common = counted.common
        follow = common.get(found)
        if follow is None:
            if len(common) >= _KEPT_STATES:
                common.clear()
            follow = common[found] = self._count_followers(view, found)
        return follow

    def _count_followers(self, view: View, found: Range) -> Followers:
        symbols, counts, leans = view.leaning_followers(found, _PLACES)
        ids = symbols - 1
        if not len(ids):
            return Followers(ids, counts.astype(np.float32), ())
        kept = np.maximum(counts - _DISCOUNT, 0.05 * counts)
        if leans is not None:
            kept *= leans
        kept /= kept.sum()
        if symbols[0] == END:
            # The ids ascend, so that a token's share is found quickly.
            ids[0] = self.end
            order = np.argsort(ids, kind="stable")
            ids, kept, counts = ids[order], kept[order], counts[order]
        of_counts = counts.sum(), len(counts), (counts <= 1).sum(), counts.max()
        return Followers(
            ids, kept.astype(np.float32), _evidence(*map(float, of_counts))
        )

    def _count(self, shown: Shown, view: View) -> "_ScopeCounts":
        seen = np.diff(np.asarray(view.base.first_of)).astype(np.float64)
        counts = np.full(self.vocabulary, _UNSEEN)
        counts[: len(seen) - 1] += seen[1:]
        counts[self.end] += seen[END]
        base: Shares = (counts / counts.sum()).astype(np.float32)
        if len(self._counted) >= _KEPT_SCOPES:
            self._counted.clear()
        counted = _ScopeCounts(base, np.sqrt(np.sqrt(base)), {})
        self._counted[shown] = counted
        return counted


class _Part(NamedTuple):
    """The symbols that follow one state, and what `Prediction` says of each part."""

    ids: Ids
    shares: Shares
    kind: int
    evidence: tuple[float, ...]


def _conversation_parts(
    said: ConversationCache, written: Sequence[int]
) -> Iterator[_Part]:
    """Yield a part for each state found in the conversation."""
    for heard in said.followers(written):
        counts = heard.counts
        total = float(counts.sum())
        of_counts = total, len(counts), int((counts == 1).sum()), int(counts.max())
        evidence = (*_evidence(*of_counts), float(not written))
        shares = (counts / total).astype(np.float32)
        yield _Part(heard.ids, shares, STATE_SIZE + heard.length, evidence)


class _ScopeCounts(NamedTuple):
    """Counts over the messages of some channels, kept until one changes."""

    base: Shares
    base_root: Shares
    common: dict[Range, Followers]


def _evidence(
    total: float, distinct: float, once: float, most: float
) -> tuple[float, ...]:
    return (
        1.0,
        math.log(max(total, 1)),
        math.log(distinct),
        once / total,
        most / total,
    )


def build(
    directory: Path,
    rows: Iterable[tuple[int, Sequence[int], int]],
    *,
    vocabulary: int,
    end: int,
) -> int:
    """Write a new generation of a guild's token voice, and remove the earlier one.

    Args:
        directory: Where its files are.
        rows: The row id, tokens and channel (row id) of every message, without the end
            token, ids ascending; those without tokens are not learned.
        vocabulary: How many tokens the model knows.
        end: The token that ends a message.

    Returns:
        How many messages were learned.

    Raises:
        ValueError: When the ids do not ascend.
        OverflowError: When there is too much for one index.
        OSError: When the files cannot be written; the earlier generation stays.
    """
    symbols, ids, channels = array("i", [END - 1]), array("q"), array("q")
    for message, tokens, channel in rows:
        if tokens:
            symbols.extend(tokens)
            symbols.append(END - 1)
            ids.append(message)
            channels.append(channel)
    flat = np.frombuffer(symbols, np.int32)
    flat += 1
    arrays = static_index.build(
        flat,
        np.array(ids, np.int64),
        np.array(channels, np.int64),
        room_in(directory),
    )
    last = int(ids[-1]) if ids else 0
    facts = {"vocabulary": vocabulary, "end": end, "last_message": last}
    files.write(directory, NAME, arrays, facts)
    return len(ids)
