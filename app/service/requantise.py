"""Requantises the model in use for this processor, in a child."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from app.core.errors import AppError, UsageError
from app.core.paths import Home
from app.ipc.control import Progress
from app.ipc.jobs import RequantiseJob, RequantiseJobReply
from app.modelfiles import catalogue
from app.service.app_context import AppContext
from app.service.job_runner import JobRunner

log = logging.getLogger(__name__)

STARTER = "starter"
LOOK_SECONDS = 20.0
"""The interval between checks for a starter model to tune."""


def tuned_file(home: Home, name: str) -> Path:
    """Return the place of a catalogue model's tuned file."""
    return catalogue.file_of(home, name).with_suffix(".tuned.gguf")


class Requantise:
    """Tunes models of the catalogue."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._jobs = JobRunner(context.home)

    async def tune(
        self, name: str, on_progress: Callable[[Progress], None]
    ) -> RequantiseJobReply:
        """Measure the candidates, keep the better file, and return the table.

        Raises:
            AppError: If the model is not here, or cannot be requantised.
        """
        source = catalogue.file_of(self._context.home, catalogue.find(name).name)
        if not source.is_file():
            hint = f"Fetch it with `mynah models pull {name}`."
            raise UsageError(f"The model {name} is not on this computer yet.", hint)
        return await self._run(
            source, tuned_file(self._context.home, name), on_progress
        )

    async def keep_starter_tuned(self) -> None:
        """Requantise the starter without loss as soon as it is here and in use."""
        home = self._context.home
        source, target = catalogue.file_of(home, STARTER), tuned_file(home, STARTER)
        while True:
            if target.is_file():
                return
            if self._uses_starter() and source.is_file():
                break
            await asyncio.sleep(LOOK_SECONDS)
        try:
            await self._run(source, target, self._context.events.tell, lossless=True)
        except AppError as error:
            log.warning("the starter model stays as it is: %s", error)
            return
        log.info("the starter model is tuned for this processor")

    async def _run(
        self,
        source: Path,
        target: Path,
        on_progress: Callable[[Progress], None],
        *,
        lossless: bool = False,
    ) -> RequantiseJobReply:
        threads = self._context.settings.home.model.threads
        job = RequantiseJob(str(source), str(target), threads, lossless)
        reply = await self._jobs.run(job, on_progress)
        # From now on, the tuned file is found first.
        self._context.local.start()
        return reply

    def _uses_starter(self) -> bool:
        return self._context.settings.home.model.name == STARTER
