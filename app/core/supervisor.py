"""Watches work in the background: tells its errors and troubles, and restarts it."""

import asyncio
import logging
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
HEALTHY_SECONDS = 300.0
"""Work that ran this long counts as well again."""

MOST_FAILURES = 8
"""Failures in a row after which another try is of no use."""

GIVEN_UP = "Restart Mynah. The log has the reason."


@dataclass(frozen=True)
class StandingTrouble:
    """Something that works badly and is not over yet, with its remedy."""

    detail: str
    hint: str


class Troubles:
    """At most one trouble of a name; each is told once when it begins."""

    def __init__(self, warn: Callable[[str], None] = lambda text: None) -> None:
        self._warn = warn
        self._now: dict[str, StandingTrouble] = {}

    def begin(self, name: str, detail: str, hint: str) -> None:
        """Note what is wrong, and what the owner can do."""
        trouble = StandingTrouble(detail, hint)
        if self._now.get(name) != trouble:
            self._now[name] = trouble
            self._warn(f"{detail} {hint}")

    def end(self, name: str) -> None:
        """Note that it is well again."""
        self._now.pop(name, None)

    @property
    def every(self) -> list[StandingTrouble]:
        return list(self._now.values())


class Supervisor:
    """Owns errors that nobody expected; each is logged, and shown once.

    Work that should never end is started again with growing pauses. If it fails again
    and again, it stays off, and the owner is told so.
    """

    def __init__(
        self,
        show: Callable[[str], None] = lambda text: None,
        troubles: Troubles | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._troubles = troubles or Troubles()
        self._sleep = sleep
        self._clock = clock
        self._shown: set[tuple[str, str]] = set()

    def note(self, what: str, error: BaseException) -> None:
        """Log an error with its place; show it if that is new."""
        log.error("%s failed", what, exc_info=error)
        told = f"{type(error).__name__} in {_place_of(error)}"
        if (what, told) not in self._shown:
            self._shown.add((what, told))
            self._show(f"{what} failed: {told}. The log has the rest.")

    def contain(self, what: str) -> AbstractContextManager[None]:
        """Note an error of the block, and go on after it."""
        return _Contained(self, what)

    def watch(self, task: "asyncio.Future[None]", what: str) -> None:
        """Note the error of a task that nobody waits for."""
        task.add_done_callback(lambda done: self._look_at(done, what))

    def _look_at(self, done: "asyncio.Future[None]", what: str) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self.note(what, error)

    async def keep(
        self,
        what: str,
        work: Callable[[], Awaitable[None]],
        *,
        gives_up: bool = True,
    ) -> None:
        """Run work until it ends by itself, and start it again after an error."""
        failures, pause = 0, FIRST_PAUSE
        while True:
            began = self._clock()
            error = await outcome_of(work())
            if error is None:
                self._troubles.end(what)
                return
            self.note(what, error)
            if self._clock() - began > HEALTHY_SECONDS:
                failures, pause = 0, FIRST_PAUSE
            failures += 1
            if gives_up and failures >= MOST_FAILURES:
                detail = f"{what} stopped after {failures} errors in a row."
                self._troubles.begin(what, detail, GIVEN_UP)
                return
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def on_lost_error(
        self, loop: asyncio.AbstractEventLoop, context: dict[str, object]
    ) -> None:
        """Note an error that no task's owner asked for; an event loop calls this."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self.note("Work in the background", error)
        elif error is None:
            log.error("%s", context["message"])


class Background(ABC):
    """Work that a supervisor keeps going beside others, until it is closed."""

    def __init__(self, supervisor: Supervisor, what: str) -> None:
        """Prepare; the owner reads `what` if it fails."""
        self._supervisor = supervisor
        self._what = what
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, or go on after a close, unless it is running."""
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


async def outcome_of(work: Awaitable[None]) -> BaseException | None:
    """Run something; return its error, or None after a good end.

    Cancelling this cancels the work.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    if task.cancelled():
        return asyncio.CancelledError()
    return task.exception()


class _Contained(AbstractContextManager[None]):
    def __init__(self, supervisor: Supervisor, what: str) -> None:
        self._supervisor = supervisor
        self._what = what

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._supervisor.note(self._what, error)
        return True


def _place_of(error: BaseException) -> str:
    """Return the file and line that raised an error."""
    if isinstance(error, BaseExceptionGroup):
        return _place_of(error.exceptions[0])
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return "an unknown place"
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
