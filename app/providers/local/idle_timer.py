"""A timer for what is let go of when nobody needs it for a while."""

import asyncio
from collections.abc import Callable


class Idle:
    """Calls back once nothing was done for some minutes; to be told of all work."""

    def __init__(
        self,
        minutes: Callable[[], float],
        is_busy: Callable[[], bool],
        on_idle: Callable[[], None],
    ) -> None:
        """`minutes` gives the time, 0 for ever; work under way begins it anew."""
        self._minutes = minutes
        self._is_busy = is_busy
        self._on_idle = on_idle
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Let the time run from now."""
        self.stop()
        if (minutes := self._minutes()) > 0:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(minutes * 60, self._end)

    def stop(self) -> None:
        """Call back no more."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        if self._is_busy():
            self.begin()
        else:
            self._on_idle()
