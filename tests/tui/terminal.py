"""What tests of the screens look at."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from app.core.paths import Home

Open = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
"""The `open_app` fixture: opens the application on a screen."""


async def settle(pilot: Pilot[int]) -> None:
    """Wait until everything that was asked for is shown."""
    for _ in range(3):
        await pilot.pause()
        with suppress(WorkerCancelled):  # A newer job of its group took its place.
            await pilot.app.workers.wait_for_complete()
    before = ""
    for _ in range(40):
        await pilot.pause(0.05)
        now = text_of(pilot)
        if now == before:
            return
        before = now


def text_of(pilot: Pilot[int]) -> str:
    """All that stands on the terminal, a line each."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def home_at(path: Path) -> Home:
    """An empty home."""
    return Home(path).create()


TOLD: list[str] = []
"""What the open application told beside its screens, also if it has faded since."""


def told(pilot: Pilot[int]) -> str:
    """What the owner was told beside the screen."""
    return "\n".join(TOLD)
