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


def child(*words: str) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", CHILD, *words]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)


def test_a_loop_that_stands_still_ends_the_process_and_says_where():
    stands = child("stands", "0")
    _, said = stands.communicate(timeout=30)
    assert stands.returncode == EXIT_CODE
    assert "stands still" in said and "in main" in said


def test_a_loop_that_runs_is_left_alone_and_so_is_the_end_of_the_work():
    runs, ends = child("runs", "4"), child("ends", "0")
    assert (runs.wait(30), ends.wait(30)) == (0, 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that stops")
def test_a_process_that_was_stopped_goes_on():
    stopped = child("runs", "1")
    assert stopped.stdout and stopped.stdout.readline() == "ready\n"
    stopped.send_signal(signal.SIGSTOP)
    time.sleep(4)
    stopped.send_signal(signal.SIGCONT)
    assert stopped.wait(30) == 0
