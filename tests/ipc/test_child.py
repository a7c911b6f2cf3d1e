"""Real child processes: calls, crashes, restarts, and their end."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from app.core.errors import ChildExitError
from app.ipc.child import Child, ChildState
from app.ipc.wire import Params
from tests import killing
from tests.ipc.children import CATALOGUE, Do, Hello, Said

pytestmark = pytest.mark.process

SCRIPT = Path(__file__).with_name("children.py")


class Watched:
    """A child, the states it went through, and the waits it asked for."""

    def __init__(self, *arguments):
        self.states: list[ChildState] = []
        self.naps: list[float] = []
        self.lines: list[str] = []
        self.hello: asyncio.Queue[Params] = asyncio.Queue()
        self.changed = asyncio.Event()
        self.child = Child(
            "helper",
            [sys.executable, str(SCRIPT), *arguments],
            CATALOGUE,
            on_notification=self.hello.put_nowait,
            on_state=self.enter,
            on_stderr=self.lines.append,
            sleep=self.nap,
        )

    def enter(self, state):
        self.states.append(state)
        self.changed.set()

    async def nap(self, seconds):
        self.naps.append(seconds)

    async def up(self):
        hello = await asyncio.wait_for(self.hello.get(), 20)
        assert isinstance(hello, Hello)
        return hello.pid

    async def until(self, name):
        while self.child.state.name != name:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 20)
        return self.child.state


@asynccontextmanager
async def started(*arguments):
    watched = Watched(*arguments)
    watched.child.start()
    try:
        yield watched
    finally:
        await watched.child.stop()


async def test_a_child_answers_over_its_pipe():
    async with started() as watched:
        await watched.up()
        assert await watched.child.call(Do("echo", "hé")) == Said("hé")


async def test_what_the_child_prints_goes_to_stderr_and_not_among_the_frames():
    async with started() as watched:
        await watched.up()
        await watched.child.call(Do("print", "loose words"))
        assert await watched.child.call(Do("echo", "x")) == Said("x")
        for _ in range(100):
            if len(watched.lines) == 2:
                break
            await asyncio.sleep(0.05)
    assert watched.lines == ["loose words", "loose words"]


async def test_kill_9_fails_the_call_with_the_last_words_and_restarts():
    async with started() as watched:
        first = await watched.up()
        with pytest.raises(ChildExitError, match=f"{killing.KILLED}: GGML_ASSERT"):
            await watched.child.call(Do("die"))
        second = await watched.up()
        assert second != first
        assert await watched.child.call(Do("echo", "back")) == Said("back")
    assert watched.naps == [1.0]


async def test_the_last_words_of_a_child_are_those_of_trouble():
    async with started() as watched:
        await watched.up()
        await watched.child.call(Do("print", "INFO app.serve: it is up"))
        with pytest.raises(ChildExitError) as told:
            await watched.child.call(Do("die"))
        assert "INFO" not in str(told.value) and "GGML_ASSERT" in str(told.value)


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="POSIX has them")
async def test_a_child_that_a_nameless_signal_killed_is_started_again():
    async with started() as watched:
        first = await watched.up()
        os.kill(first, signal.SIGRTMIN + 3)
        assert await watched.up() != first
        assert "killed by signal" in watched.states[-3].reason


def test_a_fault_on_windows_is_told_in_the_form_that_its_owner_finds():
    child = Child("helper", ["helper"], CATALOGUE)
    assert child._describe(3221225477) == "exit code 0xc0000005"
    assert child._describe(64) == "exit code 64"


async def test_a_child_that_nobody_watches_any_more_is_not_told_as_running():
    async def broken(command):
        raise RuntimeError("planted")

    child = Child("helper", ["helper"], CATALOGUE, spawn=broken)
    child.start()
    assert child._supervisor is not None
    await asyncio.wait([child._supervisor])
    assert child.state.name == "failed"
    assert "planted" in child.state.reason
    with pytest.raises(ChildExitError, match="planted"):
        await child.call(Do("echo"))


async def test_five_quick_deaths_and_it_gives_up_and_says_why():
    async with started("exit-early") as watched:
        state = await watched.until("failed")
        assert watched.naps == [1.0, 4.0, 16.0, 60.0]
        assert "5 times" in state.reason
        assert "cannot read the model" in state.reason
        with pytest.raises(ChildExitError, match="cannot read the model"):
            await watched.child.call(Do("echo"))


@pytest.mark.parametrize("code", ["64", "78"])
async def test_an_exit_that_a_restart_cannot_mend_is_final(code):
    async with started() as watched:
        await watched.up()
        with pytest.raises(ChildExitError, match=f"exit code {code}"):
            await watched.child.call(Do("exit", code))
        await watched.until("failed")
    assert watched.naps == []


async def test_a_child_that_failed_can_be_started_again():
    async with started("wrong-configuration") as watched:
        await watched.until("failed")
        before = len(watched.states)
        watched.child.start()
        assert watched.child.state.name == "starting"
        await watched.until("failed")
        assert len(watched.states) > before


async def test_a_program_that_does_not_exist_is_told():
    watched = Watched()
    watched.child._command = ["/no/such/program"]
    watched.child.start()
    state = await watched.until("failed")
    assert "cannot be started" in state.reason
    await watched.child.stop()


async def test_stop_ends_the_process():
    async with started() as watched:
        pid = await watched.up()
    assert not psutil.pid_exists(pid)
    assert watched.child.state.name == "stopped"


async def test_a_child_that_hangs_is_killed_after_the_grace(monkeypatch):
    monkeypatch.setattr("app.ipc.child.GRACE_SECONDS", 0.3)
    async with started() as watched:
        pid = await watched.up()
        call = asyncio.create_task(watched.child.call(Do("hang")))
        await asyncio.sleep(0.2)
        async with asyncio.timeout(20):  # It would hang for a minute.
            await watched.child.stop()
        with pytest.raises(ChildExitError):
            await call
    assert not psutil.pid_exists(pid)


def test_a_killed_parent_leaves_no_orphan():
    middle = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, {str(SCRIPT)!r}],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", middle], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        child.wait(timeout=10)
