"""What can be taken back is taken back by one key; what cannot asks for its name."""

import pytest

from app.core.errors import UsageError
from app.ipc import control
from app.tui.screens.guild.guild_screen import GuildScreen
from app.tui.widgets.feed import Feed
from tests.tui.fake_bot import busy_bot
from tests.tui.terminal import Open, settle, text_of, told


async def test_a_changed_setting_of_a_server_goes_back_to_its_own_value(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert "^z Undo" not in text_of(pilot)
        pilot.app.screen.query_one("#settings-list", Feed).go_to("reply.dial")
        await pilot.press("enter")
        await pilot.press(*["backspace"] * 3, "7", "5", "enter")
        await settle(pilot)
        assert "^z Undo" in text_of(pilot)
        await pilot.press("ctrl+z")
        await settle(pilot)
        there, back = bot.requests(control.ConfigSet)
        assert (there.value, back.value) == ("75", "60")
        assert {there.guild, back.guild} == {"9001"}
        assert "reply.dial is 60 again on The Players." in told(pilot)
        assert "^z Undo" not in text_of(pilot)


async def test_a_setting_that_was_built_in_is_so_again(open_app: Open):
    bot = busy_bot()
    async with open_app("settings", bot) as pilot:
        pilot.app.screen.query_one("#list", Feed).go_to("reply.stream")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("ctrl+z")
        await settle(pilot)
        assert [one.value for one in bot.requests(control.ConfigSet)] == ["on", None]


async def test_changes_are_taken_back_from_the_last_to_the_first(open_app: Open):
    bot = busy_bot()
    async with open_app("settings", bot) as pilot:
        for name in ("reply.stream", "reply.buttons"):
            pilot.app.screen.query_one("#list", Feed).go_to(name)
            await pilot.press("enter")
            await settle(pilot)
        await pilot.press("ctrl+z", "ctrl+z")
        await settle(pilot)
        asked = [one.key for one in bot.requests(control.ConfigSet)]
        assert asked[2:] == ["reply.buttons", "reply.stream"]


@pytest.mark.parametrize(
    ("keys", "back"),
    [
        (["x"], control.DraftBack(90)),
        (["d"], control.Rate(90, 0)),
        (["plus"], control.Rate(90, 0)),
    ],
)
async def test_a_rejection_and_an_opinion_are_taken_back(
    open_app: Open, keys: list[str], back: control.DraftBack | control.Rate
):
    bot = busy_bot()
    async with open_app("conversations", bot) as pilot:
        await pilot.press("right", *keys)
        await settle(pilot)
        await pilot.press("ctrl+z")
        await settle(pilot)
        assert back in bot.asked


async def test_a_rollback_is_taken_back_with_the_snapshot_before_it(open_app: Open):
    done = control.SnapshotRestoreReply("spring", "before the last rollback", True)
    bot = busy_bot(snapshot_restore=done)
    async with open_app("guild", bot) as pilot:
        assert isinstance(pilot.app.screen, GuildScreen)
        pilot.app.screen.show_section("data")
        await settle(pilot)
        await pilot.press("r", "y")
        await settle(pilot)
        await pilot.press("ctrl+z")
        await settle(pilot)
        names = [one.name for one in bot.requests(control.SnapshotRestore)]
        assert names == ["before the raid", "before the last rollback"]


async def test_a_refused_change_leaves_nothing_to_take_back(open_app: Open):
    bot = busy_bot(config_set=UsageError("It is locked.", "Unlock it."))
    async with open_app("settings", bot) as pilot:
        pilot.app.screen.query_one("#list", Feed).go_to("reply.stream")
        await pilot.press("enter")
        await settle(pilot)
        assert "^z Undo" not in text_of(pilot)


@pytest.mark.parametrize(
    ("screen", "keys", "refused", "says"),
    [
        ("settings", ["enter"], "config_set", " again."),
        ("conversations", ["right", "x"], "draft_back", "waits again"),
        ("conversations", ["right", "plus"], "rate", "taken back"),
    ],
)
async def test_what_cannot_be_taken_back_is_not_said_to_be(
    open_app: Open, screen: str, keys: list[str], refused: str, says: str
):
    bot = busy_bot()
    async with open_app(screen, bot) as pilot:
        if screen == "settings":
            pilot.app.screen.query_one("#list", Feed).go_to("reply.stream")
        await pilot.press(*keys)
        await settle(pilot)
        bot.replies[refused] = UsageError("It is locked.", "Unlock it.")
        await pilot.press("ctrl+z")
        await settle(pilot)
        assert "It is locked." in told(pilot) and says not in told(pilot)


async def test_in_a_text_field_the_key_of_undo_changes_no_setting(open_app: Open):
    bot = busy_bot()
    async with open_app("settings", bot) as pilot:
        pilot.app.screen.query_one("#list", Feed).go_to("reply.stream")
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("slash", "ctrl+z")
        await settle(pilot)
        assert len(bot.requests(control.ConfigSet)) == 1


async def test_a_host_is_removed_only_by_its_name(open_app: Open):
    host = {"name": "big-pc", "address": "http://gpu.lan/v1/", "reach": "own"}
    bot = busy_bot(hosts={"hosts": [host]})
    async with open_app("models", bot) as pilot:
        await pilot.press("h")
        await settle(pilot)
        for key in ("enter",):
            await pilot.press(key)
            await settle(pilot)
        page = text_of(pilot)
        assert "Remove" in page
        await pilot.press("end", "enter")
        await settle(pilot)
        await pilot.press("y", "enter")
        await settle(pilot)
        assert not bot.requests(control.HostRemove)
        assert "That is not “big-pc”" in text_of(pilot)
        await pilot.press(*"big-pc", "enter")
        await settle(pilot)
        assert bot.requests(control.HostRemove) == [control.HostRemove("big-pc")]
