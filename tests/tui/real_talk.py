"""Writes the README's picture of a real x-rayed talk: `python -m tests.tui.real_talk`.

The real screens, the real bot in its own process, the starter model and the sample
server, in a home that is deleted afterwards.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"

from textual.pilot import Pilot

from app.core.paths import SAMPLE_GUILD, Home, sample_file
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.event_buffer import is_done
from app.tui.widgets.bubbles import ReplyLine
from tests.tui.gallery import TARGET, without_web_fonts

SIZE = (110, 54)
WAIT_SECONDS = 600.0

LINES = (
    "Good morrow, friends! What news?",
    "Is it love, or only the moon?",
    "Who will come with me to the forest tonight?",
)
LAST = "Good night, good night!"
"""Answered by the voice alone, which shows the messages it drew on."""

TO_MARKOV = ("ctrl+o", "ctrl+o")


async def talk(home: Home) -> str:
    """The picture of the Playground after these lines and their replies, as SVG."""
    app = MynahApp(home)
    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, lambda: app.link_state.is_up, "the bot to start")
        await _prepare(app)
        await _until(pilot, lambda: all(map(is_done, app.progress.values())), "work")
        while len(app.screen_stack) > 1:
            await pilot.press("escape")
        app.action_go("playground")
        await pilot.pause(1.0)
        await pilot.press("f12")  # The tour would take a line of the picture.
        for number, line in enumerate((*LINES, LAST), 1):
            await pilot.press(*(TO_MARKOV if line == LAST else ()), *line, "enter")
            await _until(pilot, partial(_has_answered, app, number), "a reply")
        # Both toggles: the messages behind the last reply, and who chose each word.
        await pilot.press("ctrl+e", "ctrl+b")
        await pilot.pause(2.0)
        return without_web_fonts(app.export_screenshot(title="mynah"))


async def _prepare(app: MynahApp) -> None:
    """Fetch the model, learn the sample server, and load both."""
    await app.link.call(control.ModelPull("starter"))
    await app.link.call(control.ModelUse("starter"))
    await app.link.call(control.Import(SAMPLE_GUILD, [str(sample_file())]))
    await app.refresh_all()
    # A hybrid reply asks for the voice in tokens, which is built behind it.
    while not any(app.home.root.glob("guilds/*/tokens/*/through")):
        await app.link.call(control.Say(SAMPLE_GUILD, "hello", mode="hybrid"))
        await asyncio.sleep(1)


def _has_answered(app: MynahApp, replies: int) -> bool:
    """Whether that many replies on the screen are complete."""
    return sum(bool(line.reply) for line in app.screen.query(ReplyLine)) == replies


async def _until(pilot: Pilot[int], is_true: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + WAIT_SECONDS
    while not is_true():
        if time.monotonic() > ends:
            raise SystemExit(f"Waited in vain for {what}.")
        await pilot.pause(0.1)


def main() -> None:
    """Write assets/screens/talk.svg, or the file that is named."""
    target = Path(sys.argv[1]) if sys.argv[1:] else TARGET / "talk.svg"
    with tempfile.TemporaryDirectory() as directory:
        svg = asyncio.run(talk(Home(Path(directory) / "home").create()))
    target.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
