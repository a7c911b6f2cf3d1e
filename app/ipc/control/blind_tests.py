"""What is asked about which of two replies is better."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class Blind(Request[Json]):
    """Two replies to something that was said there; who made which is not told.

    Keys: `pair` (its number), `turns` ([speaker, text] each), `texts` (two).
    """

    method: ClassVar[str] = "blind"
    guild: str
    first: str = "hybrid"
    """A mode, for hybrid with a dial if it is not the guild's own: `hybrid 70`."""
    second: str = "llm"


@dataclass(frozen=True)
class BlindChoose(Request[Json]):
    """Store which reply of a pair is better; keys of the results, and `arms` (two)."""

    method: ClassVar[str] = "blind_choose"
    pair: int
    won: int
    """1 or 2, or 0 for neither."""


@dataclass(frozen=True)
class BlindResults(Request[Json]):
    """Win rates of blind choices, and of the arms that `reply.split` alternates.

    Keys: `comparisons`, `blind` and `live` (each `arm`, `won`, `of`, `rate`, `low`,
    `high`; live ones also `replies`).
    """

    method: ClassVar[str] = "blind_results"
    guild: str


BLIND_TEST_REQUESTS = (
    Blind,
    BlindChoose,
    BlindResults,
)
