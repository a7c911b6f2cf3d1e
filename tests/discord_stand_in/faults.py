"""Faults a test orders for coming requests."""

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "error",
    "error after accept",
    "rate limit",
    "global rate limit",
    "cloudflare",
    "page",
    "drop",
    "drop after accept",
]


@dataclass
class Fault:
    """What happens to the next `times` requests that match."""

    kind: Kind
    method: str
    path: re.Pattern[str]
    times: int = 1
    status: int = 502
    code: int = 0
    """Discord's own error code, beside an HTTP status."""
    retry_after: float = 0.05


class Faults:
    """The ordered faults, first come first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(
        self,
        kind: Kind,
        method: str = "POST",
        path: str = r"/channels/\d+/messages",
        *,
        times: int = 1,
        status: int = 502,
        code: int = 0,
    ) -> None:
        """Order a fault for the next matching requests."""
        self._waiting.append(Fault(kind, method, re.compile(path), times, status, code))

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that meets this request, if one is ordered."""
        for fault in self._waiting:
            if fault.method == method and fault.path.fullmatch(path):
                fault.times -= 1
                if not fault.times:
                    self._waiting.remove(fault)
                return fault
        return None

    @property
    def pending(self) -> int:
        return len(self._waiting)
