"""A change of this window that can be taken back."""

from collections.abc import Callable
from dataclasses import dataclass

MOST_CHANGES = 30
"""The most changes that are remembered; the oldest are dropped."""


@dataclass(frozen=True)
class Change:
    """One change, and the way back from it."""

    says: str
    """The state after the way back, in a sentence."""
    take_back: Callable[[Callable[[], None]], None]
    """Goes the way back, and calls what it is given once that is done."""
