"""Starts a runner for one answer: which graphics card is here, how fast a model is."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TypeVar

from app.core.errors import ProviderError
from app.core.paths import own_command
from app.ipc import inference
from app.ipc.child import Process, Spawn
from app.ipc.wire import Catalogue, Notification, WireError

N = TypeVar("N")

_CATALOGUE = Catalogue(inference.REQUESTS, inference.NOTIFICATIONS)


async def first(kind: type[N], words: Sequence[str], spawn: Spawn, seconds: float) -> N:
    """Return the first notification of that kind by a runner, and end the runner.

    Raises:
        ProviderError: If it crashes, fails or takes too long before that.
    """
    process = await spawn((*own_command(), "runner", *words))
    try:
        return await asyncio.wait_for(_read(kind, process), seconds)
    except TimeoutError as error:
        raise ProviderError(f"it did not answer within {seconds:.0f} s.") from error
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _read(kind: type[N], process: Process) -> N:
    assert process.stdout
    while line := await process.stdout.readline():
        with suppress(WireError):
            frame = _CATALOGUE.decode(line)
            if isinstance(frame, Notification) and isinstance(frame.params, kind):
                return frame.params
    code = await process.wait()
    signal = f"by signal {-code}" if code < 0 else f"with code {code}"
    raise ProviderError(f"its process was ended {signal}.")
