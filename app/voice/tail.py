"""The messages learned since the base was built, sorted as they come."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from app.voice.static_index import DEPTH, END, search


@dataclass(frozen=True, slots=True)
class Tail:
    """A few messages in memory; learning makes a new tail, so readers need no lock.

    Later tails share the lists and only append to them; this tail owns only what its
    `suffixes` point at.
    """

    symbols: list[int]
    """As in the base: END, a message, END, a message, END."""

    bounds: list[int]
    """The END before each message."""

    ids: list[int]
    channels: list[int]
    """The channel of each message."""

    suffixes: npt.NDArray[np.int32]
    owners: npt.NDArray[np.int32]
    """The message of each suffix, counted from 0."""

    suffix_at: Sequence[int]

    @classmethod
    def empty(cls) -> "Tail":
        """Return a tail without messages."""
        none = np.empty(0, np.int32)
        return cls([END], [], [], [], none, none, none.data)

    def learn(self, message_id: int, symbols: Sequence[int], channel: int) -> "Tail":
        """Return a tail with one more message; costs a copy of its suffixes.

        Only the newest tail may learn, and one thread at a time.
        """
        known = self.symbols
        bound = len(known) - 1
        self.bounds.append(bound)
        self.ids.append(message_id)
        self.channels.append(channel)
        known.extend(symbols)
        known.append(END)
        end = len(known)
        places = [
            (known[at : min(at + DEPTH, end)], at) for at in range(bound, end - 1)
        ]
        places.sort()
        where = [
            bisect_left(self.suffix_at, key, key=lambda at: known[at : at + DEPTH])
            for key, _ in places
        ]
        suffixes = np.insert(self.suffixes, where, [at for _, at in places])
        owners = np.insert(self.owners, where, np.int32(len(self.ids) - 1))
        return self._of(suffixes, owners)

    def within(self, is_shown: npt.NDArray[np.bool_]) -> "Tail":
        """Return the same messages with places in those whose flag is set alone."""
        kept = is_shown[self.owners]
        return self._of(self.suffixes[kept], self.owners[kept])

    def _of(
        self, suffixes: npt.NDArray[np.int32], owners: npt.NDArray[np.int32]
    ) -> "Tail":
        return replace(self, suffixes=suffixes, owners=owners, suffix_at=suffixes.data)

    def narrow(self, lo: int, hi: int, depth: int, symbol: int) -> tuple[int, int]:
        """Return the suffixes of lo..hi, equal up to `depth`, followed by `symbol`."""
        known = self.symbols
        return search(
            self.suffix_at, lambda place: known[place + depth], lo, hi, symbol
        )

    def message_at(self, position: int) -> int:
        """Return the message that owns the position, counted from 0."""
        return bisect_right(self.bounds, position) - 1
