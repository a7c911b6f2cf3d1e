"""What is asked about how alike replies and members are."""

from dataclasses import dataclass
from typing import ClassVar

from app.ipc.wire import Json, Request


@dataclass(frozen=True)
class Meter(Request[Json]):
    """How much a guild's replies are like what its members write, week by week.

    Keys: `guild`, `weeks` (oldest first, each `start` in seconds since the epoch and
    the fields of `app.meter.week.Week`), `advice` (`is_alarm`, `finding`, `remedy`).
    """

    method: ClassVar[str] = "meter"
    guild: str
    weeks: int = 12
    anew: bool = False
    """Make the present week's figures now, however fresh they are."""


METER_REQUESTS = (Meter,)
