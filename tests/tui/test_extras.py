"""The features of a server: switched on and off, with what they stored."""

from typing import Any

from app.ipc import control
from app.ipc.wire import Json
from tests.tui.fake_bot import busy_bot, settings
from tests.tui.terminal import Open, settle, text_of

SECTION = 8
"""The place of the section after the first one."""


async def test_each_feature_shows_its_state_and_what_it_stored(open_app: Open):
    async with open_app("guild", busy_bot()) as pilot:
        await pilot.press(*["right_square_bracket"] * SECTION)
        await settle(pilot)
        shown = text_of(pilot)
    for line in (
        "lorebook (/lore, cards)",
        "● on  12 entries, 3.1 KB",
        "1,204 vectors, 480 KB",
        "3 summaries, 620 B",
        "5 facts, 130 B",
        "7 game answers",
        "○ off 2 characters, 91.0 KB",
        "○ off 1 consent",
        "12 entries, 3.1 KB       85 tokens, under 1 ms a reply",
        "1,204 vectors, 480 KB    140 tokens, 31 ms a reply, 480 KB",
        "2.3 s a message, 210 MB",
        "Time: under 1 ms a reply. Memory: not measured yet.",
        "had a part in 12 of",
        "/wrapped                      ● on  nothing                  not measured yet",
    ):
        assert line in shown, shown


async def test_enter_and_space_switch_a_feature_of_this_server(open_app: Open):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        await pilot.press(*["right_square_bracket"] * SECTION)
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("end", "space")
        await settle(pilot)
    asked = [(one.key, one.value) for one in bot.requests(control.ConfigSet)]
    assert asked == [("context.lore", "0"), ("speak.imitate", "on")]
    assert all(one.guild for one in bot.requests(control.ConfigSet))


async def test_a_feature_that_does_nothing_now_says_why(open_app: Open):
    def idle(request: control.ConfigGet) -> Json:
        told: dict[str, Any] = settings(request)
        for one in told["settings"]:
            if one["key"] == "context.catchup":
                one["idle"] = "tiny has 0.1 of at least 1.5 billion parameters"
        return told

    async with open_app("guild", busy_bot(config_get=idle)) as pilot:
        await pilot.press(*["right_square_bracket"] * SECTION)
        await settle(pilot)
        await pilot.press("down", "down", "down", "down")
        await settle(pilot)
        assert "No effect now: tiny has 0.1" in text_of(pilot)


async def test_a_switch_puts_back_the_share_that_the_owner_chose(open_app: Open):
    stored: dict[str | None, dict[str, str]] = {
        "Illyria": {"context.lore": "35"},
        None: {"context.summary": "9"},
    }

    def shown(request: control.ConfigGet) -> Json:
        told: dict[str, Any] = settings(request)
        for one in told["settings"]:
            for place in (None, request.guild and "Illyria"):
                if one["key"] in stored[place]:
                    one["value"] = int(stored[place][one["key"]])
                    one["origin"] = "guild" if place else "file"
        return told

    def put(request: control.ConfigSet) -> Json:
        here = stored["Illyria"]
        here.pop(request.key, None)
        if request.value is not None:
            here[request.key] = request.value
        return {"key": request.key, "value": request.value, "origin": "guild"}

    bot = busy_bot(config_get=shown, config_set=put)
    async with open_app("guild", bot) as pilot:
        await pilot.press(*["right_square_bracket"] * SECTION)
        await settle(pilot)
        for at in (0, 3):
            await pilot.press("home", *["down"] * at)
            for _ in range(2):
                await pilot.press("space")
                await settle(pilot)
    asked = [(one.key, one.value) for one in bot.requests(control.ConfigSet)]
    assert asked == [
        ("context.lore", "0"),
        ("context.lore", "35"),
        ("context.summary", "0"),
        ("context.summary", None),
    ]


async def test_what_a_feature_stored_is_deleted_once_the_server_is_named(
    open_app: Open,
):
    bot = busy_bot()
    async with open_app("guild", bot) as pilot:
        await pilot.press(*["right_square_bracket"] * SECTION)
        await settle(pilot)
        await pilot.press("X")
        await settle(pilot)
        asked = text_of(pilot)
        await pilot.press(*"no", "enter")
        await settle(pilot)
        refused = text_of(pilot)
        none = bot.requests(control.FeatureClear)
        await pilot.press(*"The", "space", *"Players", "enter")
        await settle(pilot)
        done = [one.message for one in pilot.app._notifications]
        await pilot.press("end", "up", "up", "X")
        await settle(pilot)
        nothing = text_of(pilot)
    assert "Delete 12 entries, 3.1 KB?" in asked and "in snapshots as well" in asked
    assert "nothing was deleted" in refused and not none
    (clear,) = bot.requests(control.FeatureClear)
    assert (clear.guild, clear.setting) == ("9001", "context.lore")
    assert done == ["Deleted 12 entries."]
    # /wrapped stores nothing, so there is nothing to ask.
    assert "Type the server's name" not in nothing
