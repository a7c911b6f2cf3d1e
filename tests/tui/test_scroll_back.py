"""Conversations go back to the first message, name each day, and search everything."""

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from app.core.names import GuildId
from app.core.paths import Home
from app.core.time_units import DAY_MS
from app.store import guilds, members, messages
from app.store.database import Database
from app.store.rows import StoredMessage
from app.tui import format
from app.tui.app import MynahApp
from app.tui.screens.conversations.channel_lines import MESSAGES_SHOWN
from app.tui.screens.conversations.conversation_base import TalkScreen
from app.tui.widgets.feed import Feed
from tests.tui.sample_home import make_home
from tests.tui.terminal import Open, settle, text_of

MANY = 1000
FIRST_MS = 1_640_995_200_000
"""The first of January 2022."""


@pytest.fixture(scope="module")
def long_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with a channel of a thousand messages, ten a day."""
    home = make_home(tmp_path_factory.mktemp("long") / "home")
    with Database(home.database) as database:
        database.call(_fill)
    return home


def _fill() -> None:
    guild = guilds.ensure("The Players").id
    channel = guilds.ensure_channel(guild, "long").id
    member = members.ensure(guild, "toby", "Toby").id
    rows = [
        messages.NewMessage(
            channel,
            member,
            str(10**18 + number),
            FIRST_MS + number * DAY_MS // 10,
            f"line {number} of a long talk",
        )
        for number in range(MANY)
    ]
    messages.add_many(guild, rows)


async def to_long(pilot: Pilot[int]) -> Feed:
    places = pilot.app.screen.query_one("#places", Feed)
    at = next(n for n, one in enumerate(places.items) if one.title == "#long")
    places.cursor = at
    await settle(pilot)
    await pilot.press("right")
    await settle(pilot)
    return pilot.app.screen.query_one("#lines", Feed)


async def test_the_first_message_is_reached_by_keys_and_the_newest_again(
    open_app: Open, long_home: Home
):
    async with open_app("conversations", home=long_home, size=(120, 40)) as pilot:
        feed = await to_long(pilot)
        assert feed.items[-1].text == f"line {MANY - 1} of a long talk"
        for _ in range(12):
            before = feed.items[1].key
            await pilot.press("home")
            await settle(pilot)
            assert len(feed.items) < 2 * MESSAGES_SHOWN, "memory stays bounded"
            if feed.items[1].key == before:
                break
        assert feed.items[1].text == "line 0 of a long talk"
        assert "Saturday, 1 January 2022" in text_of(pilot)
        for _ in range(12):
            await pilot.press("end")
            await settle(pilot)
        assert feed.items[-1].text == f"line {MANY - 1} of a long talk"


async def test_the_cursor_stays_on_its_message_while_older_ones_come(
    open_app: Open, long_home: Home
):
    async with open_app("conversations", home=long_home, size=(120, 40)) as pilot:
        feed = await to_long(pilot)
        feed.cursor = 1
        await settle(pilot)
        before = feed.item
        await pilot.press("up")
        await settle(pilot)
        after = feed.item
        assert before and after and after.text == before.text
        assert feed.cursor > 100
        await pilot.press("up", "up")
        assert feed.cursor > 90


async def test_the_chosen_message_has_its_whole_date_beside_it(
    open_app: Open, long_home: Home
):
    async with open_app("conversations", home=long_home, size=(120, 20)) as pilot:
        feed = await to_long(pilot)
        assert feed.item is not None
        said = format.date(feed.item.at / 1000)
        assert "2022" in said
        assert f"{said}, " in str(pilot.app.screen.query_one("#story", Static).content)


async def test_a_search_finds_what_is_far_above_the_newest_lines(
    open_app: Open, long_home: Home
):
    async with open_app("conversations", home=long_home, size=(120, 40)) as pilot:
        feed = await to_long(pilot)
        await pilot.press("slash", *"line 7 of", "enter")
        await settle(pilot)
        assert [one.text for one in feed.items if one.key[0] != "day"] == [
            "line 7 of a long talk"
        ]
        await pilot.press("escape")
        await settle(pilot)
        assert feed.items[-1].text == f"line {MANY - 1} of a long talk"


async def test_a_search_that_is_given_up_shows_nothing_when_it_ends(
    open_app: Open, long_home: Home, monkeypatch: pytest.MonkeyPatch
):
    async with open_app("conversations", home=long_home, size=(120, 40)) as pilot:
        feed = await to_long(pilot)
        begun, ended = slow_searches(pilot, monkeypatch)
        await pilot.press("slash", *"line 7 of", "enter")
        await begun.wait()
        await pilot.press("escape")
        ended.set()
        await settle(pilot)
        assert feed.items[-1].text == f"line {MANY - 1} of a long talk"
        assert len(feed.items) > MESSAGES_SHOWN


async def test_news_of_the_channel_leave_a_slow_search_to_its_end(
    open_app: Open, long_home: Home, monkeypatch: pytest.MonkeyPatch
):
    async with open_app("conversations", home=long_home, size=(120, 40)) as pilot:
        feed = await to_long(pilot)
        begun, ended = slow_searches(pilot, monkeypatch)
        await pilot.press("slash", *"line 7 of", "enter")
        await begun.wait()
        screen = pilot.app.screen
        assert isinstance(screen, TalkScreen)
        screen.reload()
        ended.set()
        await settle(pilot)
        assert [one.text for one in feed.items if one.key[0] != "day"] == [
            "line 7 of a long talk"
        ]


def slow_searches(
    pilot: Pilot[int], monkeypatch: pytest.MonkeyPatch
) -> tuple[asyncio.Event, asyncio.Event]:
    """Let every search wait; return the events of its beginning and its end."""
    begun, ended = asyncio.Event(), asyncio.Event()
    app = pilot.app
    assert isinstance(app, MynahApp)
    messages_of = app.shelf.messages

    async def slowly(
        guild: GuildId,
        channel: int | None = None,
        containing: str = "",
        limit: int = 100,
        before: tuple[int, int] | None = None,
    ) -> list[StoredMessage]:
        if containing:
            begun.set()
            await ended.wait()
        return await messages_of(guild, channel, containing, limit, before)

    monkeypatch.setattr(app.shelf, "messages", slowly)
    return begun, ended
