"""A figure on a screen has one source: what the bot says, or that it is unknown."""

import asyncio
import random
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from app.core.paths import Home
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.screens import SCREENS
from tests.tui.fake_bot import GUILDS, FakeBot, busy_bot
from tests.tui.sample_home import NOW
from tests.tui.terminal import Open, home_at, settle, text_of, told

NONE = "No server is learned yet"
WITHOUT = ("home", "playground", "conversations", "guild")
"""The screens that have a word for a bot without servers."""


@pytest.mark.parametrize("screen", WITHOUT)
async def test_no_screen_says_that_no_server_is_learned_before_the_bot_has_said_so(
    screen: str, tmp_path: object
):
    answered = asyncio.Event()

    async def late(request: control.Guilds) -> object:
        await answered.wait()
        return {"guilds": []}

    bot = busy_bot(guilds=lambda request: late(request))
    home = home_at(tmp_path / "home")  # type: ignore[operator]
    app = MynahApp(home, bot, clock=lambda: NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await _left_alone(pilot, bot)
        app.action_go(screen)
        await _quiet(pilot)
        assert NONE not in text_of(pilot)
        assert "Asking the bot which servers it knows" in text_of(pilot)
        answered.set()
        await settle(pilot)
        await pilot.press("escape")
        app.action_go("logs")
        await settle(pilot)
        app.action_go(screen)
        await settle(pilot)
        assert NONE in text_of(pilot)


async def _left_alone(pilot: Pilot[int], bot: FakeBot) -> None:
    for _ in range(100):
        if bot.is_heard and pilot.app.link_state.is_up:  # type: ignore[attr-defined]
            break
        await pilot.pause()
    await _quiet(pilot)
    while len(pilot.app.screen_stack) > 1:
        await pilot.press("escape")


async def _quiet(pilot: Pilot[int]) -> None:
    """Like `settle`, where an answer is on its way on purpose."""
    for _ in range(5):
        await pilot.pause()


async def test_a_model_that_loads_is_not_called_ready(open_app: Open, tmp_path: Home):
    loading = {"model": {"name": "starter", "state": "loading"}}
    bot = busy_bot(guilds={"guilds": []}, status=loading)
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:  # type: ignore[operator]
        await pilot.press("down", "enter")
        await settle(pilot)
        assert bot.requests(control.ModelUse)
        assert "Mynah loads it before the next reply" in told(pilot)
        assert "is ready" not in told(pilot)


async def test_an_import_says_for_what_reason_messages_are_left_out(open_app: Open):
    reply = {
        "guild": "The Players", "read": 9, "added": 5, "duplicates": 1, "filtered": 3,
        "reasons": {"a bot": 2, "too short": 1}, "seconds": 1.0,
    }  # fmt: skip
    bot = busy_bot(**{"import": reply})
    async with open_app("learn", bot) as pilot:
        await pilot.press("i", *"/tmp/x.json", "enter")
        await settle(pilot)
        # Enter alone stands on a new server, as the file names none.
        await pilot.press("home", "enter")
        await settle(pilot)
        # A finished import takes no keys; its counts wait for theirs.
        await pilot.press("v")
        await settle(pilot)
        assert "2  left out: a bot" in text_of(pilot)
        assert "your filters" not in text_of(pilot)


PULL = control.Progress("pull", "qwen3.5-4b", 33, 100, "bytes", 2e6, job=7)
ENDS = (
    replace(PULL, job=0, finished=True, stopped=True),
    replace(PULL, job=0, finished=True, error="The hub did not send it."),
    replace(PULL, done=100, job=0, finished=True),
)


def check(pilot: Pilot[int], bot: FakeBot, pull: control.Progress | None) -> None:
    """Compare what the screen says with what the bot says."""
    app = pilot.app
    assert isinstance(app, MynahApp)
    text, status = text_of(pilot), app.status
    is_up = bot.state.is_up
    assert NONE not in text
    goes_on = is_up and pull is not None and not pull.finished
    if not goes_on:
        assert "fetching a model" not in text and "33% 2.0 MB/s" not in text
        assert "paused: fetching" not in text
    if not is_up:
        assert "tok/s" not in text.splitlines()[-2], "no speed of a bot that is gone"
        assert "● online" not in text
    elif status and status.discord.state != "online":
        assert "● online" not in text
    if is_up and status and status.model.state == "loading":
        assert "is ready" not in text


@pytest.mark.parametrize("screen", [entry.name for entry in SCREENS])
async def test_whatever_happens_the_screens_say_what_the_bot_says(
    open_app: Open, screen: str
):
    rng = random.Random(screen)
    bot = busy_bot()
    pull: control.Progress | None = None
    async with open_app(screen, bot, size=(120, 30)) as pilot:
        for _ in range(8):
            happens = rng.choice(("pull", "pause", "end", "lost", "back", "state"))
            if not bot.state.is_up:
                happens = "back"
            if happens == "pull":
                pull = PULL
                bot.say(pull)
            elif happens == "pause" and pull and not pull.finished:
                pull = replace(pull, paused=not pull.paused)
                bot.say(pull)
            elif happens == "end" and pull:
                pull = rng.choice(ENDS)
                bot.say(pull)
            elif happens == "lost":
                bot.enter("waiting", "exit code 70", 4.0)
                pull = None
            elif happens == "back":
                bot.enter("running")
            else:
                model = rng.choice(("ready", "loading", "absent", "crashed"))
                discord = rng.choice(("online", "connecting", "refused", "off"))
                known = bot.replies["status"]
                bot.replies["status"] = {
                    **known,
                    "model": {"name": "starter", "state": model},
                    "discord": {"state": discord},
                }
                assert isinstance(pilot.app, MynahApp)
                await pilot.app.refresh_all()
            await pilot.pause(0.06)
            await settle(pilot)
            check(pilot, bot, pull)
    assert GUILDS["guilds"]
