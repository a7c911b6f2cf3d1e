"""Graphs on Home: what they show, their figures, and the file of a picture."""

from functools import partial
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.screens.home.graphs import of_hour
from app.tui.widgets.charts import Peaks, columns, peaks
from tests.tui.fake_bot import FakeBot, busy_bot
from tests.tui.sample_home import NOW
from tests.tui.terminal import Open, settle, text_of, told


def moment(
    at: float, speed: float, queue: int, megabytes: int
) -> control.LastHourMoment:
    """A moment with one process."""
    uses = [control.ProcessUse("bot", megabytes * 1_000_000, 12.5)]
    return control.LastHourMoment(at, speed, queue, uses)


def bot_with_an_hour() -> FakeBot:
    """A bot that noted three moments."""
    moments = [
        moment(NOW - 20, 10.0, 0, 100),
        moment(NOW - 10, 40.0, 4, 300),
        moment(NOW, 25.0, 2, 200),
    ]
    return busy_bot(last_hour=control.LastHourReply(moments))


async def test_each_graph_says_now_most_and_mean(open_app: Open):
    async with open_app(bot=bot_with_an_hour(), size=(120, 40)) as pilot:
        await pilot.press("g")
        await settle(pilot)
        page = text_of(pilot)
        for words in (
            "Speed of the last reply",
            "now 25, at most 40, on average 25 tokens/s",
            "Waiting replies",
            "now 2, at most 4, on average 2",
            "Memory of the bot",
            "now 200, at most 300, on average 200 MB",
            "now 12, at most 12, on average 12 %",
            "Replies sent, by hour",
        ):
            assert words in page, words
        drawn = [list(line.values) for line in pilot.app.screen.query(Peaks)]
        assert [10.0, 40.0, 25.0] in drawn and [0.0, 4.0, 2.0] in drawn
        await pilot.press("escape")
        await settle(pilot)
        assert "What Mynah did on its own" in text_of(pilot)


async def test_a_key_shows_the_figures_by_time_and_the_graphs_again(open_app: Open):
    async with open_app(bot=bot_with_an_hour(), size=(120, 40)) as pilot:
        await pilot.press("g")
        await settle(pilot)
        await pilot.press("f")
        await settle(pilot)
        page = text_of(pilot)
        assert "40 tokens/s" in page and "21:13" in page
        assert "at most" not in page
        await pilot.press("f")
        await settle(pilot)
        assert "at most" in text_of(pilot)


async def test_a_key_saves_the_picture_and_asks_before_it_replaces_one(
    open_app: Open, tmp_path: Path
):
    target = tmp_path / "graphs.svg"
    async with open_app(bot=bot_with_an_hour(), size=(120, 40)) as pilot:
        await pilot.press("g")
        await settle(pilot)
        for _ in range(2):
            await pilot.press("w")
            await settle(pilot)
            await pilot.press("ctrl+u", *str(target), "enter")
            await settle(pilot)
            picture = target.read_text(encoding="utf-8")
            assert picture.startswith("<svg") and "tokens/s" in picture
        assert "Replace" in text_of(pilot)
        await pilot.press("n")


async def test_without_a_bot_the_replies_of_the_day_are_still_there(open_app: Open):
    bot = busy_bot(last_hour=UsageError("The bot is away.", "Start it on Home."))
    async with open_app(bot=bot, size=(120, 40)) as pilot:
        await pilot.press("g")
        await settle(pilot)
        assert "Replies sent, by hour" in text_of(pilot)
        assert "The bot is away." in told(pilot)


@pytest.mark.parametrize("name", ["\x1b[31mbot", "a\nb"])
def test_the_name_of_a_process_cannot_command_the_terminal(name: str):
    use = control.ProcessUse(name, 1, 1.0)
    for series in of_hour([control.LastHourMoment(1.0, 0.0, 0, [use])]):
        assert series.title.isprintable()


def test_a_process_that_came_later_was_not_there_before():
    early = control.LastHourMoment(1.0, 0.0, 0, [])
    late = control.LastHourMoment(
        2.0, 0.0, 0, [control.ProcessUse("model", 3_000_000, 50)]
    )
    found = {one.title: list(one.values) for one in of_hour([early, late])}
    assert found["Memory of the model"] == [0.0, 3.0]
    assert found["Processor of the model"] == [0.0, 50]


def test_graphs_stand_on_zero_and_show_each_peak():
    # A value of half the highest is half as high, whatever the lowest is.
    assert columns(peaks([4.0, 8.0], 2), 1) == ["▄█"]
    assert peaks([1.0, 9.0, 2.0, 3.0], 2) == [9.0, 3.0]


async def test_home_and_the_badge_count_drafts_in_one_place(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
):
    async with open_app("home", size=(120, 40)) as pilot:
        assert "1 draft to read on Conversations" in text_of(pilot)
        app = pilot.app
        assert isinstance(app, MynahApp)
        monkeypatch.setattr(app.shelf, "drafts", partial(_drafts, 3))
        app.count_drafts()
        await settle(pilot)
        assert "3 drafts to read on Conversations" in text_of(pilot)
        assert "Conversations 3" in text_of(pilot)


async def _drafts(count: int) -> list[object]:
    return [object()] * count
