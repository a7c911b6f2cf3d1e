"""News and late results take no key, hide no footer, and are found again."""

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from app.ipc import control
from app.tui.app import MynahApp
from app.tui.screens.wizard.wizard_screen import WizardScreen
from app.tui.widgets.dialogs import AskText, Detail
from app.tui.widgets.keys import Keys
from tests.tui.fake_bot import MODELS, FakeBot, busy_bot
from tests.tui.terminal import Open, answer, home_at, settle, text_of, told


async def test_who_presses_a_key_meanwhile_gets_no_dialog_and_finds_the_result_later(
    open_app: Open,
):
    go_on = asyncio.Event()
    check = control.Check("disk", True, "enough room", "")

    async def late(_: object) -> control.DoctorReply:
        await go_on.wait()
        return control.DoctorReply([check])

    async with open_app("settings", busy_bot(doctor=late)) as pilot:
        await pilot.press("c", "down")
        go_on.set()
        await settle(pilot)
        assert not isinstance(pilot.app.screen, Detail)
        assert "enough room" in told(pilot)
        await pilot.press("ctrl+p")
        await settle(pilot)
        await pilot.press(*"last result")
        await pilot.pause(0.3)
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Detail)
        assert "enough room" in text_of(pilot)


async def test_who_waits_for_an_answer_sees_it_in_full(open_app: Open):
    async with open_app("settings", busy_bot()) as pilot:
        await pilot.press("c")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Detail)


async def test_a_finished_import_opens_nothing_and_says_where_the_details_are(
    open_app: Open, tmp_path: Path
):
    counts = {"guild": "The Players", "read": 1200, "added": 1000}
    counts["errors"] = [{"file": "a.json", "text": "line 3: not JSON"}]
    async with open_app("learn", busy_bot(**{"import": counts})) as pilot:
        await pilot.press("i")
        await answer(pilot, str(tmp_path))
        await pilot.press("home", "enter")
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1
        assert "Learned 1,000 messages of The Players, with 1 fault" in told(pilot)
        await pilot.press("v")
        await settle(pilot)
        assert "✕ a.json: line 3: not JSON" in text_of(pilot)


async def test_a_notice_covers_neither_the_keys_nor_the_status(open_app: Open):
    """With a reply chosen, the keys of Conversations take three lines here."""
    options = {"size": (44, 24), "notifications": True}
    async with open_app("conversations", **options) as pilot:
        await pilot.press("right")
        await settle(pilot)
        keys = pilot.app.screen.query_one(Keys)
        last = keys.size.height + 1
        assert last > 3
        before = text_of(pilot).splitlines()[-last:]
        assert isinstance(pilot.app, MynahApp)
        pilot.app.tell("Done and shown.")
        while "Done and shown." not in text_of(pilot):
            await pilot.pause(0.02)
        page = text_of(pilot).splitlines()
        assert page[-last:] == before


async def test_a_step_that_appears_above_the_cursor_does_not_take_its_place(
    open_app: Open, tmp_path: Path
):
    bot = FakeBot(guilds={"guilds": []})
    async with open_app(bot=bot, home=home_at(tmp_path / "home")) as pilot:
        assert isinstance(pilot.app.screen, WizardScreen)
        await pilot.press("down", "down")
        options = pilot.app.screen.query_one(OptionList)
        assert options.highlighted_option
        chosen = options.highlighted_option.id
        before = options.option_count
        bot.replies["models"] = MODELS
        ready = control.ModelStatus("starter", "ready")
        bot.say(control.StateChanged(control.StatusReply(model=ready)))
        for _ in range(30):
            await pilot.pause(0.2)
            if options.option_count != before:
                break
        assert options.option_count == before + 1
        assert options.highlighted_option.id == chosen == "token"
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, AskText)


async def finds_work(pilot: Pilot[int], line: int) -> bool:
    return "forgetting 45 %" in text_of(pilot).splitlines()[line]


@pytest.mark.parametrize("size", [(80, 24), (120, 35)])
async def test_running_work_stands_in_the_status_at_every_width(
    open_app: Open, size: tuple[int, int]
):
    bot = busy_bot()
    async with open_app("guild", bot, size=size) as pilot:
        bot.say(control.Progress("forget", "Rust", 45, 100, "messages", 9.0))
        await pilot.pause(0.1)
        await settle(pilot)
        above = pilot.app.screen.query_one(Keys).size.height
        assert await finds_work(pilot, -1 - above)
