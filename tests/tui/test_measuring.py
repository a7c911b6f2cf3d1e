"""What changes while a layout waits gets its own size, on every screen."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from app.tui import measurements
from app.tui.screens.conversations.conversations_screen import ConversationsScreen
from app.tui.widgets.feed import Feed
from tests.tui.terminal import Open, settle, text_of


def lay_out_for(pilot: Pilot[int], other: str) -> None:
    """Do what Textual does when another widget changed its size."""
    screen = pilot.app.screen
    widget = screen.query_one(other)
    widget.refresh(layout=True)
    widget._check_refresh()
    screen._refresh_layout()


async def shrunk_height(pilot: Pilot[int]) -> tuple[int, int]:
    """Shrink a list while a layout waits; return its height and that of its lines."""
    feed = pilot.app.screen.query_one(Feed)
    few = list(feed.items)
    feed.show([few[0]] * 9)
    lay_out_for(pilot, "#state")
    feed.show(few)
    await settle(pilot)
    return feed.region.height, len(few) + 1


async def test_a_list_that_shrinks_while_a_layout_waits_leaves_no_empty_room(
    open_app: Open,
):
    async with open_app("home", size=(200, 60)) as pilot:
        height, needed = await shrunk_height(pilot)
        assert height == needed


async def test_textual_alone_leaves_the_room_so_the_mend_is_still_needed(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
):
    async with open_app("home", size=(200, 60)) as pilot:
        monkeypatch.setattr(Widget, "refresh", measurements._refresh)
        height, needed = await shrunk_height(pilot)
        assert height > needed, "Textual mended it: delete app/tui/measurements.py"


async def test_a_text_that_grows_while_a_layout_waits_is_shown_whole(open_app: Open):
    async with open_app("home", size=(200, 60)) as pilot:
        text = pilot.app.screen.query_one("#state", Static)
        text.update("one line")
        lay_out_for(pilot, "#servers")
        text.update("three\nshort\nlines")
        await settle(pilot)
        assert text.region.height == 3


async def test_a_field_that_opens_leaves_the_lists_as_wide_as_they_are(open_app: Open):
    async with open_app("conversations", size=(120, 40)) as pilot:
        await pilot.press("right")
        lines = pilot.app.screen.query_one("#lines", Feed)
        width = lines.region.width
        await pilot.press("slash")
        await settle(pilot)
        assert pilot.app.screen.query_one("#filter").region.height == 1
        assert lines.region.width == width


async def test_a_story_as_high_as_the_last_one_makes_nothing_lay_out_anew(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
):
    async with open_app("conversations", size=(160, 48)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, ConversationsScreen)
        story = screen.query_one("#story", Static)
        screen._tell("two\nlines")
        await settle(pilot)
        asked: list[str] = []
        lay_out = screen._refresh_layout

        def noted(**how: Any) -> None:
            asked.append("x")
            lay_out(**how)

        monkeypatch.setattr(screen, "_refresh_layout", noted)
        screen._tell("other\nlines")
        await settle(pilot)
        assert not asked and "other" in text_of(pilot)
        screen._tell("now\nthree\nlines")
        await settle(pilot)
        assert asked and story.region.height == 3
