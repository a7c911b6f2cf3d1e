"""Requests about the features that a server has beside its voice."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class StoredAmount:
    """The things that a feature stored."""

    setting: str
    """The setting that switches the feature."""
    count: int
    bytes: int


@dataclass(frozen=True)
class MeasuredCost:
    """The costs of a feature, as far as they were measured; None is unknown."""

    setting: str
    replies: int = 0
    """Those among the newest that it had a part in."""
    tokens: int | None = None
    """The mean of the prompts of those replies."""
    ms: float | None = None
    """The mean milliseconds of one use."""
    memory: int | None = None
    """Bytes that it holds, or the most that its process took."""


@dataclass(frozen=True)
class FeaturesReply:
    """The features of a guild that store something, and those that cost something."""

    stored: list[StoredAmount]
    costs: list[MeasuredCost]


@dataclass(frozen=True)
class Features(Request[FeaturesReply]):
    """The things that each feature stored for a guild, and its costs."""

    method: ClassVar[str] = "features"
    only_reads: ClassVar[bool] = True
    guild: str


@dataclass(frozen=True)
class FeatureClearReply:
    """The things of a feature that were deleted."""

    setting: str
    count: int
    complete: bool
    """True if no byte of them is left in the home."""


@dataclass(frozen=True)
class FeatureClear(Request[FeatureClearReply]):
    """Delete all that a feature stored for a guild."""

    method: ClassVar[str] = "feature_clear"
    guild: str
    setting: str


FEATURE_REQUESTS = (Features, FeatureClear)
