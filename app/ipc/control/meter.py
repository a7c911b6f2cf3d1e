"""Requests about how much a guild's replies are like what its members write."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Request


@dataclass(frozen=True)
class MeteredWeek:
    """The figures of a week, as `app.meter.week.Week` explains them."""

    start: float
    """Seconds since the epoch."""
    replies: int
    messages: int
    alike: float | None
    aspects: dict[str, float]
    assistant: float | None
    assistant_members: float
    copied: float | None
    repeated: float | None
    relevance: float | None
    milliseconds: float | None
    slowest: float | None
    words: float
    words_members: float
    liked: int
    disliked: int


@dataclass(frozen=True)
class MeterAdvice:
    """A finding, and what to turn."""

    is_alarm: bool
    finding: str
    remedy: str


@dataclass(frozen=True)
class MeterReply:
    """A guild's weeks, oldest first, with what they say."""

    guild: str
    weeks: list[MeteredWeek]
    advice: list[MeterAdvice]


@dataclass(frozen=True)
class Meter(Request[MeterReply]):
    """Tell how much a guild's replies are like what its members write, by week.

    The bot keeps the figures that it computes, and does so by itself as well.
    """

    method: ClassVar[str] = "meter"
    only_reads: ClassVar[bool] = True
    guild: str
    weeks: int = 12
    anew: bool = False
    """Make the present week's figures now, however fresh they are."""


METER_REQUESTS = (Meter,)
