"""Conversations: live lines, the story of a reply, and what can be done from there."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import AppError
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.store import guilds, members, messages
from app.store.database import Database
from app.tui.screens.conversations.channel_lines import MESSAGES_SHOWN, TalkLine
from app.tui.screens.conversations.conversations_screen import ConversationsScreen
from app.tui.widgets.dialogs import AskText
from app.tui.widgets.feed import MAX_ITEMS, Feed
from app.tui.widgets.wrapped_feed import WrappedFeed
from tests.tui.fake_bot import busy_bot, reply
from tests.tui.sample_home import NOW, make_home
from tests.tui.terminal import Open, settle, text_of, told


async def to_tavern(pilot) -> None:
    """From the end: #bar, Rust & Rye, #tavern."""
    await pilot.press("end", "up", "up")
    await settle(pilot)
    await pilot.press("right")


def said(feed: Feed) -> list[TalkLine]:
    """Return the lines without those that name a day."""
    return [line for line in feed.items if line.key[0] != "day"]


async def test_messages_and_replies_stand_in_one_line_of_time(open_app: Open):
    async with open_app("conversations", size=(160, 48)) as pilot:
        await to_tavern(pilot)
        lines = [line.at for line in pilot.app.screen.query_one("#lines", Feed).items]
        assert lines == sorted(lines) and len(lines) > 40
        assert "◆ local" in text_of(pilot)


async def test_a_reply_is_explained_beside_it(open_app: Open):
    async with open_app("conversations", size=(160, 60)) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        page = text_of(pilot)
        for words in (
            "Why it spoke", "mention", "openai skipped: budget is spent", "recall",
            "Prompt, 412 tokens, 300 from the cache", "Recalled", "Drawn from",
            "210 tokens", "≈ 195  Toby", "24 tokens written",
        ):  # fmt: skip
            assert words in page, words


async def test_a_draft_is_approved_edited_or_thrown_away(open_app: Open):
    for keys, expected in (
        (["y"], control.Decide(90, True)),
        (["x"], control.Decide(90, False)),
        (["e", "end", "!", "enter"], None),
    ):
        bot = busy_bot()
        async with open_app("conversations", bot) as pilot:
            await pilot.press("right", *keys)
            await settle(pilot)
            (decided,) = bot.requests(control.Decide)
            if expected is None:
                words = "are you mad, lady? this is Illyria!"
                expected = control.Decide(90, True, words)
            assert decided == expected


async def test_only_what_can_be_done_is_offered(open_app: Open):
    async with open_app("conversations", size=(160, 48)) as pilot:
        await pilot.press("right")
        assert "Approve" in text_of(pilot).splitlines()[-1]
        await pilot.press("left")
        await to_tavern(pilot)
        await settle(pilot)
        foot = text_of(pilot).splitlines()[-1]
        assert "Approve" not in foot and "Dislike" in foot


async def test_a_key_colors_the_words_of_a_reply_by_who_decided_them(open_app: Open):
    async with open_app("conversations", size=(160, 48)) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        assert "model   both   voice" not in text_of(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert "model   both   voice" in text_of(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert "model   both   voice" not in text_of(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, ConversationsScreen) and screen.explained
        screen.explained = replace(screen.explained, shares=[])
        await pilot.press("w", "w")
        await settle(pilot)
        assert told(pilot).count("Nobody noted who decided") == 1


async def test_forgetting_asks_and_names_the_messages(open_app: Open):
    bot = busy_bot()
    async with open_app("conversations", bot, size=(160, 48)) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        await pilot.press("f", "n")
        assert not bot.requests(control.Forget)
        await pilot.press("f", "y")
        await settle(pilot)
        (request,) = bot.requests(control.Forget)
        assert request.guild == "9001" and len(request.messages) == 2


async def test_a_source_can_be_jumped_to(open_app: Open):
    async with open_app("conversations", size=(160, 48)) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        await pilot.press("j", "enter")
        await settle(pilot)
        screen = pilot.app.screen
        item = screen.query_one("#lines", Feed).item
        assert item is not None and item.key == ("message", 7)
        place = screen.query_one("#places", Feed).item
        assert place and place.title == "#tavern"  # Where it was said.


async def test_saying_something_as_the_bot(open_app: Open):
    bot = busy_bot()
    async with open_app("conversations", bot) as pilot:
        await to_tavern(pilot)
        await pilot.press("s", *"hail", "enter")
        await settle(pilot)
        assert bot.requests(control.Send) == [control.Send("9001", "1-tavern", "hail")]


async def test_again_makes_another_reply_and_sends_it_only_when_accepted(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("conversations", bot) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        await pilot.press("a")
        await settle(pilot)
        (asked,) = bot.requests(control.Say)
        assert (asked.author, asked.text) == ("Viola", "mynah, what say you?")
        assert not bot.requests(control.Rate)  # To ask again is no dislike.
        assert not bot.requests(control.Send)
        await pilot.press("enter")
        await settle(pilot)
        assert bot.requests(control.Send)


async def test_another_reply_is_a_notice_for_who_went_on(open_app: Open):
    made = asyncio.Event()

    async def write(request: control.Say) -> Any:
        await made.wait()
        return reply(request)

    async with open_app("conversations", busy_bot(say=write)) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        await pilot.press("a", "up")
        made.set()
        await settle(pilot)
        assert not isinstance(pilot.app.screen, AskText)
        assert "Another reply" in told(pilot)


@pytest.mark.parametrize("key", ["e", "s"])
async def test_words_that_are_not_sent_stay_to_be_sent_again(open_app: Open, key: str):
    bot = busy_bot(send=AppError("Discord is away.", "Try it later."))
    async with open_app("conversations", bot) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        await pilot.press(key, "end", *" so long", "enter")
        await settle(pilot)
        page = text_of(pilot)
        assert "so long" in page and "Discord is away." in page
        bot.replies["send"] = {}
        await pilot.press("enter")
        await settle(pilot)
        first, second = bot.requests(control.Send)
        assert first == second and second.text.endswith("so long")


async def test_a_dislike_reaches_the_bot(open_app: Open):
    bot = busy_bot()
    async with open_app("conversations", bot) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        await pilot.press("d")
        await settle(pilot)
        assert [r.value for r in bot.requests(control.Rate)] == [-1]
        assert "Disliked" in told(pilot)


async def test_a_conversation_is_looked_at_alone_and_left_again(open_app: Open):
    async with open_app("conversations", size=(160, 48)) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        feed = pilot.app.screen.query_one("#lines", Feed)
        everything = len(feed.items)
        feed.cursor = next(i for i, line in enumerate(feed.items) if line.conversation)
        await pilot.press("c")
        await settle(pilot)
        inside = said(feed)
        assert 1 < len(inside) < everything
        assert len({line.conversation for line in inside}) == 1
        await pilot.press("c")
        await settle(pilot)
        assert len(feed.items) == everything


async def test_the_filter_narrows_the_channel(open_app: Open):
    async with open_app("conversations") as pilot:
        await to_tavern(pilot)
        await pilot.press("slash", *"illyria", "enter")
        await settle(pilot)
        lines = said(pilot.app.screen.query_one("#lines", Feed))
        assert lines and all("Illyria" in line.text for line in lines)
        await pilot.press("escape")
        await settle(pilot)
        assert len(pilot.app.screen.query_one("#lines", Feed).items) > len(lines)


async def test_a_filter_that_fits_no_line_tells_of_the_search_in_all(open_app: Open):
    async with open_app("conversations") as pilot:
        await to_tavern(pilot)
        await pilot.press("slash", *"zzzz")
        await settle(pilot)
        assert "Press enter to" in text_of(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "Nothing here matches" in text_of(pilot)


async def test_ten_thousand_messages_leave_screen_and_memory_calm(
    open_app: Open, tmp_path: Path
):
    home = make_home(tmp_path / "home")
    bot = busy_bot()
    async with open_app("conversations", bot, home=home) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        flood(home, 10_000)
        began = time.perf_counter()
        for row in range(10_000):
            bot.say(control.MessageSeen(row, GuildId(1), 1))
            bot.say(control.Log("info", "flood", "x" * 400, NOW))
        heard = time.perf_counter() - began
        await pilot.pause(0.6)
        await settle(pilot)
        feed = pilot.app.screen.query_one("#lines", Feed)
        assert feed.items[-1].text == "flood 9999"
        assert len(feed.items) <= min(MAX_ITEMS, MESSAGES_SHOWN + 100)
        assert len(pilot.app.logbook) <= 5000  # type: ignore[attr-defined]
        assert heard < 60  # A minute's flood is taken in before the minute is over.


async def test_lines_are_drawn_before_they_are_shown(
    open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    home, fresh = make_home(tmp_path / "home"), list[int]()
    async with open_app("conversations", busy_bot(), home=home) as pilot:
        await to_tavern(pilot)
        await settle(pilot)
        flood(home, 100)
        screen = pilot.app.screen
        assert isinstance(screen, ConversationsScreen)
        feed = screen.query_one("#lines", WrappedFeed)
        show = feed.show

        def count(items: Sequence[TalkLine], cursor: int | None = None) -> None:
            told = [one for one in items if one.key[0] != "day"]
            fresh.append(sum(one.key not in feed._drawn for one in told))
            show(items, cursor)

        monkeypatch.setattr(feed, "show", count)
        screen.reload()
        await settle(pilot)
        assert feed.items[-1].text == "flood 99"
    assert fresh == [0]


def flood(home: Home, number: int) -> None:
    with Database(home.database) as database:

        def write() -> None:
            guild = guilds.find("9001")
            assert guild is not None
            channel = guilds.find_channel(guild.id, "tavern")
            assert channel is not None
            member = members.ensure(guild.id, "hash-flood", "Flood")
            rows = [
                messages.NewMessage(
                    channel.id, member.id, f"f{n}", int(NOW * 1000) + n, f"flood {n}"
                )
                for n in range(number)
            ]
            messages.add_many(guild.id, rows)

        database.call(write)


async def test_nothing_here_yet_says_so(open_app: Open):
    async with open_app("conversations", busy_bot(guilds={"guilds": []})) as pilot:
        await pilot.press("escape", "3", "slash", *"nowhere")
        await settle(pilot)
        assert "Nothing here matches" in text_of(pilot)


async def test_a_long_talk_lives_on_in_a_terminal_made_narrower(open_app: Open):
    async with open_app("conversations", size=(200, 60)) as pilot:
        await to_tavern(pilot)
        await pilot.resize_terminal(100, 30)
        await settle(pilot)
        assert "this is Illyria, lady" in text_of(pilot)
        assert not pilot.app.screen.query_one("#inspector").display
