"""The packaged program, run as a person would who has nothing else."""

import asyncio
import contextlib
import json
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from app import __version__

pytestmark = [
    pytest.mark.package,
    pytest.mark.process,
    pytest.mark.model,
    pytest.mark.timeout(900),
    pytest.mark.posix_only("uses signals and tmux"),
]

Environment = dict[str, str]


def run(executable: Path, bare: Environment, *arguments: str) -> str:
    result = subprocess.run(
        [executable, *arguments],
        env=bare,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def runners(bot: psutil.Process) -> list[psutil.Process]:
    """The processes that hold a model for the bot."""
    found = []
    for process in bot.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if "runner" in process.cmdline()[1:2]:
                found.append(process)
    return found


def wait_for(condition, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


def test_it_names_its_version(executable: Path, bare: Environment):
    assert run(executable, bare, "--version").strip() == f"mynah {__version__}"


def test_it_carries_the_guides(executable: Path, bare: Environment):
    assert "What leaves the computer" in run(executable, bare, "help", "privacy")


def test_it_carries_the_licences_of_what_it_holds(executable: Path, bare: Environment):
    told = run(executable, bare, "licences")
    assert all(f"\n{name} " in told for name in ("textual", "py-cord", "tokenizers"))


def test_it_draws_in_a_browser(executable: Path, bare: Environment):
    with subprocess.Popen(
        [executable, "web", "0"], env=bare, stdout=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout is not None
            address = program.stdout.readline().split()[-1]
            assert asyncio.run(drawn(address))
        finally:
            program.terminate()


async def drawn(address: str) -> bytes:
    """The first that the screens draw on a page."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(address) as answer:
            assert answer.status == 200
            origin = str(answer.url.origin())
        headers = {"Origin": origin}
        async with session.ws_connect(f"{origin}/ws", headers=headers) as page:
            return await page.receive_bytes(timeout=60)


def test_it_tests_itself(executable: Path, bare: Environment):
    assert run(executable, bare, "selftest")


def test_it_talks_in_all_modes_with_nothing_fetched(
    executable: Path, bare: Environment
):
    replies = [
        json.loads(line)
        for line in run(executable, bare, "demo", "--json").splitlines()
    ]
    assert {reply["mode"] for reply in replies} == {"markov", "llm", "hybrid"}
    assert all(reply["text"] for reply in replies)
    patient = ("--guild", "The Globe", "--max-ms", "60000", "--json", "Good morrow!")
    for mode, provider in (
        ("markov", "markov"), ("llm", "local"), ("hybrid", "local"), ("auto", "local"),
    ):  # fmt: skip
        reply = json.loads(run(executable, bare, "say", "--mode", mode, *patient))
        assert reply["provider"] == provider, reply["rungs"]


def test_models_are_taken_out_once(executable: Path, bare: Environment):
    run(executable, bare, "models", "pull", "starter")
    file = Path(bare["MYNAH_HOME"]) / "models" / "starter.gguf"
    before = file.stat().st_mtime_ns
    run(executable, bare, "models", "pull", "starter")
    assert file.stat().st_mtime_ns == before


def test_serve_ends_on_sigterm(executable: Path, bare: Environment):
    serve = subprocess.Popen([executable, "serve"], env=bare)
    endpoint = Path(bare["MYNAH_HOME"]) / "endpoint.json"
    wait_for(endpoint.exists)
    serve.send_signal(signal.SIGTERM)
    assert serve.wait(30) == 0
    assert not endpoint.exists()


@pytest.mark.parametrize("victim", ["bootloader", "bot", "runner"])
def test_a_killed_bot_leaves_nothing(executable: Path, bare: Environment, victim: str):
    home = Path(bare["MYNAH_HOME"])
    run(executable, bare, "models", "pull", "starter")
    serve = subprocess.Popen([executable, "serve"], env=bare)
    wait_for((home / "endpoint.json").exists)
    bootloader, bot = family(psutil.Process(serve.pid))[:2]
    wait_for(lambda: runners(bot))
    (runner,) = runners(bot)
    everyone = family(bootloader)
    {"bootloader": bootloader, "bot": bot, "runner": runner}[victim].kill()
    if victim == "runner":
        wait_for(lambda: runner not in runners(bot))
        assert bot.is_running()
        serve.terminate()
    serve.wait(20)
    _, alive = psutil.wait_procs(everyone, timeout=20)
    assert not alive


def test_the_folder_does_the_same(folder: Path, bare: Environment):
    assert run(folder, bare, "--version").strip() == f"mynah {__version__}"
    assert run(folder, bare, "selftest")
    replies = run(folder, bare, "demo", "--json").splitlines()
    assert {json.loads(line)["mode"] for line in replies} == {"markov", "llm", "hybrid"}
    assert not (Path(bare["MYNAH_HOME"]) / "models").exists()
    inside = folder.parent / "_internal"
    # What a guild's week is drawn with.
    assert [*inside.glob("PIL/_imagingft*")] and [*inside.glob("assets/font/*.ttf")]
    # What looks at pictures.
    assert [*inside.glob("PIL/_webp*")] and [*inside.glob("llama_cpp/lib/*mtmd*")]
    developing = ("pytest", "sklearn", "scipy", "lightgbm", "mypy", "matplotlib")
    assert not {name for name in developing if (inside / name).exists()}


class Terminal:
    """The program in tmux."""

    def __init__(self, program: Path, bare: Environment, socket: Path) -> None:
        self._tmux = [str(shutil.which("tmux")), "-S", str(socket)]
        shown = " ".join(f"{name}={value}" for name, value in bare.items())
        self._run("new", "-d", "-x", "120", "-y", "40", f"env -i {shown} {program}")
        self.pid = int(self._run("display", "-p", "#{pane_pid}"))

    def _run(self, *words: str) -> str:
        done = subprocess.run([*self._tmux, *words], capture_output=True, text=True)
        return done.stdout

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def close(self) -> None:
        self._run("kill-server")


@pytest.fixture
def terminal(executable: Path, bare: Environment, tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(executable, bare, tmp_path / "tmux")
    yield terminal
    terminal.close()


@pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
@pytest.mark.parametrize("victim", ["bootloader", "screens", "bot"])
def test_the_screens_open_take_keys_and_leave_nothing_when_killed(
    terminal: Terminal, tmp_path: Path, victim: str
):
    wait_for(lambda: "sample" in terminal.screen())
    terminal.press("Escape")
    wait_for(lambda: "Playground" in terminal.screen())
    terminal.press("9")
    wait_for(lambda: "Logs" in terminal.screen())
    wait_for((tmp_path / "home" / "endpoint.json").exists)
    bootloader, screens, bot, *_ = family(psutil.Process(terminal.pid))
    {"bootloader": bootloader, "screens": screens, "bot": bot}[victim].kill()
    if victim == "bot":
        wait_for(lambda: "Logs" in terminal.screen())
        bootloader.terminate()
    _, alive = psutil.wait_procs([bootloader, screens, bot], timeout=20)
    assert not alive
