"""A process whose loop stands still ends; one that was stopped goes on."""

import os
import signal
import subprocess
import sys
import time

import pytest

from app.core.system.standstill import EXIT_CODE

CHILD = """
import asyncio, sys, time
from app.core.system import standstill

async def main():
    watching = asyncio.ensure_future(standstill.watch(1.2))
    print("ready", flush=True)
    if sys.argv[1] == "stands":
        await asyncio.sleep(0.2)
        time.sleep(60)
    await asyncio.sleep(float(sys.argv[2]))
    if sys.argv[1] == "ends":
        watching.cancel()
        await asyncio.wait([watching])
        time.sleep(3)

asyncio.run(main())
"""


BOT = """
import asyncio, sys, time
from pathlib import Path
from app import serve
from app.core.paths import Home
from app.core.system import standstill

standstill.watch.__defaults__ = (1.2,)
stand = lambda *_: asyncio.get_running_loop().call_later(0.3, time.sleep, 60)
serve.hear = stand
serve.serve(Home(Path(sys.argv[1])).create(), None)
"""


def child(*words: str, code: str = CHILD) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", code, *words]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Return the exit code, and what stands on stderr."""
    with process:
        try:
            _, said = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, said


def test_a_loop_that_stands_still_ends_the_process_and_says_where():
    code, said = ended(child("stands", "0"))
    assert code == EXIT_CODE
    assert "stands still" in said and "in main" in said


def test_a_bot_that_stands_still_ends(tmp_path):
    code, said = ended(child(str(tmp_path / "home"), code=BOT))
    assert code == EXIT_CODE and "stands still" in said


def test_a_loop_that_runs_is_left_alone_and_so_is_the_end_of_the_work():
    runs, ends = child("runs", "4"), child("ends", "0")
    assert ended(runs) == ended(ends) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that stops")
def test_a_process_that_was_stopped_goes_on():
    stopped = child("runs", "1")
    assert stopped.stdout and stopped.stdout.readline() == "ready\n"
    stopped.send_signal(signal.SIGSTOP)
    time.sleep(4)
    stopped.send_signal(signal.SIGCONT)
    assert ended(stopped) == (0, "")
