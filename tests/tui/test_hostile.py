"""Text that attacks the terminal, on every screen: nothing of it gets through."""

import io
import os
import re
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from textual.pilot import Pilot

from app.ipc import control
from app.store import guilds, members, messages, replies, usage
from app.store.database import Database
from app.store.reply.reply_sources import SourceMessage
from app.store.tables import Reply
from app.tui.app import MynahApp
from app.tui.panes import PANES
from app.tui.screens import SCREENS
from app.tui.widgets.dialogs import Detail, Pick
from app.tui.widgets.files import PickFile
from tests.tui import fake_bot
from tests.tui.sample_home import NOW
from tests.tui.terminal import Open, home_at, settle, text_of

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b]52;c;ZXZpbA==\x07\x9b31m\x90q\x1b\\"
BIDI = "\u202egnp.exe\u202c\u2066x\u2069\u200f"
MARKUP = "[/b][@click=app.quit]x[/][bold red]$accent {0} %s"
WIDE = "漢字かな👩\u200d👩\u200d👧🏳️\u200d🌈ﷺ"
TOWER = "z" + "\u0301\u0489" * 60
EVIL = f"{ESCAPES}{BIDI}{MARKUP}{WIDE}{TOWER}\r\nsecond\x85third\u2028\ud800\x7f\x00"

HARMFUL = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def poison(value: Any) -> Any:
    """The reply with hostile text for every word, names of settings excepted."""
    if is_dataclass(value) and not isinstance(value, type):
        names = (one.name for one in fields(value))
        return replace(value, **{name: poison(getattr(value, name)) for name in names})
    if isinstance(value, dict):
        # The wire refuses any other origin, as its type is a literal.
        keep = {"key", "mode", "state", "id", "work", "origin"}
        return {k: v if k in keep else poison(v) for k, v in value.items()}
    if isinstance(value, list):
        return [poison(item) for item in value]
    return EVIL if isinstance(value, str) else value


def evil_bot() -> fake_bot.FakeBot:
    return fake_bot.busy_bot(
        status=poison(fake_bot.STATUS),
        guilds=poison(fake_bot.GUILDS),
        models=poison(fake_bot.MODELS),
        phrases=poison(fake_bot.PHRASES),
        snapshots=poison(fake_bot.SNAPSHOTS),
        snapshot_compare=poison(fake_bot.COMPARED),
        meter=poison(fake_bot.METER),
        blind=poison(fake_bot.BLIND),
        blind_results=poison(fake_bot.RESULTS),
        say=lambda request: poison(fake_bot.reply(request)),
        config_get=lambda request: poison(fake_bot.settings(request)),
    )


@pytest.fixture(scope="module")
def evil_home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home whose database is full of it."""
    home = home_at(tmp_path_factory.mktemp("evil") / "home")
    stored = EVIL.encode("utf-8", "replace").decode()

    def fill() -> None:
        guild = guilds.ensure(stored, "9001")
        channel = guilds.ensure_channel(guild.id, stored, "c1")
        member = members.ensure(guild.id, "hash", stored)
        for number in range(30):
            message = messages.NewMessage(
                channel.id, member.id, f"m{number}", int(NOW * 1000), stored, None, None
            )
            messages.add(guild.id, message)
        row = replies.claim(guild.id, channel.id, stored, "t1")
        assert row is not None
        fields = {
            "state": "sent", "text": stored, "mode": "hybrid", "provider": stored,
            "model": stored, "turns": [[stored, stored, 1]], "recalled": [1, 2],
            "rungs": [{"provider": stored, "outcome": stored, "reason": stored}],
            "notes": [stored], "timings": {stored: 3.0, "total": 9.0},
        }  # fmt: skip
        replies.finish(row, fields, [SourceMessage(3, 2, stored[:9])])
        Reply.update(created=int(NOW * 1000)).where(Reply.id == row).execute()
        sent = usage.UsageEntry(
            stored, stored, guild.id, row, bytes_sent=9, host=stored
        )
        usage.add(sent, int(NOW * 1000))

    with Database(home.database) as database:
        database.call(fill)
    return home


def sent_to_terminal(pilot: Pilot[int]) -> str:
    """What a terminal would be sent for the whole screen, but our own colours."""
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=True, color_system="truecolor", width=400
    )
    for strip in pilot.app.screen._compositor.render_strips():
        console.print(strip, end="\n", soft_wrap=True)
    return STYLE.sub("", out.getvalue())


def check(pilot: Pilot[int], size: tuple[int, int]) -> None:
    assert not HARMFUL.findall(sent_to_terminal(pilot))
    strips = pilot.app.screen._compositor.render_strips()
    assert [strip.cell_length for strip in strips] == [size[0]] * size[1]
    assert "second" not in pilot.app.title


@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=str)
@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_nothing_hostile_reaches_the_terminal(
    open_app: Open, evil_home: Any, entry: Any, size: tuple[int, int]
):
    bot = evil_bot()
    async with open_app(entry.name, bot, size, evil_home) as pilot:
        bot.say(control.Log(EVIL, EVIL, EVIL, NOW))
        bot.say(control.Log("error", EVIL, EVIL, NOW))
        bot.say(control.Progress("import", EVIL, 1, 3, EVIL, 2.0, error=EVIL))
        bot.say(control.Progress("pull", EVIL, 1, 3, EVIL, 2.0))
        await pilot.pause(0.1)
        await settle(pilot)
        check(pilot, size)
        if entry.name != "help":
            assert "␛" in text_of(pilot)  # The text is there, as pictures.
        await drive(pilot, entry.name)
        await settle(pilot)
        check(pilot, size)
        assert pilot.app.is_running


async def drive(pilot: Pilot[int], name: str) -> None:
    """Bring up what the screen shows only when asked."""
    if name == "playground":
        await pilot.press(*"hi", "enter")
        await settle(pilot)
        await pilot.press("ctrl+e")
    elif name == "conversations":
        await pilot.press("down", "right")
        await settle(pilot)
        await pilot.press("enter")
    elif name == "guild":
        for section in PANES:
            if section == "blind":
                await pilot.press("n")
            await settle(pilot)
            check(pilot, (pilot.app.size.width, pilot.app.size.height))
            await pilot.press("right_square_bracket")
    elif name in ("logs", "learn"):
        await pilot.press("enter")
    elif name == "settings":
        await pilot.press("c")
    elif name == "usage":
        await pilot.press(*["right_square_bracket"] * 3)


@pytest.mark.parametrize("kind", ["toast", "detail", "pick", "files", "crash"])
async def test_dialogs_and_notices_are_no_way_around(
    open_app: Open, tmp_path: Path, kind: str
):
    size = (100, 30)
    bot = fake_bot.busy_bot()
    async with open_app("logs", bot, size) as pilot:
        app = pilot.app
        assert isinstance(app, MynahApp)
        if kind == "toast":
            app.tell(EVIL)
        elif kind == "detail":
            app.push_screen(Detail(EVIL, EVIL))
        elif kind == "pick":
            app.push_screen(Pick(EVIL, [(EVIL, 1), (EVIL, 2)]))
        elif kind == "files":
            # Windows refuses control characters in names.
            first = "" if os.name == "nt" else "\x1b[2J"
            (tmp_path / f"{first}\u202e[b]evil.json").touch()
            app.push_screen(PickFile("Which?", tmp_path))
        else:
            bot.enter("failed", EVIL)
            app.action_go("home")
        await pilot.pause(0.5)  # The file tree's own worker never completes.
        await pilot.pause()
        check(pilot, size)
        assert app.is_running


async def test_pasted_control_sequences_are_drawn_as_pictures(open_app: Open):
    async with open_app("playground", size=(80, 24)) as pilot:
        from textual.events import Paste
        from textual.widgets import Input

        field = pilot.app.screen.query_one("#say", Input)
        field.post_message(Paste("a\x1b[2Jb\u202ec"))
        await settle(pilot)
        check(pilot, (80, 24))
        assert "a" in text_of(pilot)


def test_no_screen_turns_markup_on():
    """Widgets that show outside text are made with `markup=False` or `Content`."""
    root = Path(__file__).parents[2] / "app" / "tui"
    for path in root.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "from_markup" not in source
        assert "markup=True" not in source
        for call in re.findall(r"\.(?:update|notify)\(f\"[^)]*\)", source):
            raise AssertionError(f"{path.name}: {call} may be read as markup")
