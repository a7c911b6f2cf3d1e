"""Signals, and the events of a console of Windows, end a program in order."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from app.core.system import requests_to_end
from app.core.system.requests_to_end import SECONDS, hear, hear_terminal_end

CLOSE = 2
"""CTRL_CLOSE_EVENT."""

PATIENT = """
from app.core.system.requests_to_end import leave_to_parent
leave_to_parent()
print("up", flush=True)
print(input())
"""


async def _first_of(ask, *names: str) -> int:
    asked: asyncio.Queue[int] = asyncio.Queue()
    hear(asked.put_nowait, *names)
    ask()
    return await asyncio.wait_for(asked.get(), 10)


@pytest.mark.posix_only("Windows has no signals between processes")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
async def test_a_signal_is_heard_and_ends_nothing_by_itself(name: str):
    number = getattr(signal, name)
    assert await _first_of(lambda: os.kill(os.getpid(), number), name) == number


@pytest.mark.skipif(sys.platform != "win32", reason="about a console of Windows")
@pytest.mark.parametrize("event", [0, 1, CLOSE])
async def test_an_event_of_the_console_is_heard_and_a_closing_one_waits(
    event: int, monkeypatch: pytest.MonkeyPatch
):
    import ctypes

    set_handlers: list[Callable[[int], bool]] = []
    waits: list[float] = []

    class Kernel:
        def SetConsoleCtrlHandler(self, handler, is_added: bool) -> int:  # noqa: N802
            if is_added:
                set_handlers.append(handler)
            return 1

    class Libraries:
        kernel32 = Kernel()

    def ask() -> None:
        # The system runs a handler in a thread of its own.
        threading.Thread(target=set_handlers[0], args=[event]).start()

    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "windll", Libraries(), raising=False)
        patch.setattr("app.core.system.requests_to_end.time.sleep", waits.append)
        number = await _first_of(ask)
    assert number == (signal.SIGINT if event == 0 else getattr(signal, "SIGBREAK", 0))
    assert waits == ([SECONDS] if event == CLOSE else [])


@pytest.mark.skipif(sys.platform != "win32", reason="about a console of Windows")
def test_nothing_is_kept_for_a_loop_that_is_closed():
    async def listen() -> None:
        hear(print)

    for _ in range(3):
        asyncio.run(listen())
    assert len(vars(requests_to_end)["_handlers"]) == 1


class Terminal:
    """A terminal that stays."""

    def isatty(self) -> bool:
        return True


def test_nobody_looks_for_the_terminal_of_a_loop_that_is_closed(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(sys, "__stdin__", Terminal())
    monkeypatch.setattr(requests_to_end, "TERMINAL_SECONDS", 0.01)

    async def listen() -> threading.Thread:
        before = set(threading.enumerate())
        hear_terminal_end(print)
        (looking,) = set(threading.enumerate()) - before
        return looking

    looking = asyncio.run(listen())
    looking.join(10)
    assert not looking.is_alive()


@pytest.mark.process
@pytest.mark.posix_only("Windows has no signals between processes")
def test_a_child_leaves_requests_to_its_parent():
    with subprocess.Popen(
        [sys.executable, "-c", PATIENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout and child.stdout.readline() == "up\n"
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGTERM)
        assert child.communicate("still here\n", timeout=20)[0] == "still here\n"
