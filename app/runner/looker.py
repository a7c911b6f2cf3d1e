"""Looks at the pictures of prompts in a thread of its own, so that others write on."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import psutil

from app.core.errors import AppError, UsageError
from app.ipc.inference import Generate

if TYPE_CHECKING:
    from app.runner.llama import Model
    from app.runner.sight import Sight

KEPT = 8
"""The pictures that are kept for another reply, such as the next try of this one."""

PATIENCE_SECONDS = 0.02
"""The wait for a picture while nothing else is to do; requests come meanwhile."""

NOT_BUILT = "this llama.cpp was built without support for pictures"

Vectors = npt.NDArray[np.float32]


class UnreadablePictureError(AppError):
    """The bytes are no picture that a model can look at."""


@dataclass(frozen=True)
class SeenPicture:
    """A picture as a prompt has it: marks around it, and an embedding per token."""

    tokens: tuple[int, ...]
    """The tokens; those of the picture itself are negative, and no other picture's."""
    first: int
    """The first negative one."""
    vectors: Vectors
    """Shape (negative tokens, width)."""


@dataclass(frozen=True)
class Eyes:
    """A model's sight, or why it has none."""

    sight: "Sight | None" = None
    blindness: str = ""
    bytes: int = 0
    """The memory that its projector takes."""


def open_eyes(path: Path | None, model: "Model", threads: int) -> Eyes:
    """Load a projector, if there is one, and the library that it needs."""
    if path is None:
        return Eyes()
    try:
        from app.runner.sight import Sight

        before = psutil.Process().memory_info().rss
        sight = Sight(path, model, threads)
        taken = psutil.Process().memory_info().rss - before
        return Eyes(sight, bytes=max(taken, 0))
    except AppError as error:
        return Eyes(blindness=str(error))
    except (ImportError, OSError, RuntimeError):
        return Eyes(blindness=NOT_BUILT)


Begin = Callable[[tuple[SeenPicture, ...]], None]


@dataclass(frozen=True)
class _Waiting:
    """A request whose pictures are being looked at."""

    request: Generate
    pictures: tuple[Future[SeenPicture], ...]
    begin: Begin
    fail: Callable[[AppError], None]
    cancel: Callable[[], None]


class Looker:
    """Holds requests back until their pictures are seen."""

    def __init__(self, sight: "Sight | None") -> None:
        self._sight = sight
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[_Waiting] = []
        self._known: dict[tuple[str, bytes], Future[SeenPicture]] = {}
        """By server, as time saved would tell one of another one's pictures."""

    @property
    def is_idle(self) -> bool:
        """True when no request waits for its pictures."""
        return not self._waiting

    def hold(
        self,
        request: Generate,
        pictures: tuple[bytes, ...],
        begin: Begin,
        fail: Callable[[AppError], None],
        cancel: Callable[[], None],
    ) -> None:
        """Look at the pictures of a request, then let it begin.

        Raises:
            UsageError: If the model cannot see.
        """
        futures = tuple(self._look(request.guild, one) for one in pictures)
        self._waiting.append(_Waiting(request, futures, begin, fail, cancel))

    def cancel(self, stream: int) -> None:
        """Let go of a request that is not wanted any more."""
        for one in [*self._waiting]:
            if one.request.stream == stream:
                self._waiting.remove(one)
                one.cancel()

    def step(self, *, may_wait: bool) -> None:
        """Begin the requests whose pictures are seen; wait a little for one if idle."""
        if may_wait and self._waiting:
            futures = [future for one in self._waiting for future in one.pictures]
            left = [future for future in futures if not future.done()]
            wait(left, PATIENCE_SECONDS, FIRST_COMPLETED)
        for one in [*self._waiting]:
            if all(future.done() for future in one.pictures):
                self._waiting.remove(one)
                try:
                    one.begin(tuple(future.result() for future in one.pictures))
                except AppError as error:
                    one.fail(error)

    def _look(self, guild: str, data: bytes) -> Future[SeenPicture]:
        if self._sight is None:
            raise UsageError("This model cannot look at pictures.")
        key = (guild, data)
        known = self._known.pop(key, None)
        self._known[key] = known or self._thread.submit(self._sight.look, data)
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        return self._known[key]
