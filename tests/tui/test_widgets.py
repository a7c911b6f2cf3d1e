"""The list and the line of keys that every screen shares."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise

import pytest
from textual.app import App, ComposeResult
from textual.content import Content

from app.tui.screens import SCREENS
from app.tui.theme import DARK
from app.tui.widgets.feed import MAX_ITEMS, Feed
from app.tui.widgets.keys import Keys
from app.tui.widgets.wrapped_feed import DRAWN_AT_ONCE, WrappedFeed
from tests.tui.terminal import Open, settle, text_of


class Lister(App[int]):
    """One list on a small terminal."""

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield Feed(
            lambda item, width: Content(str(item)),
            str,
            is_newest_last=True,
            head=lambda width: "title",
            empty="nothing here yet",
        )


async def test_titles_stay_above_a_list_that_is_scrolled():
    async with Lister().run_test(size=(30, 10)) as pilot:
        feed = pilot.app.query_one(Feed)
        feed.show([f"item {n}" for n in range(100)])
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        assert lines[0] == " title" and lines[-1] == "▌item 99"
        await pilot.press("home")
        await pilot.pause()
        lines = text_of(pilot).splitlines()
        assert lines[0] == " title" and lines[1] == "▌item 0"


class Teller(App[int]):
    """A list of items that take two lines each; it counts how often it draws one."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    def compose(self) -> ComposeResult:
        yield WrappedFeed(self._draw_item, str, id="lines")

    def _draw_item(self, item: object, width: int) -> list[Content]:
        self.drawn += 1
        return [Content(str(item)), Content("")]


@asynccontextmanager
async def telling(items: range) -> AsyncIterator[tuple[Teller, WrappedFeed]]:
    """A list with these items, which are drawn, and its bar beside them."""
    async with (app := Teller()).run_test(size=(30, 10)) as pilot:
        feed = app.query_one(WrappedFeed)
        feed.show(items)
        await pilot.pause()
        app.drawn = 0
        yield app, feed


async def test_items_are_drawn_ahead_with_room_for_keys_in_between():
    async with telling(range(100)) as (app, feed):
        counts = list[int]()

        async def press_keys() -> None:
            while True:
                counts.append(app.drawn)
                await asyncio.sleep(0)

        keys = asyncio.create_task(press_keys())
        await feed.draw_ahead(range(100, 200))
        keys.cancel()
        assert app.drawn == 100
        assert max(b - a for a, b in pairwise(counts)) <= DRAWN_AT_ONCE
        feed.show(range(100, 200))
        assert app.drawn == 100, "what was drawn ahead is shown as it is"


async def test_new_items_leave_those_that_stay_as_they_are_drawn():
    async with telling(range(300)) as (app, feed):
        for first in range(100, 3000, 100):
            feed.show(range(first, first + 300))
        assert app.drawn == 29 * 100
        assert len(feed._drawn) <= 2 * 300


async def test_a_line_that_was_kept_is_drawn_anew_in_another_theme():
    async with Lister().run_test(size=(30, 10)) as pilot:
        # Its own colors alone tell the two themes from each other.
        light = {**DARK.variables, "quiet": "#123456"}
        pilot.app.register_theme(replace(DARK, name="other", variables=light))
        feed = pilot.app.query_one(Feed)
        feed.show(["a", "b"], 1)
        await pilot.pause()
        pilot.app.theme = "other"
        await pilot.pause()
        assert "#123456" in str([part.style for part in feed.render_line(0)])


async def test_the_line_that_the_cursor_leaves_is_drawn_anew_as_well(
    monkeypatch: pytest.MonkeyPatch,
):
    async with Lister().run_test(size=(30, 10)) as pilot:
        feed = pilot.app.query_one(Feed)
        feed.show(["a", "b", "c"], 2)
        await pilot.pause()
        drawn = set[int]()
        # `text_of` draws all lines, and a terminal only those that are named here.
        monkeypatch.setattr(feed, "refresh_lines", lambda line, _rows: drawn.add(line))
        await pilot.press("up")
        assert drawn == {2, 3}


async def test_a_click_points_and_a_second_one_opens():
    opened = []

    class Clicked(Lister):
        def on_feed_chosen(self, event: Feed.Chosen) -> None:
            opened.append(event.item)

    async with Clicked().run_test(size=(30, 10)) as pilot:
        feed = pilot.app.query_one(Feed)
        feed.show(["a", "b", "c"], 0)
        await pilot.click(Feed, offset=(1, 2))
        assert feed.item == "b" and not opened
        await pilot.click(Feed, offset=(1, 2))
        assert opened == ["b"]
        await pilot.click(Feed, offset=(1, 0))  # The title.
        assert feed.item == "b"


async def test_an_empty_list_says_so_and_a_filter_that_finds_nothing_too():
    async with Lister().run_test(size=(30, 10)) as pilot:
        feed = pilot.app.query_one(Feed)
        feed.show([])
        await pilot.pause()
        assert "nothing here yet" in text_of(pilot)
        feed.show(["Viola", "Feste"])
        feed.filter("TOBY")
        await pilot.pause()
        assert "Nothing here matches" in text_of(pilot)
        feed.filter("vio")
        feed.add(["Violet", "Malvolio"])
        assert feed.items == ["Viola", "Violet"]
        feed.filter("")
        assert len(feed.items) == 4


async def test_a_list_never_grows_over_its_bound():
    async with Lister().run_test(size=(30, 10)) as pilot:
        feed = pilot.app.query_one(Feed)
        for start in range(0, 3 * MAX_ITEMS, 500):
            feed.add(range(start, start + 500))
        assert len(feed.items) == MAX_ITEMS and feed.item == 3 * MAX_ITEMS - 1
        feed.cursor = 10
        feed.add(range(5))
        assert feed.item == 2 * MAX_ITEMS + 10


async def test_every_shown_key_stands_on_the_screen_whole_at_eighty_columns(
    open_app: Open,
):
    async with open_app(size=(80, 24)) as pilot:
        for entry in SCREENS:
            await pilot.press("escape", entry.key)
            await settle(pilot)
            keys = pilot.app.screen.query_one(Keys)
            page = text_of(pilot)
            for key in keys.shown(keys.content_size.width):
                assert key.end <= 78 and f"{key.display} {key.says}" in page


async def test_a_click_on_a_key_presses_it(open_app: Open):
    async with open_app("logs", size=(80, 24)) as pilot:
        keys = pilot.app.screen.query_one(Keys)
        (level,) = [k for k in keys.shown(78) if k.says == "Level"]
        await pilot.click(Keys, offset=(1 + level.start, level.line))
        await settle(pilot)
        assert "[warning]" in text_of(pilot)


async def test_the_cursor_stays_on_its_item_wherever_the_item_moves():
    async with Lister().run_test(size=(30, 10)) as pilot:
        feed = pilot.app.query_one(Feed)
        feed.show([f"item {n}" for n in range(20)])
        feed.cursor = 7
        feed.show([f"item {n}" for n in reversed(range(20))])
        assert feed.item == "item 7"
        feed.show([f"item {n}" for n in range(20) if n % 2 or n > 9])
        assert feed.item == "item 7"
        feed.show(["item 1", "item 2"])
        assert feed.item == "item 2"


async def test_a_list_with_the_newest_last_follows_it_from_the_end_alone():
    async with Lister().run_test(size=(30, 10)) as pilot:
        feed = pilot.app.query_one(Feed)
        feed.show(["a", "b"])
        assert feed.item == "b"
        feed.show(["a", "b", "c"])
        assert feed.item == "c"
        feed.cursor = 1
        feed.show(["a", "b", "c", "d"])
        assert feed.item == "b"


async def test_one_list_alone_is_marked_as_the_one_that_has_the_keys(open_app: Open):
    """By a sign, so that it is seen without colors as well."""
    async with open_app("conversations") as pilot:
        for key in ("right", "left"):
            await pilot.press(key)
            await settle(pilot)
            signs = {}
            for feed in pilot.app.screen.query(Feed):
                area = feed.region
                rows = text_of(pilot).splitlines()[area.y : area.bottom]
                column = {row.ljust(200)[area.x] for row in rows}
                signs[feed.has_focus] = "".join(column & {"▌", "▏"})
            assert signs == {True: "▌", False: "▏"}


@pytest.mark.parametrize("width", [60, 80, 100, 120])
async def test_every_screen_has_one_name_at_every_width(open_app: Open, width: int):
    async with open_app(size=(width, 24)) as pilot:
        page = text_of(pilot)
        assert all(f"{entry.key} {entry.title}" in page for entry in SCREENS)
        for entry in SCREENS:
            lines = text_of(pilot).splitlines()
            shown = f"{entry.key} {entry.title}"
            at = next(n for n, line in enumerate(lines) if shown in line)
            await pilot.click("#nav", offset=(lines[at].index(shown) + 2, at))
            await settle(pilot)
            assert pilot.app.current_mode == entry.name
