"""A child process on the wire: spawned, watched, restarted, stopped."""

import asyncio
import collections
import contextlib
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from app.core.errors import ChildExitError
from app.ipc.backoff import Backoff
from app.ipc.peer import Handler, Peer, PeerGoneError
from app.ipc.wire import MAX_FRAME_BYTES, Catalogue, OnNotification, Request

log = logging.getLogger(__name__)

R = TypeVar("R")
Process = asyncio.subprocess.Process
Spawn = Callable[[Sequence[str]], Awaitable[Process]]

NEVER_RESTART = (0, 64, 78)
"""Exit codes after which a restart would fail the same way."""

GRACE_SECONDS = 5.0
"""The time between closing a child's stdin and killing it."""

CALM = ("DEBUG ", "INFO ")
"""The beginnings of lines that tell of no trouble."""

TAIL_LINES = 20
TAIL_CHARS = 2000


@dataclass(frozen=True)
class ChildState:
    """The state of a child in its life."""

    name: Literal["starting", "running", "waiting", "failed", "stopped"]
    reason: str = ""
    """The reason why it is not running."""
    retry_seconds: float = 0.0
    """Seconds until the next start, while it waits."""


async def spawn(command: Sequence[str]) -> Process:
    """Start a process with all three standard streams as pipes."""
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=MAX_FRAME_BYTES,
    )


class Child:
    """One supervised process, with `start`, `call` and `stop`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        catalogue: Catalogue,
        *,
        handlers: Mapping[str, Handler] | None = None,
        on_notification: OnNotification | None = None,
        on_state: Callable[[ChildState], None] | None = None,
        on_stderr: Callable[[str], None] | None = None,
        spawn: Spawn = spawn,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.name = name
        self.state = ChildState("stopped", "it was not started")
        self._command = command
        self._catalogue = catalogue
        self._handlers = handlers
        self._on_notification = on_notification
        self._on_state = on_state
        self._on_stderr = on_stderr
        self._spawn = spawn
        self._clock = clock
        self._sleep = sleep
        self._process: Process | None = None
        self._peer: Peer | None = None
        self._tail: collections.deque[str] = collections.deque(maxlen=TAIL_LINES)
        self._stopping = False
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it lives."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it, and keep it running until `stop`; no effect while it runs."""
        if self._supervisor is None or self._supervisor.done():
            self._stopping = False
            self._enter(ChildState("starting"))
            self._supervisor = asyncio.create_task(self._supervise())
            self._supervisor.add_done_callback(self._look_at)

    def _look_at(self, supervisor: "asyncio.Task[None]") -> None:
        """Tell when it is watched no more, or it would seem to run for ever."""
        error = None if supervisor.cancelled() else supervisor.exception()
        if error is not None:
            log.error("the %s is watched no more", self.name, exc_info=error)
            self.state = ChildState("failed", f"{type(error).__name__}: {error}")

    async def call(self, request: Request[R]) -> R:
        """Send a request, and return the child's reply.

        Raises:
            AppError: As the child raised it.
            ChildExitError: If the child is not running, or ends before it replies.
        """
        if self._peer is None:
            reason = self.state.reason or "it is starting"
            raise ChildExitError(f"The {self.name} is not running: {reason}.")
        try:
            return await self._peer.call(request)
        except PeerGoneError as error:
            raise ChildExitError(error.message, error.hint) from error

    async def stop(self) -> None:
        """Close its stdin, wait for its end, and kill it if that takes too long."""
        self._stopping = True
        if self._supervisor is None:
            return
        if self._process is None:
            self._supervisor.cancel()
        else:
            await self._end(self._process)
        with contextlib.suppress(asyncio.CancelledError):
            await self._supervisor
        self._supervisor = None
        self._enter(ChildState("stopped", "it was stopped"))

    async def _supervise(self) -> None:
        backoff = Backoff()
        while True:
            began = self._clock()
            code = await self._live()
            if self._stopping:
                return
            reason = self._describe(code)
            wait = backoff.after(self._clock() - began)
            if code in NEVER_RESTART:
                self._enter(ChildState("stopped" if code == 0 else "failed", reason))
                return
            if wait is None:
                deaths = f"it died {backoff.deaths} times in a row; {reason}"
                self._enter(ChildState("failed", deaths))
                return
            self._enter(ChildState("waiting", reason, wait))
            await self._sleep(wait)
            self._enter(ChildState("starting"))

    async def _live(self) -> int:
        """Run it once; return its exit code, negative for a signal."""
        self._tail.clear()
        try:
            process = await self._spawn(self._command)
        except OSError as error:
            self._tail.append(f"cannot be started: {error}")
            return 69
        assert process.stdin and process.stdout and process.stderr
        stderr = asyncio.create_task(self._keep_tail(process.stderr))

        async def why_gone() -> PeerGoneError:
            await self._end(process)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stderr, 1.0)
            return PeerGoneError(f"The {self.name} ended: {self._describe(code())}.")

        def code() -> int:
            return process.returncode if process.returncode is not None else -9

        self._process = process
        self._peer = Peer(
            process.stdout,
            process.stdin,
            self._catalogue,
            self._handlers,
            self._on_notification,
            why_gone,
        )
        try:
            self._enter(ChildState("running"))
            await self._peer.run()
        finally:
            self._peer = self._process = None
            if process.returncode is None:
                process.kill()
            stderr.cancel()
        return code()

    async def _end(self, process: Process) -> None:
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GRACE_SECONDS)
        except TimeoutError:
            log.warning("the %s did not end in time, so it is killed", self.name)
            process.kill()
            await process.wait()

    async def _keep_tail(self, stderr: asyncio.StreamReader) -> None:
        while line := await _readline(stderr):
            text = line.decode("utf-8", "replace").rstrip()
            if not text.startswith(CALM):
                self._tail.append(text)
            if self._on_stderr:
                self._on_stderr(text)

    def _describe(self, code: int) -> str:
        # Faults on Windows, such as 0xc0000005, are known by that form.
        ended = f"exit code {code:#x}" if code > 0xFFFF else f"exit code {code}"
        if code < 0:
            ended = f"killed by {_signal_name(-code)}"
        tail = "\n".join(line for line in self._tail if line)[-TAIL_CHARS:]
        return f"{ended}: {tail}" if tail else ended

    def _enter(self, state: ChildState) -> None:
        self.state = state
        if self._on_state:
            self._on_state(state)


def _signal_name(number: int) -> str:
    """Return a signal's name; most signals for real time have none in Python."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


async def _readline(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        return b"(a line too long to show)\n"
