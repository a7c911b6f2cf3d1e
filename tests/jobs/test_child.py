"""The process of one job, started for real: what comes out of it, and how it ends."""

import json
import subprocess
import sys
from typing import Any

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.ipc.control import Progress
from app.ipc.jobs import (
    FROM_CHILD,
    CompareJob,
    ImportJob,
    Pause,
    RebuildJob,
    Resume,
)
from app.ipc.wire import Failure, Frame, Notification, RequestFrame, encode
from app.store import guilds
from app.store.database import Database

pytestmark = pytest.mark.process

REPLACED = """
import sys
from app.core.errors import UsageError
from app.ipc.control import Progress
from app.ipc.control import Progress
from app.ipc.jobs import RebuildJobReply
from app.jobs import child

def carry_out(request, home, tell, is_whole):
    {body}

child.carry_out = carry_out
sys.exit(child.main(sys.argv[1:]))
"""


class Child:
    """A job of a home, or with `body` as its work."""

    def __init__(self, home: Home, body: str | None = None) -> None:
        program = ["-m", "app", "job"]
        if body is not None:
            program = ["-c", REPLACED.format(body=body)]
        self.process = subprocess.Popen(
            [sys.executable, *program, "--home", str(home.root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def ask(self, *frames: Frame | bytes) -> tuple[int, list[dict[str, Any]], str]:
        """Its exit code, the frames that it sent, and its stderr."""
        process = self.process
        assert process.stdin and process.stdout and process.stderr
        with process:
            # Its standard input stays open, or it would end at once.
            self.say(*frames)
            told = [json.loads(line) for line in process.stdout]
            errors = process.stderr.read().decode()
        return process.returncode, told, errors

    def say(self, *frames: Frame | bytes) -> None:
        """Write to its standard input."""
        assert self.process.stdin
        for frame in frames:
            line = frame if isinstance(frame, bytes) else encode(frame)
            self.process.stdin.write(line)
        self.process.stdin.flush()


REQUEST = RequestFrame(3, RebuildJob(GuildId(1)))


def test_a_job_says_how_far_it_is_and_then_what_it_found(home):
    tell = "tell(Progress('rebuild', 'a', 1, 2, 'messages', 3.0))"
    body = f"print('noise'); {tell}; return RebuildJobReply(request.guild + 1)"
    code, (step, memory, reply), errors = Child(home, body).ask(REQUEST)
    assert (code, reply) == (0, {"id": 3, "result": {"messages": 2}})
    frame = FROM_CHILD.decode(json.dumps(step).encode())
    assert frame == Notification(Progress("rebuild", "a", 1, 2, "messages", 3.0))
    assert memory["method"] == "memory_taken" and memory["params"]["bytes"] > 1 << 20
    assert "noise" in errors


def test_a_real_job_reads_its_request_and_does_it(home, tmp_path):
    file = tmp_path / "--all; of them.txt"
    file.write_text("to be or not to be\nthat is the question\n")
    with Database(home.database) as database:
        guild = database.call(guilds.ensure, "Elsinore").id
    job = ImportJob(guild, [str(file)], "the hall")
    code, frames, _ = Child(home).ask(RequestFrame(1, job))
    counts = frames[-1]["result"]["counts"]
    assert (code, counts["read"], counts["added"]) == (0, 2, 2)
    (read,) = counts["files"]
    assert (read["file"], read["read"], read["added"]) == (file.name, 2, 2)
    assert read["format"] == "text"


def test_a_failure_is_told_as_such(home):
    asked = RequestFrame(5, CompareJob(GuildId(1), "nothing"))
    code, frames, _ = Child(home).ask(asked)
    (failure,) = (FROM_CHILD.decode(json.dumps(frame).encode()) for frame in frames)
    assert isinstance(failure, Failure)
    assert (code, failure.id, failure.code) == (64, 5, 64)
    assert "no snapshot 'nothing'" in failure.message


def test_a_bug_ends_the_child_with_its_traceback(home):
    body = "return RebuildJobReply(1 / 0)"
    code, frames, errors = Child(home, body).ask(REQUEST)
    assert code != 0 and frames == []
    assert errors.rstrip().endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"import 1 --channel x\n", "not JSON"),
        (b'{"id": 1, "method": "sleep"}\n', "unknown method"),
        (b'{"id": 1, "method": "rebuild", "params": {"guild": "1"}}\n', "guild"),
    ],
)
def test_a_request_that_is_none_is_refused(home, line, told):
    code, (failure,), _ = Child(home).ask(line)
    assert code == 64 and told in failure["error"]["message"]


def test_a_paused_job_waits_after_its_next_step_until_it_is_to_go_on(home):
    step = "tell(Progress('rebuild', 'a', 1, 2, 'messages', 3.0))"
    body = f"import time; time.sleep(0.5); {step}; return RebuildJobReply(9)"
    child = Child(home, body)
    child.say(REQUEST, Notification(Pause()))
    assert child.process.stdout
    assert b"progress" in child.process.stdout.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        child.process.wait(0.5)
    code, (_, reply), _ = child.ask(Notification(Resume()))
    assert (code, reply["result"]) == (0, {"messages": 9})


def test_a_job_ends_at_once_when_its_standard_input_does(home):
    child = Child(home, "import time; time.sleep(60)")
    child.say(REQUEST)
    assert child.process.stdin
    child.process.stdin.close()
    child.process.wait(10)
    for stream in (child.process.stdout, child.process.stderr):
        assert stream
        stream.close()
