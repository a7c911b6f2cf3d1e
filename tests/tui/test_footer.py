"""The keys below a screen: none is missing, and each does something now."""

from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode
from textual.pilot import Pilot

from app.tui.app import MynahApp
from app.tui.app_actions import NAVIGATION
from app.tui.key_map import displayed
from app.tui.panes import PANES
from app.tui.screens import SCREENS, ScreenEntry
from app.tui.screens.guild.guild_screen import GuildScreen
from app.tui.screens.help.help_screen import everywhere, key_tables
from app.tui.widgets.choice import Choice
from app.tui.widgets.dial import Dial
from app.tui.widgets.feed import Feed
from app.tui.widgets.keys import Keys
from tests.tui.fake_bot import FakeBot, busy_bot
from tests.tui.terminal import TOLD, Open, drawn, home_at, settle

REFUSED = ("choose a", "choose one", "nothing to", "no source", "to no ", "not fit")
"""Words of a notice that a key did nothing; it should not have been offered."""


def shown_keys(pilot: Pilot[int]) -> list[tuple[str, str]]:
    """The keys of the footer now, each with what it says."""
    (keys,) = pilot.app.screen.query(Keys)
    return [(one.key, one.says) for one in keys.shown(1000)]


async def come_back(pilot: Pilot[int], entry: ScreenEntry, section: str) -> None:
    """Close whatever a key opened, and show the screen with its section again."""
    assert isinstance(pilot.app, MynahApp)
    while len(pilot.app.screen_stack) > 1:
        pilot.app.pop_screen()
    pilot.app.action_go(entry.name)
    await settle(pilot)
    if section and isinstance(pilot.app.screen, GuildScreen):
        pilot.app.screen.show_section(section)
        await settle(pilot)


async def idle_keys(
    pilot: Pilot[int], bot: FakeBot, entry: ScreenEntry, section: str = ""
) -> list[str]:
    """The keys of the footer that do nothing, or say that they do nothing."""
    idle = []
    for key, says in shown_keys(pilot):
        await come_back(pilot, entry, section)
        if (key, says) not in shown_keys(pilot):
            continue
        before, asked, told = drawn(pilot), len(bot.asked), len(TOLD)
        stack, focus = len(pilot.app.screen_stack), pilot.app.focused
        at = pilot.app.screen.scroll_offset
        await pilot.press(key)
        if len(pilot.app.screen_stack) > stack:
            continue  # It opened something.
        await settle(pilot)
        said = " ".join(TOLD[told:]).lower()
        is_done = (
            drawn(pilot) != before
            or said
            or len(bot.asked) > asked
            or len(pilot.app.screen_stack) > stack  # after an answer of the bot
            or pilot.app.focused is not focus
            or pilot.app.screen.scroll_offset != at
        )
        if not is_done or any(word in said for word in REFUSED):
            idle.append(f"{key} ({says}): {said}")
    return idle


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_every_key_of_the_footer_does_something_now(
    open_app: Open, entry: ScreenEntry
):
    bot = busy_bot()
    async with open_app(entry.name, bot) as pilot:
        for section in PANES if entry.name == "guild" else [""]:
            await come_back(pilot, entry, section)
            assert await idle_keys(pilot, bot, entry, section) == []


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_in_an_empty_home_no_key_is_offered_that_does_nothing(
    open_app: Open, entry: ScreenEntry, tmp_path: Path
):
    bot = FakeBot()
    async with open_app(entry.name, bot, home=home_at(tmp_path / "home")) as pilot:
        await come_back(pilot, entry, "")
        assert await idle_keys(pilot, bot, entry) == []


def test_every_key_is_in_the_footer_or_in_the_help():
    """The help of `?` has what the footer of a screen has no room for."""
    anywhere = " ".join(f"{key} {says}" for key, says in everywhere())
    common: list[type[DOMNode]] = [MynahApp, Feed, Choice, Dial]
    for common_owner in common:
        for binding in common_owner.BINDINGS:
            assert isinstance(binding, Binding)
            if binding not in NAVIGATION:
                for key in displayed(binding.key).replace("⏎", "enter").split():
                    key = key.replace("f12", "F12")
                    assert key in anywhere, (common_owner.__name__, key)
    told = {
        (table.screen, table.section): {key for key, _ in table.keys}
        for table in key_tables()
    }
    for entry in SCREENS:
        owners = {"": type(entry.load()), **(PANES if entry.name == "guild" else {})}
        for section, owner in owners.items():
            for binding in owner.BINDINGS:
                assert isinstance(binding, Binding)
                assert binding.description, (entry.name, binding.key)
                shown = binding.key_display or displayed(binding.key)
                assert shown in told[entry.name, section], (entry.name, binding.key)
