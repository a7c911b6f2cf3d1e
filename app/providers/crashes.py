"""Counts how often a model ended its process, and sets it aside for that."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from app.state_file import StateFile

log = logging.getLogger(__name__)

MOST_CRASHES = 2
"""A model that ended its runner so often is set aside."""

HEALTHY_SECONDS = 300.0
"""A crash after this time does not count together with an earlier one."""


class Crashes:
    """Of the model in use, and which models are set aside until the owner tries again.

    A model is known by the words that start its runner (role, file, options) and by its
    file's size and time, so that another file in its place, or a smaller context, is
    tried anew.
    """

    def __init__(
        self,
        aside: StateFile,
        clock: Callable[[], float],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`aside` keeps across restarts what is set aside."""
        self._aside = aside
        self._clock = clock
        self._now = now
        self._recent: list[float] = []

    def why_aside(self, words: Sequence[str]) -> str | None:
        """Why a model is set aside, and since when; None when it is not."""
        found = self._aside.get(_identity(words))
        if found is None:
            return None
        since = datetime.fromtimestamp(found["at"]).strftime("%Y-%m-%d %H:%M")
        times = f"it ended its process {found['times']} times"
        return f"{times} and is set aside since {since}: {found['reason']}"

    def note(self, words: Sequence[str], reason: str) -> bool:
        """Count a crash; whether the model is set aside now."""
        now = self._clock()
        recent = [at for at in self._recent if now - at < HEALTHY_SECONDS]
        self._recent = [*recent, now]
        times = len(self._recent)
        if times < MOST_CRASHES:
            return False
        crash = {"times": times, "at": self._now(), "reason": reason}
        try:
            self._aside.put(_identity(words), crash)
        except OSError as error:
            log.warning("that a model is set aside lasts until a restart: %s", error)
        return True

    def forget_recent(self) -> None:
        """Count from none again, as another model is in use."""
        self._recent.clear()

    def forgive(self) -> None:
        """Try every model again, as the owner asks."""
        self._recent.clear()
        self._aside.clear()


def _identity(words: Sequence[str]) -> str:
    try:
        stat = Path(words[1]).stat()
    except OSError:
        return " ".join(words)
    return " ".join([*words, str(stat.st_size), str(stat.st_mtime_ns)])
