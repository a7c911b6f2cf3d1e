"""The tour of five keys."""

from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from app.core.paths import Home
from app.tui.app import MynahApp
from app.tui.screens.wizard.wizard_screen import WizardScreen
from tests.tui.fake_bot import FakeBot
from tests.tui.terminal import Open, begun, home_at, settle, text_of


async def press(pilot: Pilot[int], *keys: str) -> str:
    await pilot.press(*keys)
    await settle(pilot)
    return text_of(pilot)


async def test_the_tour_begins_once_after_the_first_steps(tmp_path: Path):
    home = home_at(tmp_path / "new")
    for is_first in (True, False):
        bot = FakeBot()
        async with MynahApp(home, bot).run_test(size=(120, 40)) as pilot:
            await begun(pilot, bot)
            if not isinstance(pilot.app.screen, WizardScreen):
                await press(pilot, "w")
            assert ("Tour 1 of 5" in await press(pilot, "escape")) is is_first


async def test_each_key_leads_to_the_next_on_whatever_screen(open_app: Open):
    async with open_app("help", size=(80, 24)) as pilot:
        assert "Press 3 for Conversations" in await press(pilot, "t")
        assert "/ finds words in the list here" in await press(pilot, "3")
        assert "Tour 2 of 5" in await press(pilot, "down")
        assert "esc leaves the field, then ? shows" in await press(pilot, "slash")
        assert "5  ? shows every key" in await press(pilot, "escape")
        assert "^p finds every action" in await press(pilot, "question_mark")
        assert "^z takes back" in await press(pilot, "ctrl+p", "escape")
        assert "Tour" not in (await press(pilot, "1", "f12")).replace("Tour of", "")


async def test_who_types_goes_on_typing(open_app: Open):
    async with open_app("playground") as pilot:
        await pilot.app.run_action("tour")
        await settle(pilot)
        field = pilot.app.screen.query_one("#say", Input)
        assert "Press F3 for Conversations" in text_of(pilot)
        assert "Tour 1 of 5" in await press(pilot, *"3/?")
        assert field.has_focus and field.value == "3/?"
        assert "Press F3 for one, then /" in await press(pilot, "f2")
        assert "F5" not in await press(pilot, "f3")
        assert "Tour 3 of 5" in await press(pilot, "slash")


async def test_a_screen_without_a_list_sends_to_one(open_app: Open):
    async with open_app("playground") as pilot:
        await pilot.app.run_action("tour")
        assert "Press F3 for one, then /" in await press(pilot, "f2")


async def test_a_click_ends_it_where_no_key_can(open_app: Open):
    async with open_app("home") as pilot:
        await pilot.app.run_action("tour")
        line = (await press(pilot)).splitlines()
        at = next(i for i, text in enumerate(line) if "F12 ends it" in text)
        await pilot.click(offset=(line[at].index("F12") + 2, at))
        assert "Tour 1" not in await press(pilot)


async def test_screens_that_watch_show_it_only_when_asked(filled_home: Home):
    bot = FakeBot()
    app = MynahApp(filled_home, bot, is_watching=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(pilot, bot)
        assert "Tour 1" not in await press(pilot, "w", "escape")
        assert "Tour 1 of 5" in await press(pilot, "0", "t")
