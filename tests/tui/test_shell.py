"""Navigation, status bar, palette, and a bot that is away, broken or different."""

import gc
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import AppError
from app.core.system.requests_to_end import HUNG_UP
from app.ipc import control
from app.ipc.peer import OtherVersionError
from app.tui import base
from app.tui.app import kept_theme
from app.tui.screens import SCREENS, ScreenEntry
from app.tui.theme import ANSI, DARK, THEMES
from tests.tui.fake_bot import STATUS, FakeBot, busy_bot, filled
from tests.tui.sample_home import make_home
from tests.tui.terminal import Open, settle, text_of, told

FORBIDDEN = (
    "discord", "llama_cpp", "fastembed", "hnswlib", "openai", "numpy", "onnxruntime",
    "app.chat", "app.providers", "app.memory", "app.importers", "app.voice",
    "app.discord", "app.service", "app.conversations",
)  # fmt: skip


async def test_every_screen_opens_by_its_key_and_by_its_function_key(open_app: Open):
    async with open_app() as pilot:
        for number, entry in enumerate(SCREENS, 1):
            await pilot.press("escape", entry.key)
            await settle(pilot)
            assert pilot.app.current_mode == entry.name
            await pilot.press("f1", f"f{number}")
            await settle(pilot)
            assert pilot.app.current_mode == entry.name


async def test_a_click_on_the_navigation_goes_there(open_app: Open):
    for size in ((80, 24), (160, 48)):
        async with open_app(size=size) as pilot:
            x = text_of(pilot).splitlines()[0].index("6 Models") + 2
            await pilot.click("#nav", offset=(x, 0))
            await settle(pilot)
            assert pilot.app.current_mode == "models"


async def test_the_status_bar_says_bot_model_mode_provider_and_speed(open_app: Open):
    for size in ((80, 24), (160, 48)):
        async with open_app(size=size) as pilot:
            # Where the keys take two lines, it is above them.
            bar = " ".join(text_of(pilot).splitlines()[-3:])
            for word in ("● online", "Mynah", "SmolLM2-135M", "hybrid", "local", "41"):
                assert word in bar


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_a_terminal_can_become_any_size(open_app: Open, entry: ScreenEntry):
    async with open_app(entry.name, size=(200, 60)) as pilot:
        for size in ((100, 30), (200, 60), (80, 24), (12, 4), (150, 40), (99, 30)):
            await pilot.resize_terminal(*size)
            await pilot.pause()


async def test_the_status_bar_follows_the_bot(open_app: Open):
    bot = busy_bot()
    async with open_app("logs", bot) as pilot:
        model = control.ModelStatus("x", "crashed", "ggml abort")
        status = filled(control.StatusReply, STATUS)
        bot.say(control.StateChanged(replace(status, model=model, queue=3)))
        await pilot.pause(0.1)
        bar = text_of(pilot).splitlines()[-2]
        assert "model crashed" in bar and "3 waiting" in bar


async def test_a_bot_that_does_not_come_up_is_shown_with_reason_and_remedy(
    open_app: Open,
):
    bot = FakeBot()
    bot.is_well = False
    async with open_app(bot=bot, size=(80, 24)) as pilot:
        bot.enter("failed", "exit code 78: config.toml, line 3: no such setting")
        await settle(pilot)
        page = text_of(pilot)
        assert "✕ crashed" in page
        assert "config.toml, line 3" in page
        assert "start it again with s on Home (1)" in page


async def test_a_crash_is_announced_with_the_time_of_the_restart(open_app: Open):
    bot = busy_bot()
    async with open_app(bot=bot) as pilot:
        bot.enter("waiting", "killed by SIGKILL", 4.0)
        await settle(pilot)
        assert "restarting" in text_of(pilot)
        assert "killed by SIGKILL; again in 4 s" in text_of(pilot)
        bot.enter("running")
        await settle(pilot)
        assert "● online" in text_of(pilot)


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_every_screen_lives_without_a_bot(open_app: Open, entry):
    bot = FakeBot()
    bot.is_well = False
    async with open_app(entry.name, bot, size=(80, 24)) as pilot:
        bot.enter("stopped", "it was stopped")
        await settle(pilot)
        assert "○ stopped" in text_of(pilot)


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
async def test_every_screen_lives_with_a_bot_of_another_version(open_app: Open, entry):
    missing = AppError("The running bot does not know this request.", "Stop it.")
    other = FakeBot(
        status={"version": "9.0"},
        guilds=OtherVersionError(control.Guilds(), "missing 'learned'"),
        config_get={"settings": [{"key": "no.such", "value": 1}]},
        models=missing,
        phrases=missing,
        snapshots=missing,
        say=missing,
    )
    async with open_app(entry.name, other) as pilot:
        await settle(pilot)
        assert entry.title in text_of(pilot)
        if entry.name == "home":
            assert "the running bot is 9.0" in text_of(pilot)


@pytest.mark.parametrize("off_by", [-1, 1])
async def test_a_history_of_another_version_is_said_to_be_unreadable(
    open_app: Open, tmp_path: Path, off_by: int
):
    home = make_home(tmp_path / "home")
    with sqlite3.connect(home.database) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {version + off_by}")
    async with open_app(home=home) as pilot:
        await settle(pilot)
        assert "≠ the history is unreadable" in text_of(pilot)
        assert "online" in text_of(pilot)


async def test_a_request_the_bot_does_not_know_is_shown_not_thrown(open_app: Open):
    error = AppError("The running bot does not know this request.", "Stop it.")
    async with open_app("models", busy_bot(model_test=error)) as pilot:
        await pilot.press("m")
        await settle(pilot)
        assert "does not know this request" in told(pilot)


async def test_a_key_goes_through_every_theme_and_the_choice_is_kept(
    open_app: Open, tmp_path: Path
):
    home = make_home(tmp_path / "home")
    async with open_app(home=home) as pilot:
        seen = [pilot.app.theme]
        for _ in THEMES:
            await pilot.press("ctrl+t")
            seen.append(pilot.app.theme)
            assert kept_theme(home) == pilot.app.theme
        assert seen == [*(theme.name for theme in THEMES), DARK.name]
        assert len(THEMES) == len(set(seen)) == 6


@contextmanager
def screens_on_a_terminal(
    tmp_path: Path,
) -> Iterator[tuple["subprocess.Popen[bytes]", int, bytes]]:
    """Yield the process, the terminal's other end, and what it has shown.

    In a session of its own it has no controlling terminal: nothing sends it SIGHUP.
    """
    import pty

    command = [sys.executable, "-m", "app", "--home", str(tmp_path / "home")]
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment,
        cwd=Path(__file__).parents[2], start_new_session=True,
    ) as process:  # fmt: skip
        os.close(slave)
        seen = b""
        while b"Welcome to Mynah" not in seen and b"mynah" not in seen[2000:]:
            seen += os.read(master, 65536)
        try:
            yield process, master, seen
        finally:
            process.kill()


@pytest.mark.process
@pytest.mark.posix_only("Windows has no such signal")
def test_a_terminal_is_given_back_when_another_program_ends_the_screens(
    tmp_path: Path,
):
    """It leaves the alternate screen, and mouse reports stop."""
    with screens_on_a_terminal(tmp_path) as (process, master, seen):
        process.send_signal(signal.SIGTERM)
        with suppress(OSError):
            while piece := os.read(master, 65536):
                seen += piece
        assert process.wait(30) == 128 + signal.SIGTERM
        os.close(master)
    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1003h", b"\x1b[?1003l")):
        assert seen.rindex(off) > seen.rindex(on)


@pytest.mark.process
@pytest.mark.posix_only("Windows ends a program with its console")
def test_the_screens_end_with_their_terminal_though_no_signal_says_so(tmp_path: Path):
    with screens_on_a_terminal(tmp_path) as (process, master, _):
        os.close(master)
        assert process.wait(30) == HUNG_UP


async def test_stopping_asks_first_and_starting_does_not(open_app: Open):
    bot = busy_bot()
    async with open_app(bot=bot) as pilot:
        await pilot.press("s", "n")
        assert bot.state.is_up
        await pilot.press("s", "y")
        await settle(pilot)
        assert bot.state.name == "stopped"
        await pilot.press("s")
        await settle(pilot)
        assert bot.state.is_up


async def test_without_colour_everything_is_said_by_signs_and_words(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app("conversations") as pilot:
        pilot.app.theme = ANSI.name
        await settle(pilot)
        lines = [pilot.app.screen._compositor.render_strips()][0]
        styles = {
            segment.style for strip in lines for segment in strip if segment.style
        }
        colours = {style.color for style in styles} | {
            style.bgcolor for style in styles
        }
        assert all(colour is None or colour.is_default for colour in colours)
        assert "● online" in text_of(pilot) and "◆ local" in text_of(pilot)


@pytest.mark.process
def test_no_screen_loads_anything_heavy():
    root = Path(__file__).parents[2]
    code = (
        "import sys, app.tui.app\n"
        "from app.tui.screens import SCREENS\n"
        "[entry.load() for entry in SCREENS]\n"
        "print('\\n'.join(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    loaded = result.stdout.split()
    bad = [m for m in loaded if m.startswith(tuple(f"{n}." for n in FORBIDDEN))]
    assert not bad and not set(loaded) & set(FORBIDDEN)


@pytest.mark.process
def test_the_first_screen_needs_neither_the_database_nor_the_settings_library():
    root = Path(__file__).parents[2]
    code = (
        "import sys, app.tui.app\n"
        "from app.tui.screens import SCREENS\n"
        "SCREENS[0].load()\n"
        "print('\\n'.join(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True
    )
    late = {"peewee", "tomlkit", "orjson", "app.ipc.control", "app.ipc.child"}
    assert not late & set(result.stdout.split())


async def test_a_screen_that_stands_is_not_looked_through_for_garbage(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(base, "STANDS_SECONDS", 0.05)
    gc.unfreeze()
    async with open_app("usage", busy_bot()) as pilot:
        await pilot.pause(0.3)
        screen = pilot.app.screen
        assert not any(one is screen for one in gc.get_objects())
    gc.unfreeze()
