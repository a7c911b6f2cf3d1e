"""Counts the crashes of each model, and sets a crashing model aside."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from app.core.state_file import StateFile

log = logging.getLogger(__name__)

MOST_CRASHES = 2
"""The number of crashes after which a model is set aside."""

_ON_GPU = "gpu "

HEALTHY_SECONDS = 300.0
"""The time within which crashes count together."""


class Crashes:
    """The models that crashed and are set aside until their owner tries them again.

    A model is known by its `identity`, so a new file in its place, or a smaller
    context, gets a new try.
    """

    def __init__(self, kept: StateFile, now: Callable[[], float] = time.time) -> None:
        """`kept` preserves them across restarts."""
        self._kept = kept
        self._now = now

    def why_aside(self, model: str) -> str | None:
        """Return why and since when a model is set aside; None when it is not."""
        found = self._kept.get(model)
        if not isinstance(found, dict) or len(found["times"]) < MOST_CRASHES:
            return None
        since = datetime.fromtimestamp(found["times"][-1]).strftime("%Y-%m-%d %H:%M")
        times = f"it ended its process {len(found['times'])} times"
        return f"{times} and has been set aside since {since}: {found['reason']}"

    def note(self, model: str, reason: str) -> None:
        """Count a crash."""
        now = self._now()
        found = self._kept.get(model)
        known = found["times"] if isinstance(found, dict) else []
        recent = [at for at in known if now - at < HEALTHY_SECONDS]
        try:
            self._kept.put(model, {"times": [*recent, now], "reason": reason})
        except OSError as error:
            log.warning("a model's crash is only remembered until a restart: %s", error)

    def why_gpu_aside(self, model: str) -> str | None:
        """Return why a model is kept off the graphics card; None when it is not."""
        found = self._kept.get(_ON_GPU + model)
        return str(found) if found else None

    def note_gpu(self, model: str, reason: str) -> None:
        """Keep a model off the graphics card from now on."""
        try:
            self._kept.put(_ON_GPU + model, reason)
        except OSError as error:
            log.warning("this is only remembered until a restart: %s", error)

    def forgive(self) -> None:
        """Try every model again, as the owner asks, and the graphics card."""
        self._kept.clear()


def identity(words: Sequence[str]) -> str:
    """Identify a runner: its command words, and the file's size and time."""
    try:
        stat = Path(words[1]).stat()
    except OSError:
        return " ".join(words)
    return " ".join([*words, str(stat.st_size), str(stat.st_mtime_ns)])
