"""A timer that releases things after a period without use."""

import asyncio
from collections.abc import Callable


class Idle:
    """Calls back after some minutes without work; its owner reports all work to it."""

    def __init__(
        self,
        minutes: Callable[[], float],
        is_busy: Callable[[], bool],
        on_idle: Callable[[], None],
    ) -> None:
        """`minutes` returns the time, 0 for never; work restarts it."""
        self._minutes = minutes
        self._is_busy = is_busy
        self._on_idle = on_idle
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start the time now."""
        self.stop()
        if (minutes := self._minutes()) > 0:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(minutes * 60, self._end)

    def stop(self) -> None:
        """Cancel the callback."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        if self._is_busy():
            self.begin()
        else:
            self._on_idle()
