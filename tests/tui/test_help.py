"""Help: the guides and the keys."""

from pathlib import Path

import pytest
from textual.widgets import Static

from app.cli import COMMANDS as MODULES
from app.core.guides import all_guides
from app.tui.screens.guild.guild_screen import GuildScreen
from app.tui.screens.help.help_screen import PageView
from tests.tui.key_table import COMMANDS, bindings, list_of_keys, owners
from tests.tui.terminal import Open, settle, text_of


async def test_help_lists_every_guide_beside_the_keys(open_app: Open):
    async with open_app("help", size=(120, 40)) as pilot:
        shown = text_of(pilot)
        assert "Keys and words" in shown and "go to a screen from anywhere" in shown
        for guide in all_guides():
            assert guide.title[:24] in shown


async def test_the_chosen_guide_is_shown_and_enter_moves_to_its_text(open_app: Open):
    async with open_app("help", size=(100, 30)) as pilot:
        await pilot.press("down", "down")
        await settle(pilot)
        assert "Each such server is a host with a name" in text_of(pilot)
        await pilot.press("enter", *["pagedown"] * 40)
        await settle(pilot)
        assert "mynah usage" in text_of(pilot)


async def test_a_guide_shows_its_brackets_as_text_and_never_as_markup(open_app: Open):
    async with open_app("help", size=(120, 200)) as pilot:
        await pilot.press(*["down"] * 6)
        await settle(pilot)
        page = pilot.app.screen.query_one(PageView).query_one(Static)
        assert "mynah help [TOPIC]" in str(page.content)


async def test_the_lines_of_a_guide_follow_the_width_of_the_terminal(open_app: Open):
    async with open_app("help", size=(150, 40)) as pilot:
        await pilot.press("down", "down")
        await settle(pilot)
        await pilot.resize_terminal(80, 40)
        await settle(pilot)
        page = pilot.app.screen.query_one(PageView)
        lines = str(page.query_one(Static).content).splitlines()
        words = [line for line in lines if not line.startswith("    ")]
        assert 40 < max(map(len, words)) <= page.scrollable_content_region.width < 70


async def test_what_a_key_does_stays_right_of_the_keys_in_a_narrow_terminal(
    open_app: Open,
):
    async with open_app("help", size=(80, 40)) as pilot:
        page = pilot.app.screen.query_one(PageView)
        lines = str(page.query_one(Static).content).splitlines()
        long = next(n for n, line in enumerate(lines) if "turn a choice" in line)
        assert lines[long + 1].startswith(" " * 16)
        assert max(map(len, lines)) <= page.scrollable_content_region.width


@pytest.mark.parametrize(
    ("screen", "first"),
    [("conversations", "3 Conversations"), ("learn", "5 Learn"), ("home", "1 Home")],
)
async def test_a_question_mark_shows_the_keys_of_this_screen_first(
    screen: str, first: str, open_app: Open
):
    async with open_app(screen, size=(120, 40)) as pilot:
        for _ in range(2):
            await pilot.press("question_mark")
            await settle(pilot)
            page = pilot.app.screen.query_one(PageView)
            text = str(page.query_one(Static).content)
            assert text.startswith(first)
            assert text.count(first) == 1 and "Everywhere" in text
            # Whoever reads a guide meanwhile gets the keys again when asking again.
            await pilot.press("down", "down")
            await settle(pilot)
            await pilot.press(first[0])
            await settle(pilot)


async def test_the_section_of_the_server_that_is_open_has_its_keys_first(
    open_app: Open,
):
    async with open_app("guild", size=(120, 40)) as pilot:
        await pilot.press("right_square_bracket")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, GuildScreen)
        section = screen.section_in_front
        await pilot.press("question_mark")
        await settle(pilot)
        text = str(pilot.app.screen.query_one(PageView).query_one(Static).content)
        assert text.startswith(f"4 Server, {section}")


def test_the_list_of_keys_is_that_of_the_screens():
    kept = Path(__file__).parents[2] / "assets" / "screens" / "keys.md"
    assert kept.read_text("utf-8") == list_of_keys(), "run `python -m tests.guides`"


def test_each_command_beside_an_action_is_one():
    names = {one.id for _, _, owner in owners() for one in bindings(owner)}
    assert COMMANDS.keys() <= names
    assert {words.split()[0] for words in COMMANDS.values()} <= {
        module.rstrip("_") for module in MODULES
    }
