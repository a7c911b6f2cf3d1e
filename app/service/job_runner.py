"""Runs jobs as child processes, and passes on their progress and reply."""

import asyncio
import base64
import contextlib
import itertools
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar

from app.core.errors import (
    EXIT_BUG,
    AppError,
    ChildExitError,
    StoppedError,
    UsageError,
)
from app.core.paths import Home, own_command
from app.ipc.child import Process, Spawn, spawn
from app.ipc.control import ImportReply, Progress
from app.ipc.jobs import (
    FROM_CHILD,
    STEERABLE,
    MemoryTaken,
    Pause,
    PictureJob,
    Resume,
    SpeechJob,
    UtteranceJob,
    UtteranceJobReply,
)
from app.ipc.peer import Peer, PeerGoneError
from app.ipc.wire import Params, Request

log = logging.getLogger(__name__)

R = TypeVar("R")

TAIL_CHARS = 2000

OnProgress = Callable[[Progress], None]

PICTURE_SECONDS = 6.0
"""The time for one picture, with the start of its process."""

SPEECH_SECONDS = 45.0
"""The time for one voice message; a slow computer needs as long as it lasts."""

UTTERANCE_SECONDS = 30.0
"""The time for saying a reply aloud, after which it stays a text."""

FIRST_NUMBER = 1_000_000_000
"""The number of the first job; trainings have their guild's row, far below."""


class Steerable(Protocol):
    """Work that its owner can pause, resume and stop."""

    async def steer(self, action: str) -> bool: ...


class _RunningJob:
    """A running child, with its last progress and a way to pause it."""

    def __init__(self, number: int, process: Process, tell: OnProgress) -> None:
        assert process.stdin and process.stdout
        self.is_stopped = False
        self.peer = Peer(
            process.stdout, process.stdin, FROM_CHILD, on_notification=self.hear
        )
        self._number = number
        self._process = process
        self._tell = tell
        self._is_paused = False
        self._latest: dict[tuple[str, str], Progress] = {}
        """The last of each part of the job, by its work and label; the newest last."""
        self.memory: int | None = None
        """The bytes that the child held at most, once it is done."""

    def hear(self, told: Params) -> None:
        """Pass on its progress, with the number that steers the job."""
        if isinstance(told, MemoryTaken):
            self.memory = told.bytes
        if isinstance(told, Progress):
            latest = replace(told, job=self._number, paused=self._is_paused)
            self._latest.pop((told.work, told.label), None)
            self._latest[told.work, told.label] = latest
            self._tell(latest)

    async def steer(self, action: str) -> bool:
        """Pause, resume or stop it; False for any other action, or if it has ended."""
        try:
            if action == "stop":
                self._process.kill()
                self.is_stopped = True
            elif action == "pause":
                await self.peer.notify(Pause())
            elif action == "resume":
                await self.peer.notify(Resume())
            else:
                return False
        except (PeerGoneError, ProcessLookupError):
            return False
        self._is_paused = action == "pause"
        if self._latest:
            self.hear([*self._latest.values()][-1])
        return True

    def end(self, error: str) -> None:
        """Report the end of each part, with the reason for a failure of the last."""
        parts = [*self._latest.values()]
        for latest in parts:
            is_over = latest is not parts[-1] and latest.done >= latest.total
            is_stopped = self.is_stopped and not is_over
            reason = "" if is_over or is_stopped else error
            done = latest.done if reason or is_stopped else latest.total
            over = replace(latest, done=done, paused=False, job=0, finished=True)
            self._tell(replace(over, error=reason, stopped=is_stopped))


class JobRunner:
    """Runs one job at a time; later ones wait."""

    def __init__(self, home: Home, *, spawn: Spawn = spawn) -> None:
        self._home = home
        self._spawn = spawn
        self._turn = asyncio.Lock()
        self._numbers = itertools.count(FIRST_NUMBER)
        self._running: dict[int, Steerable] = {}
        self.memory: int | None = None
        """The bytes that the last job held at most; None before the first is done."""

    @property
    def is_busy(self) -> bool:
        """True while a job runs."""
        return self._turn.locked()

    @contextlib.contextmanager
    def steerable(self, work: Steerable) -> Iterator[int]:
        """Let work of this process be steered by the number that this yields."""
        number = next(self._numbers)
        self._running[number] = work
        try:
            yield number
        finally:
            del self._running[number]

    async def steer(self, number: int, action: str) -> bool:
        """Pause, resume or stop a job; False if the number is unknown.

        Stopped work keeps its results so far.
        """
        running = self._running.get(number) if number else None
        return running is not None and await running.steer(action)

    async def run(self, request: Request[R], on_progress: OnProgress) -> R:
        """Do a job in a child and return its reply; cancelling ends the child.

        Raises:
            AppError: If the job reports an error for the owner, or was stopped.
            ChildExitError: If the child ended without a reply.
        """
        command = [*own_command(), "job", "--home", str(self._home.root)]
        async with self._turn:
            process = await self._spawn(command)
            number = next(self._numbers) if isinstance(request, STEERABLE) else 0
            running = _RunningJob(number, process, on_progress)
            self._running[number] = running
            error = "it was cancelled"
            try:
                reply = await _reply(process, running, request)
                self.memory = running.memory
                error = _unread(reply)
            except AppError as failure:
                error = str(failure)
                raise
            finally:
                del self._running[number]
                running.end(error)
        return reply


class Senses:
    """Sees, hears and speaks for models, a picture and a voice message at a time."""

    def __init__(self, home: Home) -> None:
        self._eyes, self._ears, self._mouth = (JobRunner(home) for _ in range(3))

    @property
    def memory(self) -> dict[str, int]:
        """The bytes that each took at most, by setting, of those that were used."""
        runners = {
            "context.pictures": self._eyes,
            "context.spoken": self._ears,
            "speak.aloud": self._mouth,
        }
        return {name: one.memory for name, one in runners.items() if one.memory}

    async def plain(self, data: bytes) -> bytes:
        """Return a picture as a small JPEG.

        Raises:
            AppError: If it is none that can be read, or takes too long.
        """
        job = PictureJob(base64.b64encode(data).decode())
        try:
            async with asyncio.timeout(PICTURE_SECONDS):
                made = await self._eyes.run(job, lambda progress: None)
        except TimeoutError as error:
            raise UsageError("The picture takes too long to read.") from error
        return base64.b64decode(made.data)

    async def heard(self, data: bytes, model: Path) -> str:
        """Return the words of a voice message.

        Raises:
            AppError: If it cannot be read, or takes too long.
        """
        threads = max(1, (os.cpu_count() or 1) - 1)
        job = SpeechJob(base64.b64encode(data).decode(), str(model), threads)
        try:
            async with asyncio.timeout(SPEECH_SECONDS):
                return (await self._ears.run(job, lambda progress: None)).text
        except TimeoutError as error:
            raise UsageError("The voice message takes too long to hear.") from error

    async def uttered(self, text: str, model: Path, timbre: str) -> UtteranceJobReply:
        """Return words as a voice message.

        Raises:
            AppError: If the model cannot say them, or takes too long.
        """
        threads = max(1, (os.cpu_count() or 1) - 1)
        job = UtteranceJob(text, str(model), timbre, threads)
        try:
            async with asyncio.timeout(UTTERANCE_SECONDS):
                return await self._mouth.run(job, lambda progress: None)
        except TimeoutError as error:
            raise UsageError("The reply takes too long to say.") from error


def _unread(reply: object) -> str:
    """Return why an import read nothing at all; empty if it read something."""
    if not isinstance(reply, ImportReply) or reply.read or not reply.errors:
        return ""
    first = reply.errors[0]
    return f"{first.file}: {first.text}"


async def _reply(process: Process, running: _RunningJob, request: Request[R]) -> R:
    assert process.stderr
    errors = asyncio.create_task(process.stderr.read())
    serving = asyncio.create_task(running.peer.run())
    try:
        reply = await running.peer.call(request)
        running.peer.close()
        await process.wait()
        return reply
    except PeerGoneError as gone:
        await process.wait()
        raise _why_gone(process, running, await errors) from gone
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await asyncio.gather(errors, serving)


def _why_gone(process: Process, running: _RunningJob, errors: bytes) -> AppError:
    """The end of a child that did not reply, in words."""
    if running.is_stopped:
        return StoppedError("Its work is kept; start it again to continue.")
    ended = f"The job ended with code {process.returncode}"
    said = errors.decode("utf-8", "replace")[-TAIL_CHARS:].strip()
    said = said or "it gave no reason"
    log.error("%s: %s", ended, said)
    if process.returncode == EXIT_BUG:
        said = said.splitlines()[
            -1
        ]  # The last line of a traceback tells what happened.
    return ChildExitError(f"{ended}: {said}.")
