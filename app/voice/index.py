"""An index of every sequence of symbols: the chain of all state sizes at once.

A symbol is the number of a word or token. All places of a state form one range of the
sorted suffixes. The symbol after a random place of the range is a sample of the exact
Markov distribution, and that place's message is the source of the choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock

import numpy as np
import numpy.typing as npt

from app.voice.index_view import FULL, Range, View, Weights
from app.voice.static_index import DEPTH, END, Base, Lean, Spans, in_spans
from app.voice.tail import Tail

__all__ = ["DEPTH", "END", "Index", "Lean", "Range", "Spans", "View"]


_MOST_PASTS = 2
"""Scopes of earlier times that are kept ready."""

_SCOPE_BYTES = 1 << 26
"""The most memory for scopes; the one in use may take more."""


class Scope:
    """Some of the messages; all others are as if they were never written."""

    def __init__(
        self,
        channels: frozenset[int] | None,
        base: Base,
        spans: Spans | None = None,
    ) -> None:
        """Look into these channels and spans of ids; None means all."""
        self._channels, self._spans = channels, spans
        self.base = base if channels is None else base.within(channels)
        if spans is not None:
            self.base = self.base.in_spans(spans)
        self._is_wanted = bytearray()
        """A flag for each message of the tail."""
        self._whole, self._tail = Tail.empty(), Tail.empty()

    def view(self, whole: Tail, weights: Weights, lean: Lean | None) -> View:
        """Return the view of a base and its newest tail; one thread at a time."""
        if whole is not self._whole:
            self._is_wanted += self._wanted(whole, len(self._is_wanted))
            flags = np.frombuffer(bytes(self._is_wanted), np.bool_)
            self._whole, self._tail = whole, whole.within(flags)
        return View(self.base, self._tail, weights, lean)

    def _wanted(self, tail: Tail, first: int) -> bytes:
        """Return a flag for each message of a tail from the first on."""
        new = tail.channels[first:]
        wanted = np.ones(len(new), np.bool_)
        if self._channels is not None:
            wanted &= np.array([one in self._channels for one in new], np.bool_)
        if self._spans is not None:
            ids = np.array(tail.ids[first : first + len(new)], np.int64)
            wanted &= in_spans(ids, self._spans)
        return wanted.tobytes()


class Index:
    """Messages of symbols that can be learned, forgotten and looked up.

    One thread writes at a time; any number of threads read, each through a `view`.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self._tail = Tail.empty()
        self._weights = Weights()
        self._in_tail: dict[int, int] = {}
        self._forgotten = 0
        self._channels = set(base.channels)
        self._scopes: dict[frozenset[int], Scope] = {}
        self._pasts: dict[tuple[frozenset[int] | None, Spans], Scope] = {}
        self._writing = Lock()

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[np.generic]]) -> "Index":
        """Return an index over what `base.build` made, in memory or mapped from a file.

        Raises:
            ValueError: When the arrays are not an index.
        """
        return cls(Base(arrays))

    @classmethod
    def empty(cls) -> "Index":
        """Return an index without messages."""
        return cls(Base.empty())

    @property
    def messages(self) -> int:
        """The number of messages that can be sampled."""
        return self._base.messages + len(self._tail.ids) - self._forgotten

    @property
    def tail_messages(self) -> int:
        """The number of messages learned since the base was built."""
        return len(self._tail.ids)

    def view(
        self,
        channels: frozenset[int] | None = None,
        spans: Spans | None = None,
        lean: Lean | None = None,
    ) -> View:
        """Return the index as it is now.

        Args:
            channels: The channels to look into, as if the others had never been
                learned; None means all. Sets in use are kept ready; another one takes
                20 ns a symbol at first.
            spans: The ids to look into, alike.
            lean: The channels whose places count for more.
        """
        if spans is not None:
            return self._past_view(channels, spans, lean)
        if channels is None or self._channels <= channels:
            return View(self._base, self._tail, self._weights, lean)
        # Nobody who learns waits for the sorting.
        fresh = None if channels in self._scopes else Scope(channels, self._base)
        with self._writing:
            scope = self._scope_of(channels, fresh)
            return scope.view(self._tail, self._weights, lean)

    def _past_view(
        self, channels: frozenset[int] | None, spans: Spans, lean: Lean | None
    ) -> View:
        key = channels, spans
        scope = self._pasts.get(key) or Scope(channels, self._base, spans)
        with self._writing:
            scope = self._pasts.setdefault(key, scope)
            while len(self._pasts) > _MOST_PASTS:
                del self._pasts[next(iter(self._pasts))]
            return scope.view(self._tail, self._weights, lean)

    def prepare_as(self, other: "Index") -> None:
        """Get ready for the sets of channels that another index was asked for."""
        for channels in list(other._scopes):
            self.view(channels)

    def _scope_of(self, channels: frozenset[int], fresh: Scope | None) -> Scope:
        scope = self._scopes.pop(channels, fresh) or Scope(channels, self._base)
        # The first one is that which was not asked for the longest.
        self._scopes[channels] = scope
        while len(self._scopes) > 1 and self._scope_bytes() > _SCOPE_BYTES:
            del self._scopes[next(iter(self._scopes))]
        return scope

    def _scope_bytes(self) -> int:
        return sum(scope.base.suffixes.nbytes for scope in self._scopes.values())

    def learn(self, message: int, symbols: Sequence[int], channel: int = 0) -> None:
        """Learn a message; a known id replaces the earlier message.

        Args:
            message: Its id, not negative.
            symbols: Each above 0. Without symbols nothing is learned, and an earlier
                message of this id is forgotten.
            channel: The channel it is from.
        """
        with self._writing:
            self._set_weight(message, 0)
            if not symbols:
                return
            self._channels.add(channel)
            self._in_tail[message] = len(self._tail.ids)
            self._tail = self._tail.learn(message, symbols, channel)

    def forget(self, messages: Iterable[int]) -> int:
        """Stop sampling these messages; unknown ids are no error.

        Returns:
            The number of messages that were known.
        """
        with self._writing:
            return sum(self._set_weight(message, 0) for message in messages)

    def weigh(self, message: int, weight: float) -> bool:
        """Draw from a message `weight` times as often as from others.

        Args:
            message: Its id.
            weight: Above 0 and at most 1, the initial weight of every message.

        Returns:
            True when the message is known; a forgotten one stays forgotten.

        Raises:
            ValueError: When the weight is out of bounds.
        """
        if not 0 < weight <= 1:
            raise ValueError("a message weighs more than 0 and at most 1")
        with self._writing:
            return self._set_weight(message, max(1, round(weight * FULL)))

    def _set_weight(self, message: int, weight: int) -> bool:
        weights = self._weights
        at = self._in_tail.get(message)
        if at is not None:
            weights.tail[at] = weight
            if weight == 0:
                del self._in_tail[message]
                self._forgotten += 1
            return True
        at = self._base.find(message)
        if at is None:
            return False
        if weights.base is None:
            weights.base = np.full(self._base.messages, FULL, np.uint8)
        if weights.base[at] == 0:
            return False
        weights.base[at] = weight
        self._forgotten += weight == 0
        return True
