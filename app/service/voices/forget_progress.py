"""Tells the watchers how far a long forgetting is."""

import time
from collections.abc import Callable

from app.ipc.control import Progress

Tell = Callable[[Progress], None]


class ForgetProgress:
    """Notices about one forgetting, from its first step on, or its search."""

    def __init__(self, tell: Tell, label: str) -> None:
        self._tell = tell
        self._label = label
        self._done = 0
        self._total = 0
        self._is_told = False
        self._began = time.monotonic()

    def step(self, done: int, total: int) -> None:
        """Tell how many of the messages are gone."""
        self._done, self._total = done, total
        self._say("rewriting the files" if done == total else "")

    def search(self) -> None:
        """Tell that the home is searched for what was forgotten."""
        self._say("searching the home")

    def end(self, error: str = "") -> None:
        """Tell that it is over, and why if it failed."""
        if self._is_told:
            self._say(finished=True, error=error)

    def _say(self, note: str = "", *, finished: bool = False, error: str = "") -> None:
        self._is_told = True
        rate = 0.0 if note else self._done / max(time.monotonic() - self._began, 1e-6)
        # One more than the messages: with all of them gone it is not yet done.
        total = self._total + 1
        done = total if finished and not error else self._done
        self._tell(
            Progress(
                "forget",
                self._label,
                done,
                total,
                "messages",
                rate,
                finished=finished,
                error=error,
                note=note,
            )
        )
