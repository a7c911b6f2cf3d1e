"""A home of many servers: the screens show a page, and find the others by words."""

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList

from app.core.names import GuildId
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.screens.guild.guild_screen import GuildScreen
from app.tui.widgets.dialogs import AskText, Pick
from app.tui.widgets.guild_feed import GuildFeed
from tests.tui.fake_bot import STATUS, FakeBot, busy_bot, filled
from tests.tui.terminal import Open, settle, text_of

ALL = 10_000


def named(number: int) -> dict[str, Any]:
    return {
        "row": number, "id": str(9000 + number), "key": str(9000 + number),
        "guild": f"Server {number:05}", "messages": 1000, "mode": "auto",
        "provider": "local",
    }  # fmt: skip


def page(request: control.Guilds) -> dict[str, Any]:
    """What the bot answers, which has them all."""
    every = [named(number) for number in range(1, ALL + 1)]
    words = request.words.lower()
    matching = [one for one in every if words in one["guild"].lower()]
    some = matching[request.skip : request.skip + request.limit]
    if request.rows:
        some = [one for one in every if one["row"] in request.rows]
    return {"guilds": some, "matching": len(matching), "all": ALL}


def crowded_bot() -> FakeBot:
    return busy_bot(guilds=page)


def feed_of(pilot: Pilot[int]) -> GuildFeed:
    return pilot.app.screen.query_one(GuildFeed)


def at(feed: GuildFeed) -> control.GuildFigures:
    """The server under the cursor."""
    assert isinstance(feed.item, control.GuildFigures)
    return feed.item


async def test_home_lists_the_first_and_more_where_the_cursor_comes_to_the_end(
    open_app: Open,
):
    bot = crowded_bot()
    async with open_app(bot=bot) as pilot:
        feed = feed_of(pilot)
        assert len(feed.items) == 50 and "50 of 10,000" in text_of(pilot)
        await pilot.press("end")
        await settle(pilot)
        assert len(feed.items) == 100 and at(feed).guild == "Server 00050"
        assert "100 of 10,000" in text_of(pilot)
        await pilot.press("up")
        await settle(pilot)
        assert len(feed.items) == 100


async def test_words_find_servers_that_are_on_no_page(open_app: Open):
    bot = crowded_bot()
    async with open_app(bot=bot) as pilot:
        await pilot.press("slash", *"server 0777", "enter")
        await settle(pilot)
        feed = feed_of(pilot)
        assert [one.row for one in feed.items] == list(range(7770, 7780))
        assert "10 of 10,000" in text_of(pilot)
        await pilot.press("down")
        pilot.app.screen.refresh_data()  # type: ignore[attr-defined]
        await settle(pilot)
        # News of the bot leave the words and the cursor as they are.
        assert len(feed.items) == 10 and at(feed).row == 7771
        await pilot.press("enter")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, GuildScreen)
        assert screen.guild and screen.guild.row == 7771
        await pilot.app.load_guilds()  # type: ignore[attr-defined]
        assert screen.guild and screen.guild.row == 7771


async def test_a_server_is_chosen_among_all_by_a_part_of_its_name(open_app: Open):
    async with open_app("guild", bot=crowded_bot()) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot)
        assert isinstance(pilot.app.screen, AskText)
        assert "among 10,000 servers" in text_of(pilot)
        await pilot.press(*"09999", "enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Pick)
        assert pilot.app.screen.query_one(OptionList).option_count == 1
        await pilot.press("enter")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, GuildScreen)
        assert screen.guild and screen.guild.guild == "Server 09999"


async def test_a_server_that_comes_is_listed_and_the_cursor_keeps_its_own(
    open_app: Open,
):
    there = [named(2), named(3)]
    bot = busy_bot(guilds=lambda _: {"guilds": there, "matching": 3, "all": 3})
    online = filled(control.StatusReply, STATUS)
    async with open_app(bot=bot, size=(120, 35)) as pilot:
        await pilot.press("down")
        assert at(feed_of(pilot)).guild == "Server 00003"
        for number in (2, 3):
            said = replace(online.discord, reason=f"It is in {number} servers.")
            bot.say(control.StateChanged(replace(online, discord=said)))
            await pilot.pause(0.1)
            await settle(pilot)
            there = [named(1), named(2), named(3)]
        assert at(feed_of(pilot)).guild == "Server 00003"
        assert len(feed_of(pilot).items) == 3
        await pilot.press("enter")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, GuildScreen) and screen.guild
        assert screen.guild.guild == "Server 00003"


async def test_no_screen_shows_a_neighbour_while_servers_are_read_again(
    open_app: Open,
):
    bot = crowded_bot()
    async with open_app("guild", bot=bot) as pilot:
        await pilot.press("ctrl+g")
        await settle(pilot)
        await pilot.press(*"09999", "enter")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        screen, seen = pilot.app.screen, []
        assert isinstance(screen, GuildScreen)

        def asked(request: control.Guilds) -> dict[str, Any]:
            seen.append(screen.guild.guild if screen.guild else "")
            return page(request)

        bot.replies["guilds"] = asked
        screen.refresh_data()
        await settle(pilot)
        assert seen == ["Server 09999"] * 2


@pytest.mark.parametrize("name", ["guild", "play"])
async def test_a_server_is_shown_until_it_is_forgotten_and_then_the_next(
    open_app: Open, name: str
):
    left = [named(number) for number in (1, 2, 3)]
    bot = busy_bot(
        guilds=lambda _: {"guilds": left, "matching": len(left), "all": len(left)}
    )
    work = control.Progress("forget", "Server 00002", 50, 100, "messages", 9.0)
    async with open_app(bot=bot, size=(120, 35)) as pilot:
        app = pilot.app
        assert isinstance(app, MynahApp)
        app.chosen_guild = app.talk_with = GuildId(2)
        await pilot.press("4" if name == "guild" else "2")
        await settle(pilot)
        for told in (work, replace(work, done=99, note="rewriting the files")):
            bot.say(told)
            await pilot.pause(0.1)
            await settle(pilot)
            shown = text_of(pilot)
            assert "being forgotten" in shown and "Server 00002" in shown
            assert name == "play" or (told.note or f"{told.done}%") in shown
            # With its last messages it leaves the bot's list, and is still shown.
            left[:] = [one for one in left if one["row"] != 2]
            app.screen.refresh_data()  # type: ignore[attr-defined]
            await settle(pilot)
            assert "Server 00002" in text_of(pilot)
        bot.say(replace(work, done=100, finished=True))
        await pilot.pause(0.1)
        await settle(pilot)
        shown = text_of(pilot)
        assert "being forgotten" not in shown and "Server 00002" not in shown
        assert ("Server 00003" if name == "guild" else "Server 00001") in shown


async def test_the_palette_finds_every_server(open_app: Open):
    from app.tui.palette import PaletteProvider

    async with open_app(bot=crowded_bot()) as pilot:
        provider = PaletteProvider(pilot.app.screen)
        await provider.startup()
        found = [hit async for hit in provider.search("server 08888")]
        titles = [str(hit.text) for hit in found]
        assert "Server Server 08888" in titles


async def test_nothing_asks_for_all_servers(open_app: Open):
    bot = crowded_bot()
    async with open_app(bot=bot) as pilot:
        app = pilot.app
        assert isinstance(app, MynahApp)
        for screen in ("playground", "conversations", "guild", "learn", "usage"):
            app.action_go(screen)
            await settle(pilot)
        await app.know_guilds([GuildId(0)])
    asked = bot.requests(control.Guilds)
    assert asked and all(one.limit <= 50 for one in asked)
