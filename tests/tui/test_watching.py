"""Screens that only watch: no key that changes things, and no file in the home."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from app.core.paths import Home
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.key_map import only_reads
from app.tui.palette import entries
from app.tui.panes import PANES
from app.tui.screens import SCREENS, ScreenEntry
from app.tui.screens.guild.guild_screen import GuildScreen
from app.tui.screens.help.help_screen import key_tables
from app.tui.widgets.dialogs import AskText, Confirm, Detail, Pick
from app.tui.widgets.feed import Feed
from app.tui.widgets.keys import Keys
from tests.tui.fake_bot import busy_bot
from tests.tui.sample_home import NOW
from tests.tui.terminal import TOLD, begun, settle, text_of


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_no_key_of_a_watching_screen_asks_for_a_change(
    entry: ScreenEntry, filled_home: Home
):
    bot = busy_bot()
    app = MynahApp(filled_home, bot, clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await begun(pilot, bot)
        app.action_go(entry.name)
        await settle(pilot)
        assert "watching only" in text_of(pilot)
        screen = app.screen
        for section in PANES if isinstance(screen, GuildScreen) else ():
            assert isinstance(screen, GuildScreen)
            screen.show_section(section)
            await settle(pilot)
        (keys,) = app.screen.query(Keys)
        for one in [*keys.shown(1000), *keys.shown(1000)]:
            await pilot.press(one.key)
            await pilot.pause()
            assert not isinstance(app.screen, Confirm | AskText), one
            while len(app.screen_stack) > 1:
                app.pop_screen()
        assert not [one for one in bot.asked if not one.only_reads]


async def test_lists_fields_and_dialogs_have_their_keys_while_screens_only_watch(
    filled_home: Home,
):
    bot = busy_bot()
    app = MynahApp(filled_home, bot, clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await begun(pilot, bot)
        TOLD.clear()
        app.action_go("settings")
        await settle(pilot)
        await pilot.press("down", "down", "pagedown", "up")
        await settle(pilot)
        assert app.screen.query_one("#list", Feed).cursor > 2
        await pilot.press("slash", *"dixal", "left", "left", "backspace")
        await settle(pilot)
        assert "reply.dial" in text_of(pilot)
        app.action_go("help")
        await settle(pilot)
        page = app.screen.query_one("#page")
        await pilot.press("down", "enter", "down", "down")
        await settle(pilot)
        assert page.has_focus and page.scroll_y > 0
        app.action_go("logs")
        bot.say(control.Log("info", "serve", "Mynah is up", NOW))
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, Detail)
        await pilot.press("escape")
        await settle(pilot)
        assert len(app.screen_stack) == 1
        assert not TOLD


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_no_part_of_a_watching_screen_offers_or_asks_for_a_change(
    entry: ScreenEntry, filled_home: Home
):
    bot = busy_bot()
    app = MynahApp(filled_home, bot, clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await begun(pilot, bot)
        app.action_go(entry.name)
        await settle(pilot)
        screen = app.screen
        for section in PANES if isinstance(screen, GuildScreen) else ("",):
            owners: list[DOMNode] = [screen]
            if isinstance(screen, GuildScreen):
                screen.show_section(section)
                await settle(pilot)
                owners.append(screen.pane)
            for part in [one for one in screen.focus_chain if one.id != "section"]:
                for key in ("enter", "space", "right", "left"):
                    part.focus()
                    await settle(pilot)
                    for named in refused_keys(owners):
                        assert not re.search(named, text_of(pilot)), (section, named)
                    await pilot.press(key)
                    await settle(pilot)
                    assert not isinstance(app.screen, Confirm | AskText | Pick), part
                    while len(app.screen_stack) > 1:
                        app.pop_screen()
                    if app.current_mode != entry.name:
                        app.action_go(entry.name)
                        await settle(pilot)
        assert not [one for one in bot.asked if not one.only_reads]


def refused_keys(owners: list[DOMNode]) -> Iterator[str]:
    """A pattern of the words that would name a key, for each that is refused."""
    yield "enter changes"
    for owner in owners:
        for one in owner.BINDINGS:
            assert isinstance(one, Binding)
            if not only_reads(one.action) and len(one.key) == 1:
                yield rf"[Pp]ress {one.key}\b|\({one.key}\)|: {one.key} \w+s "


async def test_the_palette_and_help_offer_nothing_that_is_refused(filled_home: Home):
    bot = busy_bot()
    app = MynahApp(filled_home, bot, clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await begun(pilot, bot)
        titles = {entry.title async for entry in entries(app)}
        assert {"Go to Models", "Next section"} <= titles
        assert not titles & {"First steps", "Import", "Forget all", "Start/stop"}
    keys = {says for table in key_tables(is_watching=True) for _, says in table.keys}
    assert "Go to the newest line, and follow new ones" in keys
    assert "Save the voice as it is now" not in keys


async def test_the_keys_of_the_program_go_to_every_screen_and_quit(filled_home: Home):
    bot = busy_bot()
    app = MynahApp(filled_home, bot, clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await begun(pilot, bot)
        for number, entry in enumerate(SCREENS, 1):
            for key in (entry.key, f"f{number}"):
                app.action_go(SCREENS[number % len(SCREENS)].name)
                await settle(pilot)
                await pilot.press("escape", key)
                await settle(pilot)
                assert app.current_mode == entry.name, key
        await pilot.press("ctrl+q")
        await pilot.pause()
        assert not app.is_running


async def test_a_key_that_changes_things_says_that_these_screens_only_watch(
    filled_home: Home,
):
    bot = busy_bot()
    app = MynahApp(filled_home, bot, clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await begun(pilot, bot)
        TOLD.clear()
        await pilot.press("o")
        await settle(pilot)
        assert "These screens only watch." in TOLD[-1]
        assert not [one for one in bot.asked if not one.only_reads]


async def test_watching_leaves_no_file_in_the_home(tmp_path: Path):
    home, bot = Home(tmp_path / "home"), busy_bot()
    app = MynahApp(home, bot, is_watching=True)
    async with app.run_test(size=(140, 40)) as pilot:
        await begun(pilot, bot)
        await pilot.press("ctrl+t")
        await settle(pilot)
    assert not home.root.exists()
