"""Server > words: whose words they are, and that they are being read."""

import asyncio

from textual.pilot import Pilot

from app.core.errors import AppError
from app.ipc import control
from app.tui.app import MynahApp
from tests.tui.fake_bot import FakeBot, busy_bot
from tests.tui.terminal import Open, settle, text_of

SECTION = ["right_square_bracket"] * 4


def slow_bot() -> tuple[FakeBot, dict[str, asyncio.Event]]:
    """A bot that tells a server's words when it is let to."""
    may_tell: dict[str, asyncio.Event] = {}

    async def tell(request: control.Phrases) -> control.PhrasesReply:
        await may_tell.setdefault(request.guild, asyncio.Event()).wait()
        word = control.CountedText(f"word-of-{request.guild}", 7)
        return control.PhrasesReply([word], [])

    return busy_bot(phrases=tell), may_tell


async def until(pilot: Pilot[int], bot: FakeBot, asked: int) -> None:
    """Wait for that many requests; the answer to the last one is not there."""
    while len(bot.requests(control.Phrases)) < asked:
        await pilot.pause(0.02)
    await pilot.pause(0.05)


async def test_no_server_is_shown_with_the_words_of_another(open_app: Open):
    bot, may_tell = slow_bot()
    async with open_app("guild", bot) as pilot:
        app = pilot.app
        assert isinstance(app, MynahApp)
        first, second = (guild.key for guild in app.guilds[:2])
        await pilot.press(*SECTION)
        await until(pilot, bot, 1)
        assert "Comparing this server's newest messages" in text_of(pilot)
        may_tell[first].set()
        await settle(pilot)
        assert f"word-of-{first}" in text_of(pilot)
        await pilot.press("ctrl+g", "down", "enter")
        await until(pilot, bot, 2)
        assert f"word-of-{first}" not in text_of(pilot)
        assert "Comparing this server's newest messages" in text_of(pilot)
        may_tell[second].set()
        await settle(pilot)
        assert f"word-of-{second}" in text_of(pilot)


async def test_a_late_answer_about_the_server_before_is_not_shown(open_app: Open):
    bot, may_tell = slow_bot()
    async with open_app("guild", bot) as pilot:
        app = pilot.app
        assert isinstance(app, MynahApp)
        first, second = (guild.key for guild in app.guilds[:2])
        await pilot.press(*SECTION)
        await until(pilot, bot, 1)
        await pilot.press("ctrl+g", "down", "enter")
        await until(pilot, bot, 2)
        may_tell[second].set()
        await pilot.pause(0.1)
        may_tell[first].set()
        await settle(pilot)
        assert f"word-of-{second}" in text_of(pilot)
        assert f"word-of-{first}" not in text_of(pilot)


async def test_news_do_not_read_the_words_again_but_a_key_does(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        app = pilot.app
        assert isinstance(app, MynahApp)
        await pilot.press(*SECTION)
        await settle(pilot)
        for _ in range(3):
            await app.refresh_all()
            await settle(pilot)
        assert len(bot.requests(control.Phrases)) == 1
        await pilot.press("r")
        await settle(pilot)
        assert len(bot.requests(control.Phrases)) == 2


async def test_what_went_wrong_stands_there_with_the_key_to_try_again(open_app: Open):
    bot = busy_bot(phrases=AppError("The database is busy."))
    async with open_app("guild", bot) as pilot:
        await pilot.press(*SECTION)
        await settle(pilot)
        assert "The database is busy. Press r to read again." in text_of(pilot)
