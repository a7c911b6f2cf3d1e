"""The packaged program, run as a person would who has nothing else."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from app import __version__

pytestmark = [
    pytest.mark.package,
    pytest.mark.process,
    pytest.mark.model,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="uses signals and tmux"),
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


def wait_for(condition, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it took too long"
        time.sleep(0.1)


def test_it_names_its_version(executable: Path, bare: Environment):
    assert run(executable, bare, "--version").strip() == f"mynah {__version__}"


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
    for mode in ("llm", "hybrid"):
        reply = json.loads(run(executable, bare, "say", "--mode", mode, *patient))
        assert reply["provider"] == "local", reply["rungs"]


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


@pytest.mark.parametrize("victim", ["bootloader", "bot"])
def test_a_killed_bot_leaves_nothing(executable: Path, bare: Environment, victim: str):
    serve = subprocess.Popen([executable, "serve"], env=bare)
    wait_for((Path(bare["MYNAH_HOME"]) / "endpoint.json").exists)
    processes = family(psutil.Process(serve.pid))
    assert len(processes) >= 2
    processes[0 if victim == "bootloader" else 1].kill()
    serve.wait(10)
    _, alive = psutil.wait_procs(processes, timeout=10)
    assert not alive


@pytest.mark.skipif(not shutil.which("tmux"), reason="needs tmux")
def test_the_screens_open_and_take_keys(
    executable: Path, bare: Environment, tmp_path: Path
):
    tmux = [str(shutil.which("tmux")), "-S", str(tmp_path / "tmux")]
    shown = " ".join(f"{name}={value}" for name, value in bare.items())
    command = f"env -i {shown} {executable}"
    subprocess.run([*tmux, "new", "-d", "-x", "120", "-y", "40", command], check=True)
    try:

        def screen() -> str:
            taken = subprocess.run(
                [*tmux, "capture-pane", "-p"], capture_output=True, text=True
            )
            return taken.stdout

        wait_for(lambda: "sample" in screen())
        subprocess.run([*tmux, "send-keys", "Escape"], check=True)
        wait_for(lambda: "Playground" in screen())
        subprocess.run([*tmux, "send-keys", "9"], check=True)
        wait_for(lambda: "Logs" in screen())
    finally:
        server = subprocess.run(
            [*tmux, "display", "-p", "#{pane_pid}"], capture_output=True, text=True
        )
        os.kill(int(server.stdout), signal.SIGKILL)
        subprocess.run([*tmux, "kill-server"])
