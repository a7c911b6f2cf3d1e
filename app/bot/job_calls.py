"""Starts jobs as children, passes on their progress, and hands back their reply."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from app.errors import AppError, ChildExitError, ConfigError, UsageError
from app.ipc.child import Spawn, spawn
from app.ipc.control import Progress
from app.ipc.wire import Catalogue, Failure, Notification, Reply
from app.paths import Home, own_command

TAIL_CHARS = 2000

_CATALOGUE = Catalogue((), (Progress,))
_ERRORS = {UsageError.exit_code: UsageError, ConfigError.exit_code: ConfigError}


class Jobs:
    """Runs one job at a time; those asked for meanwhile wait."""

    def __init__(self, home: Home, *, spawn: Spawn = spawn) -> None:
        self._home = home
        self._spawn = spawn
        self._turn = asyncio.Lock()

    async def run(
        self,
        arguments: Sequence[str],
        on_progress: Callable[[Progress], None],
        role: str = "job",
    ) -> dict[str, Any]:
        """Do a job in a child and return its reply; cancelling ends the child.

        Raises:
            AppError: What the job says that the owner can mend.
            ChildExitError: If the child ended without a reply.
        """
        command = [*own_command(), role, "--home", str(self._home.root), *arguments]
        async with self._turn:
            process = await self._spawn(command)
            assert process.stdin and process.stdout and process.stderr
            errors = asyncio.create_task(process.stderr.read())
            try:
                result = await _listen(process.stdout, on_progress)
                process.stdin.close()
                await process.wait()
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
                tail = (await errors).decode("utf-8", "replace")[-TAIL_CHARS:]
        if result is None:
            ended = f"The job ended with code {process.returncode}"
            raise ChildExitError(f"{ended}: {tail.strip() or 'it said nothing'}.")
        return result


async def _listen(
    stdout: asyncio.StreamReader, on_progress: Callable[[Progress], None]
) -> dict[str, Any] | None:
    while line := await stdout.readline():
        match _CATALOGUE.decode(line):
            case Notification(Progress() as progress):
                on_progress(progress)
            case Reply(_, result):
                return result
            case Failure(_, code, message, hint):
                raise _ERRORS.get(code, AppError)(message, hint)
    return None
