"""The owner's own keys and those of vi act, are shown, and take no other's place."""

from typing import Any

import pytest

from app.ipc import control
from app.tui.app import MynahApp
from app.tui.key_map import VI, _places, key_map
from app.tui.screens.help.help_screen import key_tables
from app.tui.widgets.feed import Feed
from tests.tui.fake_bot import FakeBot, busy_bot, settings
from tests.tui.terminal import Open, settle, text_of, told


def bot_with(*keys: str, vim: bool = False) -> FakeBot:
    """A bot whose owner has these keys."""

    def shown(asked: control.ConfigGet) -> object:
        values: dict[object, object] = {
            "screens.keys": list(keys),
            "screens.vim": vim,
        }
        rows: Any = settings(asked)["settings"]
        return {
            "settings": [
                {**row, "value": values.get(row["key"], row["value"])} for row in rows
            ]
        }

    return busy_bot(config_get=shown)


async def test_an_own_key_acts_and_the_usual_one_does_not(open_app: Open):
    bot = bot_with("models.use=d")
    async with open_app("models", bot) as pilot:
        await pilot.press("down", "u")
        await settle(pilot)
        assert not bot.requests(control.ModelUse)
        await pilot.press("d")
        await settle(pilot)
        assert bot.requests(control.ModelUse) == [control.ModelUse("lfm2.5-1.2b")]
        assert "d Use" in text_of(pilot)
        await pilot.press("question_mark")
        await settle(pilot)
        assert "models.use" in text_of(pilot)


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        ("models.use=m", "m is taken by models.measure"),
        ("models.use=/", "slash is taken by screen.filter"),
        ("models.use=z", "z is taken by screen.enlarge"),
        ("models.use=6", "6 is taken by app.go('models')"),
        ("models.use=f3", "f3 is taken by app.go('conversations')"),
        ("models.use=up", "up is taken by list.move(-1)"),
        ("models.use=ctrl+q", "ctrl+q is taken by app.quit"),
        ("app.help_here=u", "u is taken by"),
        ("guild.voice.persona=]", "right_square_bracket is taken by guild.section(1)"),
        ("models.fly=d", "there is no action models.fly"),
        ("app.go('home')=d", "there is no action"),
        ("models.use=", "models.use needs a key"),
        ("models.use=ctrl+", "is not a key"),
        ("d", "there is no action"),
    ],
)
async def test_a_key_that_is_taken_is_refused_in_a_sentence(
    open_app: Open, wish: str, says: str
):
    bot = bot_with(wish)
    async with open_app("models", bot) as pilot:
        await settle(pilot)
        assert says in told(pilot)
        assert isinstance(pilot.app, MynahApp) and pilot.app.own_keys == {}


async def test_the_keys_of_vi_move_in_every_list(open_app: Open):
    async with open_app("models", bot_with(vim=True)) as pilot:
        feed = pilot.app.screen.query_one("#catalogue", Feed)
        places = []
        for key in ("j", "j", "k", "G", "g", "down"):
            await pilot.press(key)
            places.append(feed.cursor)
        assert places == [1, 2, 1, len(feed.items) - 1, 0, 1]


async def test_with_the_keys_of_vi_no_action_loses_its_key():
    for place in _places():
        keys = [
            key for name, usual in place.items()
            for key in VI.get(name, usual).split(",")
        ]  # fmt: skip
        mine = [name for name in VI if name in place]
        for name in mine:
            for key in filter(str.isalpha, VI[name].split(",")):
                if len(key) > 1:
                    continue
                assert keys.count(key) == 1, (name, key)


def test_own_keys_stand_above_those_of_vi_and_are_held_against_them():
    chosen, refused = key_map(["models.use=j"], is_vi=True)
    assert "models.use" not in chosen and "list.move(1)" in refused[0]
    chosen, refused = key_map(["list.move(1)=J"], is_vi=False)
    assert (chosen, refused) == ({"list.move(1)": "J"}, [])


def test_the_table_of_keys_shows_those_of_now():
    tables = {
        table.title: dict(table.keys) for table in key_tables({"models.use": "d"})
    }
    assert tables["Your own keys, before all others"] == {"d": "models.use"}
    assert "d" in tables["6 Models"] and "u" not in tables["6 Models"]


async def test_the_screens_ask_once_for_their_own_settings(open_app: Open):
    bot = bot_with("models.use=d")
    async with open_app("home", bot):
        asked = [one.key for one in bot.requests(control.ConfigGet)]
        assert asked == ["screens"]
