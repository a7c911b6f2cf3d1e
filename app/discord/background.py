"""Slow work beside a session, which is started with it and closed with it."""

import asyncio
from abc import ABC, abstractmethod

from app.core.supervisor import Supervisor


class Background(ABC):
    """Work that runs at most once at a time, and again after an error."""

    def __init__(self, supervisor: Supervisor, what: str) -> None:
        """Prepare; the owner sees `what` if it fails."""
        self._supervisor = supervisor
        self._what = what
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, or continue where it was closed, unless it is running."""
        if self._task is None or self._task.done():
            kept = self._supervisor.keep(self._what, self._run)
            self._task = asyncio.create_task(kept)

    async def close(self) -> None:
        """Stop, and wait until it has."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @abstractmethod
    async def _run(self) -> None: ...
