"""Notes the figures of the program every few seconds, for the last hour."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

import psutil

from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker

STEP_SECONDS = 10.0
MOMENTS = 360
"""An hour of them."""

KINDS = {"runner": "model", "job": "work"}
"""The name of a child by the word that its command line begins its role with."""


class LastHourHandlers:
    """The figures of the last hour, in memory alone."""

    def __init__(
        self, context: AppContext, clock: Callable[[], float] = time.time
    ) -> None:
        self._context = context
        self._clock = clock
        self._moments: deque[control.LastHourMoment] = deque(maxlen=MOMENTS)
        self._known: dict[int, psutil.Process] = {}
        """By their numbers, since a process tells its share since the last question."""

    async def keep_up(self) -> None:
        """Note the figures, forever."""
        while True:
            await self.note()
            await asyncio.sleep(STEP_SECONDS)

    def latest(self) -> control.LastHourMoment | None:
        """Return the moment that was noted last."""
        return self._moments[-1] if self._moments else None

    async def note(self) -> None:
        """Note the figures of now."""
        local = self._context.local.status()
        processes = await asyncio.to_thread(self._processes)
        self._moments.append(
            control.LastHourMoment(
                self._clock(),
                local.tokens_per_second or 0.0,
                local.queue + self._context.replier.waiting,
                processes,
            )
        )

    async def last_hour(
        self, asker: Asker, request: control.LastHour
    ) -> control.LastHourReply:
        """Return the moments so far, oldest first."""
        return control.LastHourReply(list(self._moments))

    def _processes(self) -> list[control.ProcessUse]:
        own = psutil.Process()
        there = {one.pid: one for one in (own, *own.children(recursive=True))}
        self._known = {pid: self._known.get(pid, one) for pid, one in there.items()}
        sums: dict[str, tuple[int, float]] = {}
        for pid, process in self._known.items():
            try:
                with process.oneshot():
                    kind = "bot" if pid == own.pid else kind_of(process.cmdline())
                    size = process.memory_info().rss
                    share = process.cpu_percent()
            except psutil.Error:
                continue  # It has just ended.
            known = sums.get(kind, (0, 0.0))
            sums[kind] = known[0] + size, known[1] + share
        return [control.ProcessUse(kind, *use) for kind, use in sums.items()]


def kind_of(command: Sequence[str]) -> str:
    """Return the kind of a child process, from its command line."""
    return next((KINDS[word] for word in command if word in KINDS), "other")
