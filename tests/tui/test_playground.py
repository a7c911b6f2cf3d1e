"""The Playground: a streamed reply, its story, and the keys that steer it."""

import asyncio

from textual.pilot import Pilot
from textual.widgets import Input, Static

from app.core.errors import AppError
from app.ipc import control
from app.tui.screens.playground.playground_screen import PlaygroundScreen
from app.tui.widgets.bubbles import ReplyLine, SpokenLine
from tests.tui.fake_bot import GUILDS, STATUS, FakeBot, busy_bot, reply
from tests.tui.terminal import Open, answer, settle, text_of, told


def said(bot: FakeBot) -> control.Say:
    request: control.Say = bot.requests(control.Say)[-1]
    return request


async def go_back(pilot: Pilot[int], day: str) -> None:
    await pilot.press("ctrl+y")
    await answer(pilot, day)


async def test_a_reply_streams_in_and_ends_with_its_story(open_app: Open):
    go = asyncio.Event()

    async def slowly(request: control.Say):
        await go.wait()
        return reply(request)

    bot = busy_bot(say=lambda request: slowly(request))
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"hello", "enter")
        await pilot.pause(0.05)
        stream = said(bot).stream
        assert stream is not None
        bot.say(control.Token(stream, "by my "))
        bot.say(control.Token(stream, "troth"))
        await pilot.pause(0.1)
        assert "by my troth" in text_of(pilot)
        assert "writing…" in text_of(pilot)
        go.set()
        await settle(pilot)
        page = text_of(pilot)
        assert "what country is this, friends?" in page
        assert "hybrid by local · 0.84 s · first word 0.21 s" in page
        assert "openai skipped: no API key" in page


async def test_pieces_that_were_taken_back_are_not_shown(open_app: Open):
    go = asyncio.Event()

    async def slowly(request: control.Say):
        await go.wait()
        return reply(request)

    bot = busy_bot(say=lambda request: slowly(request))
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"hello", "enter")
        await pilot.pause(0.05)
        stream = said(bot).stream
        assert stream is not None
        bot.say(control.Token(stream, "wrong "))
        await pilot.pause(0.1)
        bot.say(control.Token(stream, "more wrong"))
        bot.say(control.Token(stream, "", restart=True))
        bot.say(control.Token(stream, "right"))
        await pilot.pause(0.1)
        page = text_of(pilot)
        assert "right" in page and "wrong" not in page
        go.set()


async def test_earlier_turns_go_along_with_the_next_text(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press("a", "enter")
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        answer = "by my troth, what country is this, friends?"
        assert said(bot).turns == [["you", "a"], ["Mynah", answer]]


async def test_sources_are_shown_and_hidden_by_key(open_app: Open):
    async with open_app("playground") as pilot:
        await pilot.press(*"hi", "enter")
        await settle(pilot)
        assert "“what country, friends, is this?”" not in text_of(pilot)
        await pilot.press("ctrl+e")
        assert "“what country, friends, is this?”  Viola" in text_of(pilot)
        await pilot.press("ctrl+e")
        assert "“what country, friends, is this?”" not in text_of(pilot)


async def test_a_key_colors_the_words_by_who_decided_them(open_app: Open):
    async with open_app("playground") as pilot:
        await pilot.press(*"hi", "enter")
        await settle(pilot)
        assert "model   both   voice" not in text_of(pilot)
        await pilot.press("ctrl+b")
        assert "model   both   voice" in text_of(pilot)
        await pilot.press(*"ho", "enter")
        await settle(pilot)
        assert text_of(pilot).count("model   both   voice") == 2
        await pilot.press("ctrl+b")
        assert "model   both   voice" not in text_of(pilot)


async def test_mode_provider_voice_name_and_server_change_what_is_asked(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press("ctrl+o", "ctrl+l", "ctrl+up", "ctrl+up", "ctrl+down")
        await pilot.press("ctrl+g", "down", "enter")
        await pilot.press("ctrl+n")
        await answer(pilot, "Zoë")
        await pilot.press("ctrl+up", *"hi", "enter")
        await settle(pilot)
        request = said(bot)
        assert (request.mode, request.provider) == ("auto", "openai")
        assert (request.guild, request.author) == ("9002", "Zoë")
        assert request.voice == 40  # The second server's own 35, one step up.


async def test_a_day_makes_the_server_talk_as_before_it(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await go_back(pilot, "2021-06-30")
        await pilot.press(*"hi", "enter")
        await settle(pilot)
        assert "before 2021-06-30" in text_of(pilot)
        assert said(bot).before == "2021-06-30"


async def test_what_is_no_day_is_told_and_changes_nothing(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await go_back(pilot, "in May")
        assert "is not a day" in told(pilot)
        await pilot.press(*"hi", "enter")
        await settle(pilot)
        assert said(bot).before == ""


async def test_cloud_says_what_is_missing(open_app: Open):
    async with open_app("playground", size=(80, 24)) as pilot:
        await pilot.press("ctrl+l")
        assert "locked to this computer" in text_of(pilot)
        await pilot.press("ctrl+g", "down", "enter")
        await settle(pilot)
        assert "The cloud needs an API key" in text_of(pilot)


async def test_a_host_is_not_taken_for_another_one_in_its_place_and_its_trouble(
    open_app: Open,
):
    status = {**STATUS, "hosts": ["openai", "pc"]}
    async with open_app("playground", busy_bot(status=status)) as pilot:
        place = pilot.app.screen.query_one("#place", Static)
        await pilot.press("ctrl+l")
        assert "in the cloud" in str(place.render())
        await pilot.press("ctrl+l")
        assert str(place.render()) == "pc"
        assert "locked to this computer" not in text_of(pilot)
        bare = control.StatusReply(hosts=["openai"])
        screen = pilot.app.screen
        assert isinstance(screen, PlaygroundScreen)
        screen.app.status = bare
        screen.status_changed()
        assert str(place.render()) == "here"


async def test_a_missing_model_is_said_before_one_asks(open_app: Open):
    status = {**STATUS, "model": {"state": "absent"}}
    async with open_app("playground", busy_bot(status=status)) as pilot:
        assert "fetch one on Models" in text_of(pilot)


async def test_escape_stops_a_reply_that_is_written(open_app: Open):
    go = asyncio.Event()

    async def slowly(request: control.Say):
        await go.wait()
        return reply(request)

    bot = busy_bot(say=lambda request: slowly(request))
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"hello", "enter")
        await pilot.pause(0.05)
        await pilot.press("escape")
        await pilot.pause(0.05)
        assert bot.requests(control.Cancel) == [control.Cancel(said(bot).stream or 0)]
        go.set()


async def test_a_failed_reply_is_shown_and_the_talk_goes_on(open_app: Open):
    bot = busy_bot(
        say=AppError("Mynah has not learned a server yet.", "Import messages.")
    )
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        assert "no reply" in text_of(pilot)
        assert "Mynah has not learned a server yet." in told(pilot)


async def test_who_comes_back_can_type_at_once(open_app: Open):
    async with open_app("playground") as pilot:
        await pilot.press("escape", "1")
        await settle(pilot)
        await pilot.press("2")
        await settle(pilot)
        await pilot.press(*"hello")
        assert pilot.app.screen.query_one("#say", Input).value == "hello"


async def test_without_a_server_it_says_how_to_get_one(open_app: Open):
    async with open_app("playground", busy_bot(guilds={"guilds": []})) as pilot:
        await pilot.press("escape", "2")  # The first steps stand in front.
        await settle(pilot)
        assert "No server is learned yet." in text_of(pilot)
        await pilot.press(*"hello", "enter")
        assert not pilot.app.screen.query(ReplyLine)


async def test_the_talk_on_the_screen_stays_bounded(open_app: Open):
    bot = busy_bot(guilds=GUILDS)
    async with open_app("playground", bot) as pilot:
        for _ in range(70):
            screen = pilot.app.screen
            screen._say(screen.guild, "x")  # type: ignore[attr-defined]
        await settle(pilot)
        assert len(pilot.app.screen.query(SpokenLine)) <= 120


async def test_again_asks_as_if_there_was_no_answer_yet(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press("a", "enter")
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        first = said(bot)
        for _ in range(2):
            await pilot.press("ctrl+r")
            await settle(pilot)
            assert (said(bot).text, said(bot).turns) == (first.text, first.turns)
        await pilot.press("c", "enter")
        await settle(pilot)
        answer = "by my troth, what country is this, friends?"
        pair = [["you", "b"], ["Mynah", answer]]
        assert said(bot).turns == [*first.turns, *pair]


async def test_an_answer_that_comes_after_again_was_pressed_is_no_turn(open_app: Open):
    go = asyncio.Event()

    async def slowly(request: control.Say):
        if len(bot.requests(control.Say)) == 1:
            await go.wait()
        return reply(request)

    bot = busy_bot(say=lambda request: slowly(request))
    async with open_app("playground", bot) as pilot:
        await pilot.press("a", "enter")
        await pilot.pause(0.05)
        await pilot.press("ctrl+r")
        await pilot.pause(0.1)
        go.set()
        await settle(pilot)
        await pilot.press("b", "enter")
        await settle(pilot)
        assert [speaker for speaker, _ in said(bot).turns] == ["you", "Mynah"]


async def test_the_talk_scrolls_by_key_while_one_types(open_app: Open):
    async with open_app("playground", size=(100, 20)) as pilot:
        for word in ("alpha", "second", "third", "fourth"):
            await pilot.press(*word, "enter")
            await settle(pilot)
        assert "alpha" not in text_of(pilot)
        await pilot.press("x", *["pageup"] * 6)
        await settle(pilot)
        assert "alpha" in text_of(pilot)
        assert pilot.app.screen.query_one("#say", Input).value == "x"
        await pilot.press(*["pagedown"] * 6)
        await settle(pilot)
        assert "alpha" not in text_of(pilot)


async def test_sources_open_in_view(open_app: Open):
    async with open_app("playground", size=(100, 20)) as pilot:
        for word in ("first", "second", "third"):
            await pilot.press(*word, "enter")
            await settle(pilot)
        await pilot.press("pageup", "pageup", "ctrl+e")
        await settle(pilot)
        assert "“what country, friends, is this?”  Viola" in text_of(pilot)


async def test_a_key_begins_a_new_talk_with_this_server_alone(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"one", "enter")
        await settle(pilot)
        await pilot.press("ctrl+g", "down", "enter", *"two", "enter")
        await settle(pilot)
        await pilot.press("ctrl+k")
        await settle(pilot)
        assert "two" not in text_of(pilot) and "Type below" in text_of(pilot)
        await pilot.press(*"three", "enter")
        await settle(pilot)
        assert said(bot).turns == []
        await pilot.press("ctrl+g", "home", "enter")
        await settle(pilot)
        assert "one" in text_of(pilot) and "three" not in text_of(pilot)


async def test_a_new_talk_stops_the_reply_that_is_being_written(open_app: Open):
    bot = busy_bot()
    go_on = asyncio.Event()

    async def slow(_: control.Say) -> object:
        await go_on.wait()
        return {"text": "too late"}

    bot.replies["say"] = slow
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"one", "enter")
        while not bot.requests(control.Say):
            await pilot.pause(0.02)
        await pilot.press("ctrl+k")
        while not bot.requests(control.Cancel):
            await pilot.pause(0.02)
        go_on.set()
        await settle(pilot)
        assert "too late" not in text_of(pilot)
        bot.replies["say"] = {"text": "in time"}
        await pilot.press(*"two", "enter")
        await settle(pilot)
        assert said(bot).turns == []
