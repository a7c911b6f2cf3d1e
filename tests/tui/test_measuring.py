"""What changes while a layout waits gets its own size, on every screen."""

from textual.pilot import Pilot
from textual.widgets import Static

from app.tui.widgets.feed import Feed
from tests.tui.terminal import Open, settle


def lay_out_for(pilot: Pilot[int], other: str) -> None:
    """Do what Textual does when another widget changed its size."""
    screen = pilot.app.screen
    widget = screen.query_one(other)
    widget.refresh(layout=True)
    widget._check_refresh()
    screen._refresh_layout()


async def test_a_list_that_shrinks_while_a_layout_waits_leaves_no_empty_room(
    open_app: Open,
):
    async with open_app("home", size=(200, 60)) as pilot:
        feed = pilot.app.screen.query_one(Feed)
        few = list(feed.items)
        feed.show([few[0]] * 9)
        lay_out_for(pilot, "#state")
        feed.show(few)
        await settle(pilot)
        assert feed.region.height == len(few) + 1


async def test_a_text_that_grows_while_a_layout_waits_is_shown_whole(open_app: Open):
    async with open_app("home", size=(200, 60)) as pilot:
        text = pilot.app.screen.query_one("#state", Static)
        text.update("one line")
        lay_out_for(pilot, "#servers")
        text.update("three\nshort\nlines")
        await settle(pilot)
        assert text.region.height == 3
