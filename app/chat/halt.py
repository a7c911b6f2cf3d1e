"""A person's wish that a reply ends where it is."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

STOPPED = "somebody stopped it"


class Halt:
    """Ends the writing of one reply, now or before it begins."""

    def __init__(self) -> None:
        self.is_wanted = False
        self.is_shown = False
        """True if people saw a part of it, which then stays."""
        self._timers: list[asyncio.Timeout] = []

    def want(self) -> None:
        """End the writing."""
        self.is_wanted = True
        for timer in self._timers:
            if not timer.expired():
                timer.reschedule(0)

    @contextmanager
    def ends(self, timer: asyncio.Timeout) -> Iterator[None]:
        """Let a wish end what that timer limits, in this block."""
        self._timers.append(timer)
        if self.is_wanted:
            timer.reschedule(0)
        try:
            yield
        finally:
            self._timers.remove(timer)
