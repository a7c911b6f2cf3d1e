"""Badges, and notices by the bell or on the desktop, of what waits for the owner."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from app.core.names import GuildId
from app.ipc import control
from app.store.database import Database
from app.store.reply import outcomes
from app.tui.app import MynahApp
from app.tui.desktop_notice import sequence
from app.tui.widgets.feed import Feed
from tests.tui.fake_bot import STATUS, FakeBot, busy_bot, filled, settings
from tests.tui.sample_home import make_home
from tests.tui.terminal import Open, settle, text_of

WITH_NOTICES = {"TERM": "xterm-kitty"}


def be_in(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a terminal that sets these variables and no others."""
    for name in ("TERM", "TMUX", "TERM_PROGRAM", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def nav(pilot: Pilot[int]) -> str:
    """The lines of the navigation."""
    return "\n".join(text_of(pilot).splitlines()[:2])


def choosing(how: str) -> FakeBot:
    """A bot whose owner chose that kind of notice."""

    def config_get(request: control.ConfigGet) -> Any:
        found = settings(request)
        rows = found["settings"]
        assert isinstance(rows, list)
        for row in rows:
            if row["key"] == "screens.notices":
                row["value"] = how
        return found

    return busy_bot(config_get=config_get)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a terminal that shows notices is sent beside the pictures."""
    from textual.drivers.headless_driver import HeadlessDriver

    sent: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "write", lambda _, data: sent.append(data))
    be_in(WITH_NOTICES, monkeypatch)
    yield sent


def status(**fields: Any) -> control.StatusReply:
    """The usual status, with other fields."""
    usual: control.StatusReply = filled(control.StatusReply, STATUS)
    return replace(usual, **fields)


async def test_waiting_drafts_stand_beside_conversations_until_they_are_decided(
    open_app: Open, tmp_path: Path
):
    home, bot = make_home(tmp_path / "home"), busy_bot()
    async with open_app(bot=bot, home=home, size=(140, 40)) as pilot:
        assert "3 Conversations 1" in nav(pilot)
        with Database(home.database) as database:
            database.call(outcomes.set_state, 90, "rejected")
        bot.say(control.ReplyMade(90, GuildId(2), 4))
        await settle(pilot)
        assert "3 Conversations 1" not in nav(pilot)


async def test_a_lost_bot_stands_beside_home_until_it_is_back(open_app: Open):
    bot = busy_bot()
    async with open_app("logs", bot, size=(140, 40)) as pilot:
        assert "1 Home !" not in nav(pilot)
        bot.enter("waiting", "killed by SIGKILL", 4.0)
        await settle(pilot)
        assert "1 Home !" in nav(pilot)
        bot.enter("running")
        await settle(pilot)
        assert "1 Home !" not in nav(pilot)


async def test_a_bot_that_the_owner_took_off_discord_is_not_lost(open_app: Open):
    bot = choosing("bell")
    async with open_app("logs", bot, size=(140, 40)) as pilot:
        bot.say(control.StateChanged(status(discord=control.DiscordStatus("off"))))
        await settle(pilot)
        assert "1 Home !" not in nav(pilot)


@pytest.mark.parametrize("is_back", [True, False])
async def test_a_connection_is_lost_only_if_it_stays_away(
    open_app: Open,
    written: list[str],
    is_back: bool,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("app.tui.app.DOUBT_SECONDS", 600 if is_back else 0.01)
    bot = choosing("both")
    away = control.DiscordStatus("connecting", reason="The connection was lost.")
    async with open_app("logs", bot, size=(140, 40)) as pilot:
        written.clear()
        for _ in range(2):
            bot.say(control.StateChanged(status(discord=away)))
            await settle(pilot)
            assert "1 Home !" in nav(pilot)
        if is_back:
            bot.say(control.StateChanged(status()))
            await settle(pilot)
            assert isinstance(pilot.app, MynahApp)
            pilot.app._lose()  # As a timer that is late.
        await pilot.pause(0.1)
        await settle(pilot)
        assert ("1 Home !" in nav(pilot)) is not is_back
        told = [one for one in written if "The bot is lost" in one]
        assert len(told) == int(not is_back)
        assert written.count("\x07") == int(not is_back)
        assert all("lost: The connection was lost.\x07" in one for one in told)


@pytest.mark.parametrize(
    ("spent", "budget", "is_near"),
    [(3.9, 5.0, False), (4.0, 5.0, True), (9.0, 0.0, False)],
)
async def test_a_budget_that_is_nearly_spent_stands_beside_usage(
    open_app: Open, spent: float, budget: float, is_near: bool
):
    bot = busy_bot()
    async with open_app("logs", bot, size=(140, 40)) as pilot:
        told = status(month_cost=spent, monthly_budget=budget)
        bot.say(control.StateChanged(told))
        await settle(pilot)
        assert ("7 Usage !" in nav(pilot)) is is_near


async def test_a_fetched_model_stands_beside_models_until_they_are_looked_at(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("logs", bot, size=(140, 40)) as pilot:
        bot.say(control.Progress("pull", "big", 9, 9, "bytes", 0, finished=True))
        await settle(pilot)
        assert "6 Models ✓" in nav(pilot)
        await pilot.press("6")
        await settle(pilot)
        assert "6 Models ✓" not in nav(pilot)


async def test_a_fetch_that_failed_is_pointed_out_and_one_that_was_stopped_is_not(
    open_app: Open, written: list[str]
):
    bot = choosing("both")
    pull = control.Progress("pull", "big", 4, 9, "bytes", 0)
    async with open_app("logs", bot, size=(140, 40)) as pilot:
        written.clear()
        bot.say(replace(pull, stopped=True))
        await settle(pilot)
        assert "6 Models !" not in nav(pilot) and not written
        bot.say(replace(pull, error="the disk is full"))
        await settle(pilot)
        assert "6 Models !" in nav(pilot)
        assert [one for one in written if "big was not fetched." in one]
        await pilot.press("6")
        await settle(pilot)
        assert "6 Models !" not in nav(pilot)


@pytest.mark.parametrize(
    ("how", "has_bell", "has_notice"),
    [
        ("off", False, False),
        ("bell", True, False),
        ("desktop", False, True),
        ("both", True, True),
    ],
)
async def test_a_lost_bot_is_told_once_in_the_way_that_was_chosen(
    open_app: Open, written: list[str], how: str, has_bell: bool, has_notice: bool
):
    bot = choosing(how)
    async with open_app(bot=bot) as pilot:
        written.clear()
        bot.enter("waiting", "killed by \x1b]0;gone\x07 SIGKILL", 4.0)
        bot.enter("waiting", "killed again", 8.0)
        await settle(pilot)
        assert written.count("\x07") == int(has_bell)
        notices = [one for one in written if one.startswith("\x1b]9;")]
        assert len(notices) == int(has_notice)
        for one in notices:
            assert re.fullmatch(r"\x1b\]9;Mynah: [^\x00-\x1f\x7f-\x9f]*\x07", one)


async def test_a_change_of_the_setting_counts_at_once(
    open_app: Open, written: list[str]
):
    bot = busy_bot()
    async with open_app("settings", bot) as pilot:
        bot.replies["config_get"] = choosing("bell").replies["config_get"]
        pilot.app.screen.query_one("#list", Feed).go_to("screens.notices")
        await pilot.press("enter", "down", "enter")
        await settle(pilot)
        written.clear()
        bot.enter("failed", "exit code 1")
        await settle(pilot)
        assert written.count("\x07") == 1


@pytest.mark.parametrize(
    ("environ", "begins"),
    [
        ({"TERM": "xterm-kitty"}, "\x1b]9;Mynah: "),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "\x1b]9;Mynah: "),
        ({"TERM": "xterm-256color", "WT_SESSION": "1"}, "\x1b]9;Mynah: "),
        ({"TERM": "foot-extra"}, "\x1b]777;notify;Mynah;"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b]777;notify;Mynah;"),
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "linux"}, ""),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "WezTerm"}, ""),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/x"}, ""),
        ({}, ""),
    ],
)
def test_only_a_terminal_that_shows_notices_is_sent_one(
    environ: dict[str, str], begins: str, monkeypatch: pytest.MonkeyPatch
):
    be_in(environ, monkeypatch)
    sent = sequence("1 draft waits.")
    assert sent == (f"{begins}1 draft waits.\x07" if begins else "")


@pytest.mark.parametrize(
    "text",
    [
        "a\x07b\x1b]52;c;aGk=\x07",
        "\x9d0;title\x9c",
        "a;b;4;100",
        "two\nlines\r",
        "\u202eright to left",
        "\ud800",
        "x" * 5000,
    ],
)
def test_no_text_ends_the_notice_or_begins_another_command(
    text: str, monkeypatch: pytest.MonkeyPatch
):
    for term in ("xterm-kitty", "foot"):
        be_in({"TERM": term}, monkeypatch)
        sent = sequence(text)
        body = sent.removesuffix("\x07").split(";", 3 if term == "foot" else 1)[-1]
        assert sent.count("\x1b") == 1 and sent.count("\x07") == 1
        assert body.isprintable() and ";" not in body and len(body) < 220
