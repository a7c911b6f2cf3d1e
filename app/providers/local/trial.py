"""Loads a model beside the one in use, to know that it writes."""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from app.core.paths import own_command
from app.ipc import inference
from app.ipc.child import Child, ChildState, Spawn
from app.ipc.inference import Ready, TriesGpu
from app.ipc.wire import Catalogue, Params

CATALOGUE = Catalogue(inference.REQUESTS, inference.NOTIFICATIONS)

ERROR = "ERROR "
"""The beginning of a line in which a runner says why it ends."""


class TrialFailure(NamedTuple):
    """The end of a model's process before it wrote anything."""

    reason: str
    is_of_gpu: bool
    """True if it had begun to use a graphics card."""


async def failure_of(words: Sequence[str], spawn: Spawn) -> TrialFailure | None:
    """Start a runner until it is ready, then end it; None if all went well.

    A runner is ready once its model has written tokens, whose speed it measures.
    """
    ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    tries_gpu = False
    told = ""

    def on_stderr(line: str) -> None:
        nonlocal told
        if line.startswith(ERROR):
            told = line.removeprefix(ERROR)

    def end(reason: str) -> None:
        if not ended.done():
            ended.set_result(reason)

    def on_state(state: ChildState) -> None:
        if state.name in ("waiting", "failed"):
            end(told or f"its process ended ({state.reason}).")

    def on_notification(notification: Params) -> None:
        nonlocal tries_gpu
        tries_gpu = tries_gpu or isinstance(notification, TriesGpu)
        if isinstance(notification, Ready):
            end("")

    child = Child(
        "model's process",
        (*own_command(), *words),
        CATALOGUE,
        on_notification=on_notification,
        on_state=on_state,
        on_stderr=on_stderr,
        spawn=spawn,
    )
    child.start()
    try:
        reason = await ended
    finally:
        await child.stop()
    return TrialFailure(reason, tries_gpu) if reason else None
