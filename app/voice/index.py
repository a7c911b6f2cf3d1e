"""An index of every sequence of symbols: the chain of all state sizes at once.

A symbol is the number of a word or token. All places of a state form one range of the
sorted suffixes. The symbol after a random place of the range is a sample of the exact
Markov distribution, and that place's message is the source of the choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from app.voice.index_view import FULL, Range, Scope, View, Weights
from app.voice.static_index import DEPTH, END, Base
from app.voice.tail import Tail

__all__ = ["DEPTH", "END", "Index", "Range", "View"]


MOST_SCOPES = 16
"""The most sets of channels to keep ready; each takes a fifth of a byte a symbol."""


class Index:
    """Messages of symbols that can be learned, forgotten and looked up.

    One thread writes at a time; any number of threads read, each through a `view`.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self._tail = Tail.empty()
        self._weights = Weights()
        self._in_tail: dict[int, int] = {}
        self._in_base_no_more: set[int] = set()
        self._channels = set(base.channels)
        self._everyone = Scope(None, None)
        self._scopes: dict[frozenset[int], Scope] = {}
        self._writing = Lock()

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> "Index":
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
        in_base = self._base.messages - len(self._in_base_no_more)
        return in_base + len(self._in_tail)

    @property
    def tail_messages(self) -> int:
        """The number of messages learned since the base was built."""
        return len(self._tail.ids)

    def view(self, channels: frozenset[int] | None = None) -> View:
        """Return the index as it is now.

        Args:
            channels: The channels to look into, as if the others had never been
                learned; None means all. A new set takes some 20 ns a symbol, and is
                then kept.
        """
        base, weights = self._base, self._weights
        if channels is None or self._channels <= channels:
            return View(base, self._tail, weights, self._everyone)
        scope = self._scopes.get(channels)
        if scope is None or scope.whole_tail is not self._tail:
            with self._writing:
                scope = self._scope_of(channels)
        assert scope.tail is not None
        return View(base, scope.tail, weights, scope)

    def prepare_as(self, other: "Index") -> None:
        """Get ready for the sets of channels that another index was asked for."""
        for channels in list(other._scopes):
            self.view(channels)

    def learn(self, message: int, symbols: Sequence[int], channel: int = 0) -> None:
        """Learn a message; a known id replaces the earlier message.

        Args:
            message: Its id, not negative.
            symbols: Each above 0. Without symbols nothing is learned, and an earlier
                message of this id is forgotten.
            channel: The channel it is from.
        """
        with self._writing:
            self._forget([message])
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
            return self._forget(messages)

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
            return True
        at = self._find(message)
        if at is None:
            return False
        if weights.base is None:
            weights.base = np.full(self._base.messages, FULL, np.uint8)
        weights.base[at] = weight
        return True

    def _find(self, message: int) -> int | None:
        """Return the place of a message in the base, unless it is forgotten."""
        at = self._base.find(message)
        return None if at in self._in_base_no_more else at

    def _forget(self, messages: Iterable[int]) -> int:
        gone: set[int] = set()
        count = 0
        for message in messages:
            at = self._in_tail.pop(message, None)
            if at is not None:
                # The weight is for the views that are already there.
                self._weights.tail[at] = 0
                self._tail = self._tail.without(at)
                count += 1
            elif (at := self._find(message)) is not None:
                gone.add(at)
        if gone:
            self._hide(sorted(gone))
        return count + len(gone)

    def _hide(self, messages: Sequence[int]) -> None:
        """Hide messages of the base from everyone."""
        self._in_base_no_more.update(messages)
        suffixes = self._base.suffixes_of(messages)
        everyone = self._everyone
        if everyone.bits is None:
            everyone.bits = self._base.bits_of(self._base.channels)
        for scope in (everyone, *self._scopes.values()):
            assert scope.bits is not None
            scope.bits = scope.bits.without(suffixes)

    def _scope_of(self, channels: frozenset[int]) -> Scope:
        """Return the scope of some channels, up to date, as the newest one."""
        scope = self._scopes.pop(channels, None)
        if scope is None:
            bits = self._base.bits_of(channels)
            if self._everyone.bits is not None:
                bits = bits.both(self._everyone.bits)
            scope = Scope(channels, bits)
            if len(self._scopes) >= MOST_SCOPES:
                self._scopes.pop(next(iter(self._scopes)))
        if scope.whole_tail is not self._tail:
            tail = self._tail
            shown = np.array([one in channels for one in tail.channels], np.bool_)
            scope.tail, scope.whole_tail = tail.within(shown), tail
        self._scopes[channels] = scope
        return scope
