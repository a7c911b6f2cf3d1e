"""What tests of the screens look at."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path

from rich.segment import Segment
from textual._wait import wait_for_idle
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input
from textual.worker import WorkerCancelled

from app.core.paths import Home
from tests.tui.fake_bot import FakeBot

Open = Callable[..., AbstractAsyncContextManager[Pilot[int]]]
"""The `open_app` fixture: opens the application on a screen."""


ROUNDS = 3
"""A reply is drawn, drawing asks for more, and that is drawn."""

MOST_ROUNDS = 300


async def until_idle(*seconds: float) -> None:
    """Wait as Textual does, and then until no task has anything to do.

    Textual takes a process for idle that got no processor on a busy machine.
    """
    await wait_for_idle(*seconds)
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    while ready:  # noqa: ASYNC110 - the loop tells nobody that it is at rest
        await asyncio.sleep(0)


async def settle(pilot: Pilot[int]) -> None:
    """Wait until everything that was asked for is shown.

    It waits for work, never for time: on a busy machine nothing may change for long
    while an answer is still on its way.
    """
    before: object = None
    quiet = 0
    for _ in range(MOST_ROUNDS):
        await pilot.pause()
        is_asking = await _ask_for_the_rest(pilot)
        now = drawn(pilot)
        quiet = 0 if is_asking or now != before else quiet + 1
        if quiet == ROUNDS:
            return
        before = now


async def begun(pilot: Pilot[int], bot: FakeBot) -> None:
    """Wait until the application has drawn its first picture and turned to the bot."""
    for _ in range(MOST_ROUNDS):
        if bot.is_heard:
            break
        await pilot.pause()
    await settle(pilot)


async def answer(pilot: Pilot[int], text: str) -> None:
    """Type into the dialog in front, in place of what stands there."""
    await settle(pilot)
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settle(pilot)


async def _ask_for_the_rest(pilot: Pilot[int]) -> bool:
    """Wait for what is asked for; tell if there was anything."""
    app = pilot.app
    asked = [worker for worker in app.workers if not worker.is_finished]
    for worker in asked:
        with suppress(WorkerCancelled):  # A newer job of its group took its place.
            await worker.wait()
    # News is collected for a moment before it is shown.
    return bool(asked) or getattr(app, "_news", None) is not None


def drawn(pilot: Pilot[int]) -> list[list[Segment]]:
    """All that stands on the terminal, with its colors."""
    return [list(strip) for strip in _strips(pilot)]


def _strips(pilot: Pilot[int]) -> list[Strip]:
    return pilot.app.screen._compositor.render_strips()


def text_of(pilot: Pilot[int]) -> str:
    """All that stands on the terminal, a line each."""
    return "\n".join(strip.text.rstrip() for strip in _strips(pilot))


def home_at(path: Path) -> Home:
    """An empty home."""
    return Home(path).create()


TOLD: list[str] = []
"""What the open application told beside its screens, also if it has faded since."""


def told(pilot: Pilot[int]) -> str:
    """What the owner was told beside the screen."""
    return "\n".join(TOLD)
