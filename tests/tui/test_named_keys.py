"""Every text that names a key names the one that the owner has."""

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from app.core.guides import all_guides
from app.core.paths import Home
from app.tui.app import MynahApp
from app.tui.key_map import (
    VI,
    _places,
    displayed,
    guide_with_keys,
    only_reads,
    with_keys,
)
from app.tui.screens import SCREENS
from tests.tui.fake_bot import STATUS, FakeBot, busy_bot
from tests.tui.pictures import PICTURES, Picture, application, bring_up
from tests.tui.sample_home import NOW
from tests.tui.terminal import Open, begun, home_at, settle, text_of

APP = Path(__file__).parents[2] / "app" / "tui"
NAMED = re.compile(r"<([^<>\s]+) ([^<>\s]+)>")
KEY = re.compile(
    r"(?<![\w.'’/“-])([b-zB-HJ-Z?/]|esc|enter|space|\^[a-z]|F12)(?![\w/.'’”-])"
)
"""A word of a text that is the name of a key."""

PATIENCE = 10
"""Seconds for the first steps, which look for other keys four times a second."""

OF_DIALOGS = (
    "widgets/dialogs.py", "widgets/files.py", "widgets/lines_dialog.py",
    "screens/home/graphs.py", "screens/models/hub_menu.py",
)  # fmt: skip
"""The key map reaches no dialog, so its keys are the usual ones."""

FIXED = (
    "enter starts a step · esc leaves",  # on First steps, which is a dialog
    "p pauses and resumes the fetch · x stops it",  # there too
    "to enter one",
    ": enter one on",  # a verb
    "; enter searches",  # in a text field
    "Press enter to search",  # in a text field
    "press enter. Nothing said here",  # there too
    "^p",  # the palette's
    "Replies, 24 h",
    "Reply time, 24 h",
    "F1 … F10",
    "← → space",  # of a choice and the dial
    " s so far.",
)
"""Parts of texts with keys that cannot be others, or with none."""

HINTS = (
    r"[Pp]ress (\S+)", r"\((\S)\)", r": (\S+) (?:uses|fetches|pauses)",
    r"\b(\S+) on (?:Home|Models|Learn|Settings|Usage|Logs|Help)\b",
    r"(\S+) (?:changes it|sets one|toggles the lock|finds words|shows every)",
    r"or try (\S+) on", r"import, (\S+) to read", r"raid, press (\S+)",
    r"better\? (\S+):", r"first, (\S+):", r"second, (\S+):", r"(\S+): why",
)  # fmt: skip
"""What stands around a key in the texts."""


def literals() -> Iterator[tuple[str, str]]:
    """Every text in the code of the screens, with its module."""
    for path in sorted(APP.rglob("*.py")):
        module = path.relative_to(APP).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        left_out = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr)
            or (isinstance(node, ast.Call) and getattr(node.func, "id", "") in PARTS)
            for part in ([node.value] if isinstance(node, ast.Expr) else ast.walk(node))
        }
        for node in ast.walk(tree):
            is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if is_text and id(node) not in left_out:
                assert isinstance(node, ast.Constant) and isinstance(node.value, str)
                yield module, node.value


PARTS = ("Binding",)


def usual_keys() -> dict[str, str]:
    """The usual keys of every action that has a name."""
    return {name: key for place in _places() for name, key in place.items()}


def test_a_text_names_a_key_by_its_action_and_as_it_usually_is():
    usual = usual_keys()
    named = [
        (key, action) for _, text in literals() for key, action in NAMED.findall(text)
    ]
    assert len(named) > 40
    for key, action in named:
        assert action in usual, action
        shown = displayed(usual[action]).replace("⏎", "enter").split()
        assert key.lower() in map(str.lower, shown), (key, action)


def test_no_text_names_a_key_otherwise():
    found = []
    for module, text in literals():
        rest = NAMED.sub("", text)
        for part in FIXED:
            rest = rest.replace(part, "")
        is_dialog = module in OF_DIALOGS
        is_prose = " " in text.strip() and "%" not in text
        if (
            is_prose
            and KEY.search(rest)
            and not is_dialog
            and module not in ("palette_words.py", "key_map.py")
        ):
            found.append((module, text))
    assert [one for one in found if "mynah " not in one[1]] == []


def test_only_named_actions_are_put_in_place_of_their_usual_keys():
    text = "press <f models.pull>, see <b>x</b> and <a b>"
    assert with_keys("press <f models.pull>.", {}) == "press f."
    assert with_keys("<f models.pull>", {"models.pull": "backslash"}) == "\\"
    assert with_keys("<esc screen.leave_field>", {"list.move(1)": "j"}) == "esc"
    assert with_keys(text, {"models.pull": "ctrl+f"}).startswith(
        "press ^f, see <b>x</b>"
    )


def every_key_anew() -> dict[str, str]:
    """A key for each action that has no other; no terminal sends such keys."""
    names = sorted(name for name in usual_keys() if not name.startswith("app.go("))
    return {name: f"q{number}q" for number, name in enumerate(names)}


def keys_named(text: str) -> set[str]:
    """The words of a screen that stand where a key does."""
    flat = re.sub(r"\s+", " ", text)
    words = (word for pattern in HINTS for word in re.findall(pattern, flat))
    return {word.strip(".,:;()") for word in words}


def usual_names() -> set[str]:
    """The usual keys, as they are shown; dialogs and fields keep theirs, too."""
    keys = [displayed(key).split() for key in usual_keys().values()]
    stay = {"enter", "n", "y", *"0123456789"}
    return {"esc", *(name for names in keys for name in names)} - stay


async def with_other_keys(pilot: Pilot[int], keys: dict[str, str]) -> str:
    """The screen after the owner's keys came from the bot."""
    app = pilot.app
    assert isinstance(app, MynahApp)
    app._use_keys([f"{name}={key}" for name, key in keys.items()], is_vi=False)
    assert app.own_keys == keys
    await settle(pilot)
    return text_of(pilot)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_a_screen_names_the_keys_that_the_owner_has(
    picture: Picture, filled_home: Home, tmp_path: Path
):
    keys = every_key_anew()
    app = application(picture, filled_home, tmp_path / "home")
    async with app.run_test(size=picture.size) as pilot:
        await bring_up(picture, pilot)
        text = await with_other_keys(pilot, keys)
        ends = time.monotonic() + PATIENCE
        while keys_named(text) & usual_names() and time.monotonic() < ends:
            await pilot.pause(0.1)
            text = text_of(pilot)
        assert not keys_named(text) & usual_names()
        assert not NAMED.search(text)


@pytest.mark.parametrize("is_up", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("is_there", [True, False], ids=["filled", "empty"])
async def test_no_screen_keeps_a_key_of_before(
    filled_home: Home, tmp_path: Path, is_there: bool, is_up: bool
):
    """Each is seen with the usual keys first, and with others when it comes back."""
    keys = every_key_anew()
    named = set()
    bot = FakeBot(guilds={"guilds": []}) if not is_there else None
    home = filled_home if is_there else home_at(tmp_path / "home")
    picture = Picture("any", "home", bot=lambda: bot) if bot else PICTURES[0]
    app = MynahApp(home, bot or picture.bot(), clock=lambda: NOW)
    async with app.run_test(size=(140, 40)) as pilot:
        link = app.link
        assert isinstance(link, FakeBot)
        link.is_well = is_up
        await begun(pilot, link)
        while len(app.screen_stack) > 1:
            app.pop_screen()
        for entry in SCREENS:
            app.action_go(entry.name)
            await settle(pilot)
        await with_other_keys(pilot, keys)
        for entry in SCREENS:
            app.action_go(entry.name)
            await settle(pilot)
            text = text_of(pilot)
            assert not keys_named(text) & usual_names(), entry.name
            assert not NAMED.search(text)
            named |= keys_named(text) & {*keys.values()}
    assert named


async def test_with_the_keys_of_vi_hints_name_those(filled_home: Home):
    told = {name: displayed(key).split()[0] for name, key in VI.items()}
    assert with_keys("<k models.key>", VI) == told["models.key"] == "K"
    assert with_keys("(<↓ list.move(1)>)", VI) == "(↓ j)"


KEY_IN_GUIDE = re.compile(r"`([a-zA-Z?/]|\^[a-z])`(.{0,24})", re.DOTALL)


def test_a_guide_names_the_keys_that_the_owner_has():
    keys = every_key_anew()
    seen = 0
    for guide in all_guides():
        text = guide_with_keys(guide.text, keys)
        assert guide_with_keys(guide.text, {}) == guide.text
        for key, after in KEY_IN_GUIDE.findall(guide.text):
            # A letter in a code of another kind is no key of the screens.
            assert re.match(r"\s+on\s+[A-Z][a-z]+ \(`\d`\)", after) or key == "?", key
            seen += 1
        left = {key for key, _ in KEY_IN_GUIDE.findall(text)} - {"?"}
        assert not left, (guide.title, left)
    assert seen > 6


async def test_help_shows_a_guide_with_the_owners_keys(open_app: Open):
    async with open_app("help") as pilot:
        at = next(
            n
            for n, guide in enumerate(all_guides(), 1)
            if guide.title == "When something is wrong"
        )
        await pilot.press(*["down"] * at)
        await settle(pilot)
        (page,) = pilot.app.screen.query("#page Static").results(Static)
        assert "press `c` on Settings (`8`)" in " ".join(str(page.content).split())
        app = pilot.app
        assert isinstance(app, MynahApp)
        app._use_keys(["settings.doctor=j"], is_vi=False)
        await settle(pilot)
        assert "press `j` on Settings (`8`)" in " ".join(str(page.content).split())


ELSEWHERE = re.compile(
    r"(?<!See )(?<!read )\bon (Models|Learn|Settings|Server|Home) \(\d\)"
    r"|Connect it to Discord on|enter changes|Start it on"
)
"""What only screens that do more than watch can be asked for."""


def changing_keys() -> set[str]:
    """The usual keys of what changes things, as they are shown."""
    every = {
        (action.split(".", 2 if action.startswith("guild.") else 1)[-1], key)
        for action, key in usual_keys().items()
        if not action.startswith(("app.", "screen.", "list."))
    }
    return {displayed(key) for action, key in every if not only_reads(action)}


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_screens_that_only_watch_advise_nothing_that_they_refuse(
    picture: Picture, filled_home: Home, tmp_path: Path
):
    home = home_at(tmp_path / "home") if picture.is_empty else filled_home
    app = MynahApp(home, picture.bot(), clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=picture.size) as pilot:
        await bring_up(picture, pilot)
        text = re.sub(r"\s+", " ", text_of(pilot))
        assert not ELSEWHERE.search(text), text
        if picture.screen != "help":
            assert not keys_named(text) & changing_keys() - {*"0123456789"}, text


async def test_home_of_screens_that_only_watch_says_what_to_type_elsewhere(
    filled_home: Home,
):
    discord = {"state": "off"}
    model = {"name": "starter", "state": "absent"}
    told = {**STATUS, "discord": discord, "model": model, "has_bot_token": False}
    bot = busy_bot(status=told)
    app = MynahApp(filled_home, bot, clock=lambda: NOW, is_watching=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await begun(pilot, bot)
        text = text_of(pilot)
        assert "Connect it to Discord with `mynah config set bot_token`." in text
        assert "Fetch one with `mynah models list`." in text
    app = MynahApp(filled_home, busy_bot(status=told), clock=lambda: NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await settle(pilot)
        text = text_of(pilot)
        assert "Connect it to Discord with b on Settings (8)." in text
        assert "Fetch one with f on Models (6)." in text
