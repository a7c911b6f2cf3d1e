"""What changes while a layout waits gets its own size, on every screen."""

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from app.tui import measurements
from app.tui.widgets.feed import Feed
from tests.tui.terminal import Open, settle


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
