"""A panel is enlarged or hidden by a key, and stays so from start to start."""

import json
from pathlib import Path

import pytest
from textual.pilot import Pilot

from app.core.paths import Home
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.layout import panel_of
from app.tui.screens import SCREENS
from tests.tui.fake_bot import STATUS, FakeBot, busy_bot, filled
from tests.tui.sample_home import make_home
from tests.tui.terminal import begun, settle


def shown(pilot: Pilot[int], *names: str) -> list[bool]:
    """Tell of each panel if any of it is on the terminal."""
    found = [pilot.app.screen.query_one(f"#{name}") for name in names]
    return [panel.is_on_screen for panel in found]


@pytest.fixture
def sample_home(tmp_path: Path) -> Home:
    """A home of this test alone."""
    return make_home(tmp_path / "sample")


PANELS = ("places", "lines", "inspector")


async def started(pilot: Pilot[int], bot: FakeBot, screen: str) -> None:
    await begun(pilot, bot)
    assert isinstance(pilot.app, MynahApp)
    pilot.app.action_go(screen)
    await settle(pilot)


def app_of(home: Home, bot: FakeBot, *, is_watching: bool = False) -> MynahApp:
    return MynahApp(home, bot, is_watching=is_watching)


async def test_an_enlarged_panel_has_all_of_the_room_also_at_the_next_start(
    sample_home: Home,
):
    bot = busy_bot()
    async with app_of(sample_home, bot).run_test(size=(200, 60)) as pilot:
        await started(pilot, bot, "conversations")
        assert shown(pilot, *PANELS) == [True, True, True]
        await pilot.press("right", "z")
        await settle(pilot)
        assert shown(pilot, *PANELS) == [False, True, False]
        lines = pilot.app.screen.query_one("#lines")
        assert lines.size.width > 190
    bot = busy_bot()
    async with app_of(sample_home, bot).run_test(size=(200, 60)) as pilot:
        await started(pilot, bot, "conversations")
        assert shown(pilot, *PANELS) == [False, True, False]
        # The keys are where the owner looks.
        assert pilot.app.focused is pilot.app.screen.query_one("#lines")
        await pilot.press("z")
        await settle(pilot)
        assert shown(pilot, *PANELS) == [True, True, True]


async def test_a_hidden_panel_leaves_its_room_to_the_others(sample_home: Home):
    bot = busy_bot()
    async with app_of(sample_home, bot).run_test(size=(200, 60)) as pilot:
        await started(pilot, bot, "conversations")
        before = pilot.app.screen.query_one("#lines").size.width
        await pilot.press("Z")
        await settle(pilot)
        assert shown(pilot, *PANELS) == [False, True, True]
        assert pilot.app.screen.query_one("#lines").size.width > before
        assert pilot.app.focused is pilot.app.screen.query_one("#lines")
        await pilot.press("Z")
        await settle(pilot)
        assert shown(pilot, *PANELS) == [True, True, True]


async def test_a_key_that_goes_to_a_hidden_panel_shows_it(sample_home: Home):
    bot = busy_bot()
    async with app_of(sample_home, bot).run_test(size=(200, 60)) as pilot:
        await started(pilot, bot, "conversations")
        await pilot.press("right", "z", "h")
        await settle(pilot)
        assert shown(pilot, *PANELS) == [True, True, True]
        assert pilot.app.focused is pilot.app.screen.query_one("#places")


@pytest.mark.parametrize(
    "broken",
    ["", "[", "3", '{"models": 3}', '{"models": {"a b{": "away"}}', '{"x": {"y": 1}}'],
)
async def test_a_broken_file_of_wishes_is_as_none(sample_home: Home, broken: str):
    sample_home.layout_file.write_text(broken)
    bot = busy_bot()
    async with app_of(sample_home, bot).run_test(size=(120, 35)) as pilot:
        await started(pilot, bot, "models")
        assert shown(pilot, "catalogue", "tunable") == [True, True]


async def test_screens_that_watch_lay_out_and_keep_nothing(sample_home: Home):
    bot = busy_bot()
    app = app_of(sample_home, bot, is_watching=True)
    async with app.run_test(size=(200, 60)) as pilot:
        await started(pilot, bot, "conversations")
        await pilot.press("right", "z")
        await settle(pilot)
        assert shown(pilot, *PANELS) == [False, True, False]
    assert not sample_home.layout_file.exists()


@pytest.mark.parametrize("screen", [entry.name for entry in SCREENS])
async def test_a_panel_is_hidden_on_every_screen_and_has_the_keys_again(
    sample_home: Home, screen: str
):
    bot = busy_bot()
    async with app_of(sample_home, bot).run_test(size=(120, 35)) as pilot:
        await started(pilot, bot, screen)
        body = pilot.app.screen.query_one("#body")
        panel = panel_of(pilot.app.focused, body)
        if panel is None:
            return
        await pilot.press("Z")
        bot.say(control.StateChanged(filled(control.StatusReply, STATUS)))
        await settle(pilot)
        assert not panel.display
        await pilot.press("Z")
        await settle(pilot)
        assert panel.display
        assert panel_of(pilot.app.focused, body) is not None


@pytest.mark.parametrize("screen", [entry.name for entry in SCREENS])
async def test_no_screen_hides_what_has_the_keys(sample_home: Home, screen: str):
    bot = busy_bot()
    async with app_of(sample_home, bot).run_test(size=(120, 35)) as pilot:
        await started(pilot, bot, screen)
        for key in ("z", "Z", "tab", "Z", "z", "Z"):
            await pilot.press(key)
            await settle(pilot)
            focused = pilot.app.focused
            assert focused is None or focused.is_on_screen or focused.size.area == 0
        kept = json.loads(sample_home.layout_file.read_text("utf-8") or "{}")
        assert set(kept) <= {screen}
