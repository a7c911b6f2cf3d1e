"""The model on this computer, for work that gives way to replies."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from app.core.names import GuildId

IDLE_SECONDS = 15.0
"""The time after a reply before the model is used."""

ANSWER_SECONDS = 60.0


class Writes(Protocol):
    """The model on this machine."""

    @property
    def billions(self) -> float:
        """The parameters of the loaded model in billions; 0 when unknown."""
        ...

    @property
    def context_size(self) -> int: ...

    @property
    def is_idle(self) -> bool:
        """Return whether the model is loaded and writes nothing."""
        ...

    def complete(
        self,
        guild: GuildId,
        text: str,
        max_tokens: int,
        seconds: float,
        never: Sequence[str] = (),
        grammar: str = "",
    ) -> Coroutine[None, None, str]: ...


class IdleModel:
    """Lends the model while no reply is made; what it writes is given up for one."""

    def __init__(
        self, model: Writes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._model = model
        self._clock = clock
        self._replies = 0
        self._last_reply = -IDLE_SECONDS
        self._running: asyncio.Task[str] | None = None

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Leave the model alone while a reply is made."""
        self._replies += 1
        self.interrupt()
        try:
            yield
        finally:
            self._replies -= 1
            self._last_reply = self._clock()

    def interrupt(self) -> None:
        """Give up what it writes now."""
        if self._running:
            self._running.cancel()

    def is_free(self, billions: float) -> bool:
        """Tell if a model of that size at least is there, and nobody needs it."""
        rested = self._clock() - self._last_reply >= IDLE_SECONDS
        is_busy = self._replies or self._running or not rested
        return not is_busy and self._model.is_idle and self._model.billions >= billions

    @property
    def context_size(self) -> int:
        """The tokens that it reads at most."""
        return self._model.context_size

    async def complete(
        self,
        guild: GuildId,
        text: str,
        max_tokens: int,
        never: Sequence[str] = (),
        grammar: str = "",
    ) -> str | None:
        """Let it continue a text to the end of the line.

        Return None if a reply came first, or if it writes for somebody else.

        Raises:
            AppError: If the model fails.
        """
        if self._replies or self._running:
            return None
        work = self._model.complete(
            guild, text, max_tokens, ANSWER_SECONDS, never, grammar
        )
        running = self._running = asyncio.create_task(work)
        try:
            await asyncio.wait({running})
        finally:
            running.cancel()
            self._running = None
        return None if running.cancelled() else running.result()
