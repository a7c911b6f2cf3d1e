"""A fetch is paused, stopped and taken up wherever it is shown."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.core.errors import StoppedError
from app.ipc import control
from app.tui.widgets.feed import Feed
from tests.tui.fake_bot import MODELS, FakeBot, busy_bot
from tests.tui.terminal import Open, home_at, settle, text_of, told

PULL = control.Progress("pull", "qwen3.5-4b", 33, 100, "bytes", 2e6, job=7)


def choose(pilot: Pilot[int], key: object) -> None:
    pilot.app.screen.query(Feed).first().go_to(key)


async def say(pilot: Pilot[int], bot: FakeBot, progress: control.Progress) -> None:
    bot.say(progress)
    await pilot.pause(0.1)
    await settle(pilot)


def steered(bot: FakeBot) -> list[str]:
    return [one.action for one in bot.requests(control.JobControl) if one.job == 7]


async def opened_on_the_fetch(pilot: Pilot[int], bot: FakeBot, screen: str) -> None:
    await say(pilot, bot, PULL)
    choose(pilot, "qwen3.5-4b" if screen == "models" else ("pull", "qwen3.5-4b"))
    await settle(pilot)


STOP = {"models": ("x",), "learn": ("x", "y")}


@pytest.mark.parametrize("screen", STOP)
async def test_a_fetch_is_paused_taken_up_and_stopped_by_keys(
    open_app: Open, screen: str
):
    bot = busy_bot()
    async with open_app(screen, bot, size=(120, 24)) as pilot:
        await opened_on_the_fetch(pilot, bot, screen)
        assert "p Pause/resume" in text_of(pilot)
        await pilot.press("p")
        await settle(pilot)
        assert "paused" in text_of(pilot) and "MB/s" not in text_of(pilot)
        await pilot.press("p")
        await settle(pilot)
        assert "paused" not in text_of(pilot)
        await pilot.press(*STOP[screen])
        await settle(pilot)
        assert steered(bot) == ["pause", "resume", "stop"]
        assert not bot.requests(control.ModelRemove)
        await say(pilot, bot, replace(PULL, job=0, finished=True, stopped=True))
        assert "33%" not in text_of(pilot) or screen == "learn"
        assert "✕" not in text_of(pilot)


async def test_every_screen_tells_of_a_fetch_as_it_is_when_it_comes_to_the_front(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("home", bot) as pilot:
        await say(pilot, bot, replace(PULL, paused=True))
        assert "paused: fetching a model" in text_of(pilot)
        await pilot.press("6")
        await settle(pilot)
        await say(pilot, bot, replace(PULL, done=44))
        await pilot.press("1")
        await settle(pilot)
        assert "fetching a model 44 %" in text_of(pilot)
        assert "paused" not in text_of(pilot)


async def test_the_key_that_fetches_takes_up_a_paused_fetch(open_app: Open):
    bot = busy_bot()
    async with open_app("models", bot) as pilot:
        await opened_on_the_fetch(pilot, bot, "models")
        await pilot.press("enter")
        assert "p pauses it, x stops it" in told(pilot)
        await say(pilot, bot, replace(PULL, paused=True))
        await pilot.press("f")
        await settle(pilot)
        assert steered(bot) == ["resume"] and not bot.requests(control.ModelPull)


async def test_the_first_steps_pause_and_stop_a_fetch(open_app: Open, tmp_path: Path):
    bot = busy_bot(guilds={"guilds": []})
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:
        await say(pilot, bot, PULL)
        await pilot.pause(0.5)
        assert "p pauses and resumes the fetch" in text_of(pilot)
        await pilot.press("p")
        await settle(pilot)
        await pilot.pause(0.5)
        assert "paused" in text_of(pilot)
        await pilot.press("p", "x")
        await settle(pilot)
        assert steered(bot) == ["pause", "resume", "stop"]


async def test_a_part_that_is_here_is_named_and_goes_on(open_app: Open):
    part = replace(MODELS.models[2], fetched=0.4)
    listed = [*MODELS.models[:2], part]
    bot = busy_bot(models=replace(MODELS, models=listed))
    async with open_app("models", bot) as pilot:
        choose(pilot, part.name)
        await settle(pilot)
        assert "40% here" in text_of(pilot)
        assert "40% of it is here: f fetches the rest" in text_of(pilot)
        await pilot.press("x")
        await settle(pilot)
        assert f"Delete what is here of {part.name}?" in text_of(pilot)
        await pilot.press("n", "f")
        await settle(pilot)
        assert bot.requests(control.ModelPull)


async def test_a_line_has_one_figure_of_its_fetch_and_none_that_is_unknown(
    open_app: Open,
):
    part = replace(MODELS.models[2], fetched=0.4, bytes=0)
    bot = busy_bot(models=replace(MODELS, models=[*MODELS.models[:2], part]))
    async with open_app("models", bot, size=(120, 35)) as pilot:
        choose(pilot, part.name)
        await settle(pilot)
        assert "unknown" in text_of(pilot) and " 0 B" not in text_of(pilot)
        begun = replace(PULL, label=part.name, done=0, total=0, rate=0.0)
        await say(pilot, bot, begun)
        shown = text_of(pilot)
        assert "fetching" in shown and "40%" not in shown and "fetches the" not in shown
        assert " 0%" not in shown and " 0 B" not in shown
        await say(pilot, bot, replace(begun, done=50, total=100, paused=True))
        assert "50%" in text_of(pilot) and "40%" not in text_of(pilot)
        over = replace(begun, job=0, finished=True, stopped=True)
        await say(pilot, bot, over)
        assert "40% of it is here: f fetches the rest" in text_of(pilot)


SHOWN: dict[str, Callable[[str], bool]] = {
    "home": lambda text: "fetching" in text,
    "learn": lambda text: " left" in text.replace("done                 left", ""),
    "models": lambda text: "33%" in text,
}


@pytest.mark.parametrize("screen", SHOWN)
@pytest.mark.parametrize("end", ["failed", "stopped", "lost"])
async def test_no_screen_keeps_the_figures_of_a_fetch_that_has_ended(
    open_app: Open, screen: str, end: str
):
    bot = busy_bot()
    async with open_app(screen, bot, size=(120, 24)) as pilot:
        await say(pilot, bot, PULL)
        assert SHOWN[screen](text_of(pilot))
        over = replace(PULL, job=0, finished=True)
        if end == "failed":
            await say(pilot, bot, replace(over, error="The hub did not send it."))
        elif end == "stopped":
            await say(pilot, bot, replace(over, stopped=True))
        else:
            bot.enter("waiting", "exit code 70", 4.0)
            await settle(pilot)
        assert not SHOWN[screen](text_of(pilot))


async def test_ones_own_stop_is_told_calmly(open_app: Open):
    stopped = StoppedError("Fetch it again to continue.")
    bot = busy_bot(model_pull=stopped)
    async with open_app("models", bot) as pilot:
        choose(pilot, "qwen3.5-4b")
        await pilot.press("f")
        await settle(pilot)
        assert "It was stopped. Fetch it again to continue." in told(pilot)
        (notice, *_) = [n for n in pilot.app._notifications if "stopped" in n.message]
        assert notice.severity == "information"
