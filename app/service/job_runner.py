"""Runs jobs as child processes, and passes on their progress and reply."""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from app.core.errors import EXIT_BUG, AppError, ChildExitError, ConfigError, UsageError
from app.core.paths import Home, own_command
from app.ipc.child import Spawn, spawn
from app.ipc.control import Progress
from app.ipc.wire import Catalogue, Failure, Notification, ReplyFrame

log = logging.getLogger(__name__)

TAIL_CHARS = 2000

_CATALOGUE = Catalogue((), (Progress,))
_ERRORS = {UsageError.exit_code: UsageError, ConfigError.exit_code: ConfigError}


OnProgress = Callable[[Progress], None]

FIRST_NUMBER = 1_000_000_000
"""The number of the first job; trainings have their guild's row, far below."""


class _RunningJob:
    """A running child, with its last progress and a way to pause it."""

    def __init__(
        self, number: int, process: asyncio.subprocess.Process, tell: OnProgress
    ) -> None:
        self.is_stopped = False
        self._number = number
        self._process = process
        self._tell = tell
        self._is_paused = False
        self._latest: Progress | None = None

    def hear(self, progress: Progress) -> None:
        """Pass on the progress, with the number that steers the job."""
        paused = self._is_paused
        self._latest = replace(progress, job=self._number, paused=paused)
        self._tell(self._latest)

    def steer(self, action: str) -> bool:
        """Pause, resume or stop it; False for any other action."""
        assert self._process.stdin
        if action == "stop":
            self.is_stopped = True
            self._process.kill()
        elif action in ("pause", "resume"):
            self._process.stdin.write(f"{action}\n".encode())
            self._is_paused = action == "pause"
        else:
            return False
        if self._latest:
            self.hear(self._latest)
        return True

    def end(self, error: str) -> None:
        """Report the end, with the reason for a failure."""
        if self._latest:
            done = self._latest.done if error else self._latest.total
            latest = replace(self._latest, done=done, paused=False, job=0)
            self._tell(replace(latest, finished=True, error=error))


class JobRunner:
    """Runs one job at a time; later ones wait."""

    def __init__(self, home: Home, *, spawn: Spawn = spawn) -> None:
        self._home = home
        self._spawn = spawn
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(FIRST_NUMBER)
        self._running: dict[int, _RunningJob] = {}

    def steer(self, number: int, action: str) -> bool:
        """Pause, resume or stop a job; False if the number is unknown.

        Stopped work keeps its results so far.
        """
        running = self._running.get(number) if number else None
        return running is not None and running.steer(action)

    async def run(
        self, arguments: Sequence[str], on_progress: OnProgress, role: str = "job"
    ) -> dict[str, Any]:
        """Do a job in a child and return its reply; cancelling ends the child.

        Raises:
            AppError: If the job reports an error for the owner, or was stopped.
            ChildExitError: If the child ended without a reply.
        """
        command = [*own_command(), role, "--home", str(self._home.root), *arguments]
        async with self._turn:
            process = await self._spawn(command)
            # Only imports and rebuilds listen to commands.
            number = next(self._numbers) if role == "job" else 0
            running = _RunningJob(number, process, on_progress)
            self._running[number] = running
            error = "it was cancelled"
            try:
                result = await self._result(process, running)
                error = ""
            except AppError as failure:
                error = str(failure)
                raise
            finally:
                del self._running[number]
                running.end(error)
        return result

    async def _result(
        self, process: asyncio.subprocess.Process, running: _RunningJob
    ) -> dict[str, Any]:
        assert process.stdin and process.stdout and process.stderr
        errors = asyncio.create_task(process.stderr.read())
        try:
            result = await _listen(process.stdout, running.hear)
            process.stdin.close()
            await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            tail = (await errors).decode("utf-8", "replace")[-TAIL_CHARS:]
        if running.is_stopped:
            hint = "Its work is kept; start it again to continue."
            raise AppError("It was stopped.", hint)
        if result is None:
            ended = f"The job ended with code {process.returncode}"
            said = tail.strip() or "it gave no reason"
            log.error("%s: %s", ended, said)
            if process.returncode == EXIT_BUG:
                # The last line of a traceback tells what happened.
                said = said.splitlines()[-1]
            raise ChildExitError(f"{ended}: {said}.")
        return result


async def _listen(
    stdout: asyncio.StreamReader, on_progress: OnProgress
) -> dict[str, Any] | None:
    while line := await stdout.readline():
        match _CATALOGUE.decode(line):
            case Notification(Progress() as progress):
                on_progress(progress)
            case ReplyFrame(_, result):
                return result
            case Failure(_, code, message, hint):
                raise _ERRORS.get(code, AppError)(message, hint)
    return None
