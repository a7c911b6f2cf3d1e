"""Wakes the model of a host, which may take minutes to load it, and knows what it does.

Ollama unloads a model after five idle minutes, and aborts a load when the client that
caused it hangs up (ollama/ollama#4638); LM Studio unloads after an hour. A reply hangs
up at its deadline, so a request without one must load the model.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.core.errors import LoadingError, ProviderError

IDLE_SECONDS = 240.0
"""The silence after which a host may have unloaded its model."""

LOAD_SECONDS = 900.0
"""The longest wait for a load; 70 billion parameters from a slow disk take minutes."""

ASK_AGAIN_SECONDS = 2.0
"""The pause after a host said that it is still loading."""

Place = tuple[str, str]
"""The address of a host, and a model there."""


@dataclass
class _Model:
    """One model at the host."""

    wrote_at: float | None = None
    load: asyncio.Task[None] | None = None
    began: float = 0.0
    is_reached: bool = False
    """The host took a request since; one that is off loads nothing."""
    first_word_seconds: float | None = None


class Warmth:
    """Remembers which models are loaded, and loads others without a deadline."""

    def __init__(
        self, wake: Callable[[Place], Awaitable[None]], clock: Callable[[], float]
    ) -> None:
        """`wake` sends a tiny request, and returns when the model began to write."""
        self._wake = wake
        self._clock = clock
        self._models: dict[Place, _Model] = {}

    def wrote(self, model: Place) -> None:
        """Note that a model wrote something, so that it is loaded."""
        self._of(model).wrote_at = self._clock()

    def first_word(self, model: Place) -> float | None:
        """Return the seconds to the first word, as last measured without a deadline."""
        return self._of(model).first_word_seconds

    def is_warm(self, model: Place) -> bool:
        """Tell if a model wrote so lately that it is still loaded."""
        wrote_at = self._of(model).wrote_at
        return wrote_at is not None and self._clock() - wrote_at < IDLE_SECONDS

    def loading_seconds(self, model: Place) -> float | None:
        """Return how long a model has been loading; None if it is not."""
        known = self._of(model)
        if known.load is None or known.load.done() or not known.is_reached:
            return None
        return self._clock() - known.began

    def reached(self, model: Place) -> None:
        """Note that the host took a request for a model."""
        self._of(model).is_reached = True

    def begin(self, model: Place) -> asyncio.Task[None]:
        """Load a model in the background, unless that goes on already."""
        known = self._of(model)
        if known.load is None or known.load.done():
            known.began, known.is_reached = self._clock(), False
            known.load = asyncio.create_task(self._load(model, known))
            # Whoever waits for it gets its error; if nobody does, it is no loss.
            known.load.add_done_callback(_forget_error)
        return known.load

    async def close(self) -> None:
        """Stop what loads."""
        loads = [one.load for one in self._models.values() if one.load]
        for load in loads:
            load.cancel()
        await asyncio.gather(*loads, return_exceptions=True)

    def _of(self, model: Place) -> _Model:
        return self._models.setdefault(model, _Model())

    async def _load(self, model: Place, known: _Model) -> None:
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                known.first_word_seconds = await self._wake_up(model)
        except TimeoutError as error:
            raise ProviderError(f"{model[1]} did not load in time.") from error
        known.wrote_at = self._clock()

    async def _wake_up(self, model: Place) -> float:
        """Ask until it answers; llama-server refuses while it loads."""
        began = self._clock()
        while True:
            try:
                await self._wake(model)
                return self._clock() - began
            except LoadingError:
                await asyncio.sleep(ASK_AGAIN_SECONDS)


def _forget_error(load: asyncio.Task[None]) -> None:
    if not load.cancelled():
        load.exception()
