"""The changes of this window that can be taken back, the last one first."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

MOST = 30


@dataclass(frozen=True)
class Change:
    """One change, and the way back from it."""

    says: str
    """The state after the way back, in a sentence."""
    take_back: Callable[[], None]


def changes() -> deque[Change]:
    """Return an empty history, which drops the oldest change when it is full."""
    return deque(maxlen=MOST)
