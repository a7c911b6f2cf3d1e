"""Jobs in children: how they are asked, steered, and what is told of their end."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence

import pytest

from app.core.errors import AppError, ChildExitError, UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.child import Process, Spawn, spawn
from app.ipc.control import Progress
from app.ipc.jobs import (
    CompareJob,
    ImportJob,
    RebuildJob,
    RebuildJobReply,
    TokenVoiceJob,
)
from app.service.job_runner import JobRunner

pytestmark = pytest.mark.process

HOSTILE = "--home=/ ; $(reboot) \n pause"


class Spawned:
    """Starts a script in a job's place, and keeps the command that was asked for."""

    def __init__(self, script: str) -> None:
        self.commands: list[Sequence[str]] = []
        self._script = script

    async def __call__(self, command: Sequence[str]) -> Process:
        self.commands.append(command)
        return await spawn([sys.executable, "-c", self._script])


def dying(last_words: str, code: int) -> Spawn:
    """Start a program that ends at once in a job's place."""
    script = f"import sys; print(end={last_words!r}, file=sys.stderr); sys.exit({code})"

    async def start(command: Sequence[str]) -> Process:
        return await spawn([sys.executable, "-c", script])

    return start


ECHO = """
import json, sys
frame = json.loads(sys.stdin.readline())
print(json.dumps({"id": frame["id"], "error": {"code": 64, "message": repr(frame)}}))
"""

STEERED = """
import json, sys
frame = json.loads(sys.stdin.readline())
step = {"work": "w", "label": "l", "done": 1, "total": 9, "unit": "u", "rate": 1.0}
def tell():
    print(json.dumps({"method": "progress", "params": step}), flush=True)
tell()
for _ in range(2):
    step["note"] = json.loads(sys.stdin.readline())["method"]
    tell()
print(json.dumps({"id": frame["id"], "result": {"messages": 1}}))
"""

IN_PARTS = """
import json, sys
frame = json.loads(sys.stdin.readline())
for work, done in (("import", 1), ("import", 9), ("rebuild", 0), ("rebuild", 9)):
    step = {"work": work, "label": "l", "done": done, "total": 9, "unit": "u"}
    step["rate"] = 1.0
    print(json.dumps({"method": "progress", "params": step}), flush=True)
print(json.dumps({"id": frame["id"], "result": {"messages": 1}}))
"""


async def test_nothing_of_a_request_stands_on_the_command_line(home: Home) -> None:
    spawned = Spawned(ECHO)
    job = ImportJob(GuildId(7), [HOSTILE, "/home/anna/secret plans.json"], HOSTILE)
    with pytest.raises(UsageError) as told:
        await JobRunner(home, spawn=spawned).run(job, lambda step: None)
    (command,) = spawned.commands
    assert command[-3:] == ["job", "--home", str(home.root)]
    params = {"guild": 7, "paths": job.paths, "channel": HOSTILE}
    params |= {"as_format": None, "dates": None}
    assert told.value.message == repr({"id": 1, "method": "import", "params": params})


async def test_a_name_that_looks_like_an_option_reaches_the_job(home: Home) -> None:
    with pytest.raises(UsageError, match=r"no snapshot '--home=/"):
        await JobRunner(home).run(CompareJob(GuildId(1), HOSTILE), lambda step: None)


async def test_a_job_hears_that_it_is_to_wait_and_to_go_on(home: Home) -> None:
    heard: list[Progress] = []
    runner = JobRunner(home, spawn=Spawned(STEERED))
    work = asyncio.create_task(runner.run(RebuildJob(GuildId(1)), heard.append))
    await until(lambda: bool(heard))
    assert await runner.steer(heard[0].job, "pause")
    await until(lambda: heard[-1].note == "pause")
    assert heard[-1].paused
    assert await runner.steer(heard[0].job, "resume")
    assert await work == RebuildJobReply(1)
    assert [step.note for step in heard if step.note][-2:] == ["resume", "resume"]
    assert heard[-1].finished and not heard[-1].paused
    assert not await runner.steer(heard[0].job, "pause")


async def test_a_stopped_job_is_killed_and_told_as_stopped_not_as_an_error(
    home: Home,
) -> None:
    heard: list[Progress] = []
    runner = JobRunner(home, spawn=Spawned(STEERED))
    work = asyncio.create_task(runner.run(RebuildJob(GuildId(1)), heard.append))
    await until(lambda: bool(heard))
    assert not await runner.steer(heard[0].job, "anything else")
    assert not await runner.steer(heard[0].job + 1, "stop")
    assert await runner.steer(heard[0].job, "stop")
    with pytest.raises(AppError, match="stopped"):
        await work
    assert heard[-1].stopped and heard[-1].finished and not heard[-1].error


async def test_each_part_of_a_job_ends_with_it(home: Home) -> None:
    told: list[Progress] = []
    jobs = JobRunner(home, spawn=Spawned(IN_PARTS))
    await jobs.run(RebuildJob(GuildId(1)), told.append)
    over = {one.work: one for one in told if one.finished}
    assert over.keys() == {"import", "rebuild"}
    assert all(one.done == one.total and not one.error for one in over.values())


async def test_a_token_voice_can_not_be_steered(home: Home) -> None:
    heard: list[Progress] = []
    runner = JobRunner(home, spawn=Spawned(STEERED))
    job = TokenVoiceJob(GuildId(1), "model.gguf")
    work = asyncio.create_task(runner.run(job, heard.append))
    await until(lambda: bool(heard))
    assert heard[0].job == 0 and not await runner.steer(0, "stop")
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work


async def test_a_request_that_is_given_up_ends_its_child(home: Home) -> None:
    begun: list[Process] = []

    async def start(command: Sequence[str]) -> Process:
        begun.append(await spawn([sys.executable, "-c", "import time; time.sleep(60)"]))
        return begun[0]

    work = asyncio.create_task(
        JobRunner(home, spawn=start).run(RebuildJob(GuildId(1)), lambda step: None)
    )
    await until(lambda: bool(begun))
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert begun[0].returncode == (1 if os.name == "nt" else -signal.SIGKILL)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what a child brings about."""
    while not is_so():  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("last_words", "code", "told"),
    [
        ("the last words\n", 3, r"code 3: the last words\.$"),
        ("Trace\nKeyError: 1\n", 70, r"code 70: KeyError: 1\.$"),
        ("", 1, r"code 1: it gave no reason\.$"),
    ],
)
async def test_a_job_that_dies_says_so(
    home: Home, last_words: str, code: int, told: str
) -> None:
    runner = JobRunner(home, spawn=dying(last_words, code))
    with pytest.raises(ChildExitError, match=told):
        await runner.run(RebuildJob(GuildId(1)), lambda step: None)
