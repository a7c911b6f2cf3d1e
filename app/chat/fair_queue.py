"""A queue in which guilds take turns."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.names import GuildId


class QueueFullError(Exception):
    """Too many requests are waiting."""


class FairQueue:
    """Runs up to `width` pieces of work at once; guilds take turns."""

    def __init__(self, width: int, max_waiting: int = 64) -> None:
        self._free = width
        self._max_waiting = max_waiting
        self._lines: OrderedDict[int, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def waiting(self) -> int:
        return sum(len(line) for line in self._lines.values())

    @asynccontextmanager
    async def place(
        self, guild: GuildId, seconds: float | None = None
    ) -> AsyncIterator[None]:
        """Wait for a place, so many seconds at most.

        Raises:
            QueueFullError: If too many wait, in total or from this guild, or too long.
        """
        if self._free > 0 and not self._lines:
            self._free -= 1
        else:
            await self._wait_for(guild, seconds)
        try:
            yield
        finally:
            self._free += 1
            self._wake()

    async def _wait_for(self, guild: GuildId, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wait(guild)
        except TimeoutError:
            reason = f"its turn did not come; {self.waiting} other requests wait"
            raise QueueFullError(reason) from None

    async def _wait(self, guild: GuildId) -> None:
        line = self._lines.get(guild, deque())
        share = max(4, self._max_waiting // (len(self._lines) + 1))
        if self.waiting >= self._max_waiting or len(line) >= share:
            raise QueueFullError(f"{self.waiting} requests are already waiting")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(guild, line).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._free += 1
            else:
                self._drop(guild, future)
            self._wake()
            raise

    def _drop(self, guild: GuildId, future: asyncio.Future[None]) -> None:
        line = self._lines.get(guild)
        if line and future in line:
            line.remove(future)
            if not line:
                del self._lines[guild]

    def _wake(self) -> None:
        while self._free > 0 and self._lines:
            guild, line = self._lines.popitem(last=False)
            future = line.popleft()
            if line:
                self._lines[guild] = line
            if not future.done():
                self._free -= 1
                future.set_result(None)
