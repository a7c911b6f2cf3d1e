"""The Playground as a place to try things: history, changes, opinions, two ways."""

import asyncio

from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from app.core.errors import AppError
from app.ipc import control
from app.tui.app import MynahApp
from app.tui.widgets.bubbles import Pair, ReplyLine, SpokenLine
from tests.tui.fake_bot import FakeBot, busy_bot, reply
from tests.tui.terminal import Open, settle, text_of

BESIDE = ("ctrl+s", *"markov", "enter")


def numbered_bot() -> FakeBot:
    """A bot that numbers its replies, and says in which way it made them."""
    rows = iter(range(1, 100))

    def say(request: control.Say) -> dict[str, object]:
        row = next(rows)
        return {**reply(request), "text": f"answer {row} {request.mode}", "reply": row}

    return busy_bot(say=say)


def says(bot: FakeBot) -> list[control.Say]:
    """Every text that was said."""
    return bot.requests(control.Say)


def typed(pilot: Pilot[int]) -> str:
    """What stands in the field."""
    return pilot.app.screen.query_one("#say", Input).value


async def test_several_lines_are_written_in_a_field_of_their_own(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"one", "ctrl+j")
        await settle(pilot)
        assert pilot.app.screen.query_one(TextArea).text == "one"
        await pilot.press("enter", *"two", "ctrl+s")
        await settle(pilot)
        assert says(bot)[-1].text == "one\ntwo"
        assert typed(pilot) == ""
        page = text_of(pilot)
        assert " one" in page and " two" in page


async def test_esc_in_several_lines_says_nothing(open_app: Open):
    bot = busy_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"one", "ctrl+j", "escape")
        await settle(pilot)
        assert not says(bot) and typed(pilot) == "one"


async def test_the_arrows_bring_back_what_was_typed_to_this_server(open_app: Open):
    async with open_app("playground") as pilot:
        for word in ("alpha", "beta", "alpha"):
            await pilot.press(*word, "enter")
            await settle(pilot)
        seen = []
        for key in ("up", "up", "up", "down", "down"):
            await pilot.press(key)
            seen.append(typed(pilot))
        assert seen == ["alpha", "beta", "beta", "alpha", ""]
        await pilot.press("ctrl+g", "down", "enter")
        await settle(pilot)
        await pilot.press("up")
        assert typed(pilot) == ""


async def test_again_puts_the_new_reply_in_place_of_the_last_one(open_app: Open):
    bot = numbered_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        await pilot.press("ctrl+r")
        await settle(pilot)
        page = text_of(pilot)
        assert "answer 2" in page and "answer 1" not in page
        assert len(pilot.app.screen.query(SpokenLine)) == 2


async def test_a_changed_text_takes_the_place_of_the_last_one(open_app: Open):
    bot = numbered_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press(*"first", "enter")
        await settle(pilot)
        await pilot.press(*"secnd", "enter")
        await settle(pilot)
        await pilot.press("up", "left", "left", "o", "ctrl+r")
        await settle(pilot)
        asked = says(bot)
        assert [one.text for one in asked] == ["first", "secnd", "second"]
        assert asked[2].turns == asked[1].turns
        page = text_of(pilot)
        assert "second" in page and "secnd" not in page and "answer 2" not in page


async def test_again_stops_the_reply_that_is_still_being_written(open_app: Open):
    bot, go = busy_bot(), asyncio.Event()

    async def slowly(request: control.Say) -> dict[str, object]:
        await go.wait()
        return reply(request)

    bot.replies["say"] = lambda request: slowly(request)
    async with open_app("playground", bot) as pilot:
        await pilot.press("a", "enter")
        while not says(bot):
            await pilot.pause(0.02)
        await pilot.press("ctrl+r")
        while len(says(bot)) < 2:
            await pilot.pause(0.02)
        (stopped,) = bot.requests(control.Cancel)
        assert stopped.stream == says(bot)[0].stream
        go.set()
        await settle(pilot)


async def test_a_reply_is_liked_and_the_opinion_taken_back(open_app: Open):
    bot = numbered_bot()
    async with open_app("playground", bot, size=(120, 40)) as pilot:
        await pilot.press(*"hello", "enter")
        await settle(pilot)
        assert "+ Like" not in text_of(pilot)  # The field would take the sign.
        await pilot.press("escape", "plus")
        await settle(pilot)
        assert "liked" in text_of(pilot)
        await pilot.press("ctrl+z")
        await settle(pilot)
        assert "liked" not in text_of(pilot)
        assert bot.requests(control.Rate) == [control.Rate(1, 1), control.Rate(1, 0)]


async def test_two_ways_answer_beside_each_other_with_the_same_seed(open_app: Open):
    bot = numbered_bot()
    async with open_app("playground", bot, size=(140, 40)) as pilot:
        await pilot.press(*BESIDE, *"hello", "enter")
        await settle(pilot)
        left, right = says(bot)
        assert (left.mode, right.mode) == ("hybrid", "markov")
        assert left.lots is not None and left.lots == right.lots
        assert (left.text, left.turns) == (right.text, right.turns)
        (line,) = [
            one for one in text_of(pilot).splitlines() if "answer 1 hybrid" in one
        ]
        assert "answer 2 markov" in line
        await pilot.press(*"more", "enter")
        await settle(pilot)
        assert left.seed is None  # Words that the chain would have to use.
        assert says(bot)[2].turns[-1] == ["Mynah", "answer 1 hybrid"]
        assert says(bot)[2].lots != left.lots


async def test_the_talk_goes_on_from_the_reply_that_is_kept(open_app: Open):
    bot = numbered_bot()
    async with open_app("playground", bot, size=(140, 40)) as pilot:
        await pilot.press(*BESIDE, *"hello", "enter")
        await settle(pilot)
        await pilot.press("escape", "right_square_bracket", "d")
        await settle(pilot)
        assert bot.requests(control.Rate) == [control.Rate(2, -1)]
        assert "goes on from this one" in text_of(pilot)
        await pilot.press("i", *"more", "enter")
        await settle(pilot)
        turns = says(bot)[2].turns
        assert turns == [["you", "hello"], ["Mynah", "answer 2 markov"]]


async def test_an_empty_way_is_one_reply_again_and_a_wrong_one_is_refused(
    open_app: Open,
):
    bot = numbered_bot()
    async with open_app("playground", bot) as pilot:
        await pilot.press("ctrl+s", *"hybird", "enter")
        await settle(pilot)
        assert "is not a mode" in text_of(pilot)
        await pilot.press(*["backspace"] * 6, *"hybrid 20", "enter")
        await pilot.press(*"a", "enter")
        await settle(pilot)
        assert [one.voice for one in says(bot)] == [60, 20]
        await pilot.press("ctrl+s", *["backspace"] * 9, "enter", *"b", "enter")
        await settle(pilot)
        assert len(says(bot)) == 3 and len(pilot.app.screen.query(Pair)) == 1


async def test_one_way_that_fails_leaves_the_other_one(open_app: Open):
    bot = numbered_bot()
    usual = bot.replies["say"]
    error = AppError("The model is away.", "Wait.")
    bot.replies["say"] = lambda asked: error if asked.mode == "hybrid" else usual(asked)
    async with open_app("playground", bot, size=(140, 40)) as pilot:
        await pilot.press(*BESIDE, *"hello", "enter")
        await settle(pilot)
        page = text_of(pilot)
        assert "no reply" in page and "answer 1 markov" in page


async def test_a_new_talk_leaves_no_line_of_two_ways(open_app: Open):
    bot = numbered_bot()
    async with open_app("playground", bot) as pilot:
        assert isinstance(pilot.app, MynahApp)
        await pilot.press(*BESIDE, *"hello", "enter")
        await settle(pilot)
        await pilot.press("ctrl+k")
        await settle(pilot)
        assert not pilot.app.screen.query(ReplyLine)


async def test_a_reply_survives_that_the_owner_leaves_and_comes_back(open_app: Open):
    bot, go = busy_bot(), asyncio.Event()

    async def slowly(request: control.Say) -> dict[str, object]:
        await go.wait()
        return reply(request)

    bot.replies["say"] = lambda request: slowly(request)
    async with open_app("playground", bot) as pilot:
        await pilot.press("a", "enter")
        while not says(bot):
            await pilot.pause(0.02)
        await pilot.press("f1", "f2")
        await pilot.pause(0.05)
        go.set()
        await settle(pilot)
        assert "by my troth, what country" in text_of(pilot)
