"""Keys go where the owner sees them: fields, lists, and results that come meanwhile."""

import asyncio

import pytest
from textual.app import App
from textual.events import Key, Paste
from textual.widgets import Input

from app.ipc import control
from app.tui import app_frame
from app.tui.app import MynahApp
from app.tui.screens import SCREENS, ScreenEntry
from app.tui.widgets.dialogs import Detail, Pick
from app.tui.widgets.feed import Feed
from app.tui.widgets.field import Field
from tests.tui.fake_bot import busy_bot
from tests.tui.terminal import Open, settle, text_of, told

# Made up; only its shape is that of a key.
API_KEY = "sk-proj-0123456789abcdefABCDEF0123456789"


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_no_hidden_field_takes_keys_after_esc_or_after_coming_back(
    open_app: Open, entry: ScreenEntry
):
    other = "logs" if entry.name != "logs" else "help"
    async with open_app(entry.name) as pilot:
        assert isinstance(pilot.app, MynahApp)
        for keys in (
            ["escape"],
            ["escape", "escape"],
            ["tab"] * 12,
            ["slash", "escape"],
        ):
            await pilot.press(*keys)
            pilot.app.action_go(other)
            await settle(pilot)
            pilot.app.action_go(entry.name)
            await settle(pilot)
            screen = pilot.app.screen
            focused = screen.focused
            assert focused is None or focused.is_on_screen
            await pilot.press("escape", "z")
            await settle(pilot)
            assert [field.value for field in screen.query(Field)] == [""] * len(
                screen.query(Field)
            )


async def test_keys_typed_at_once_go_where_the_first_ones_lead(open_app: Open):
    async with open_app("conversations") as pilot:
        field = pilot.app.screen.query_one("#filter", Field)
        type_at_once(pilot.app, "slash", *"xyz")
        await settle(pilot)
        assert field.value == "xyz"
        type_at_once(pilot.app, "escape", "slash", *"love")
        await settle(pilot)
        assert (field.value, field.has_focus) == ("love", True)
        type_at_once(pilot.app, "escape", "2", *"who is there?", "escape")
        await settle(pilot)
        assert pilot.app.screen.query_one("#say", Input).value == "who is there?"
        type_at_once(pilot.app, "escape", "3", "h", "down", "down")
        await settle(pilot)
        type_at_once(pilot.app, "s", *"to all")
        await settle(pilot)
        assert pilot.app.screen.query_one(Input).value == "to all"


async def test_a_key_whose_end_is_never_heard_of_holds_back_no_other_for_long(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
):
    async def be_lost(*args: object, **options: object) -> None:
        pass

    async with open_app("home") as pilot:
        app = pilot.app
        assert isinstance(app, MynahApp)
        monkeypatch.setattr(app, "_follow", be_lost)
        monkeypatch.setattr(app_frame, "LONGEST_ACT", 0.0)
        for key, name in (("3", "conversations"), ("9", "logs")):
            type_at_once(app, key)
            await settle(pilot)
            assert app.current_mode == name


def type_at_once(app: App[int], *keys: str) -> None:
    """Type faster than anything can answer."""
    for key in keys:
        sign = key if len(key) == 1 else {"slash": "/"}.get(key)
        app.post_message(Key(key, sign))


@pytest.mark.parametrize("name", ["home", "models", "settings", "logs", "help"])
async def test_arrows_move_in_the_list_after_esc_with_nothing_to_leave(
    open_app: Open, name: str
):
    async with open_app(name) as pilot:
        await pilot.press("escape", "escape")
        feed = pilot.app.screen.focused
        assert isinstance(feed, Feed)
        await pilot.press("home", "down")
        assert feed.cursor == min(1, len(feed.items) - 1)


async def test_a_pasted_key_is_masked_in_whatever_field_it_lands(open_app: Open):
    async with open_app("settings") as pilot:
        await pilot.press("slash")
        pilot.app.screen.focused.post_message(Paste(API_KEY))  # type: ignore[union-attr]
        await settle(pilot)
        assert API_KEY[:12] not in text_of(pilot)
        await pilot.press("escape", "K")
        await settle(pilot)
        pilot.app.screen.query_one(Input).post_message(Paste(API_KEY))
        await settle(pilot)
        assert API_KEY[:12] not in text_of(pilot)
        assert pilot.app.screen.query_one(Input).value == API_KEY


async def test_every_line_of_a_pasted_block_is_kept(open_app: Open):
    async with open_app("conversations") as pilot:
        await pilot.press("slash")
        field = pilot.app.screen.query_one("#filter", Field)
        field.post_message(Paste("two\nlines\r\nand a third"))
        await settle(pilot)
        assert field.value == "two lines and a third"


async def test_a_result_does_not_come_between_the_owner_and_another_screen(
    open_app: Open,
):
    bot = busy_bot()
    go_on = asyncio.Event()
    reply = control.DoctorReply([control.Check("disk", True, "enough room", "")])

    async def late(_: object) -> control.DoctorReply:
        await go_on.wait()
        return reply

    bot.replies["doctor"] = late
    async with open_app("settings", bot) as pilot:
        await pilot.press("c", "9")
        await pilot.pause(0.1)
        go_on.set()
        await settle(pilot)
        assert not isinstance(pilot.app.screen, Detail)
        assert "enough room" in told(pilot)
        await pilot.press("8", "c")
        await settle(pilot)
        assert isinstance(pilot.app.screen, Detail)


async def test_an_answer_goes_to_the_item_that_was_asked_about(open_app: Open):
    """The list changes while the question is open."""
    bot = busy_bot()
    async with open_app("learn", bot) as pilot:
        assert isinstance(pilot.app, MynahApp)
        options = [(guild.guild, guild.key) for guild in pilot.app.guilds]
        chosen: list[str | None] = []
        pilot.app.push_screen(Pick("Which?", options), chosen.append)
        await settle(pilot)
        pilot.app.guilds.reverse()
        await pilot.press("enter")
        assert chosen == [options[0][1]]
