"""Requests about blind tests between two replies."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class BlindReply:
    """Two replies to the same words."""

    pair: int
    """Number of the pair."""
    turns: list[list[str]]
    """[speaker, text] each."""
    texts: list[str]
    """The two replies."""


@dataclass(frozen=True)
class WinRate:
    """An arm's share of preferences, with its 95 % interval."""

    arm: str
    won: float
    of: float
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class LiveWinRate(WinRate):
    """An arm's share of likes among its rated replies."""

    replies: int


@dataclass(frozen=True)
class BlindResultsReply:
    """Win rates of a guild."""

    comparisons: int
    blind: list[WinRate]
    live: list[LiveWinRate]


@dataclass(frozen=True)
class BlindChooseReply(BlindResultsReply):
    """Win rates of a guild, and what made the two replies."""

    arms: list[str]


@dataclass(frozen=True)
class Blind(Request[BlindReply]):
    """Two replies to something that was said there; their makers are not told."""

    method: ClassVar[str] = "blind"
    guild: str
    first: str = "hybrid"
    """A mode, for hybrid with a dial if it is not the guild's own: `hybrid 70`."""
    second: str = "llm"
    may_cost: bool = False
    """True if the owner wants replies by the guild's own server in the cloud."""


@dataclass(frozen=True)
class BlindChoose(Request[BlindChooseReply]):
    """Store which reply of a pair is better, and hear who made which."""

    method: ClassVar[str] = "blind_choose"
    pair: int
    won: int
    """1 or 2, or 0 for neither."""


@dataclass(frozen=True)
class BlindResults(Request[BlindResultsReply]):
    """Win rates of blind choices, and of the arms that `reply.split` alternates."""

    method: ClassVar[str] = "blind_results"
    only_reads: ClassVar[bool] = True
    guild: str


BLIND_TEST_REQUESTS = (
    Blind,
    BlindChoose,
    BlindResults,
)
