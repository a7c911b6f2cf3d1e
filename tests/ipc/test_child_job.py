"""One job in a real child: what comes out of it, and how it ends."""

import subprocess
import sys

import pytest

from app.ipc.control import Progress
from app.ipc.wire import Catalogue, Failure, Frame, Notification, ReplyFrame

CATALOGUE = Catalogue((), (Progress,))


def do(body: str) -> tuple[int, list[Frame], str]:
    """Exit code, frames and stderr of a child whose work is `body`."""
    code = f"""
import sys
from app.core.errors import UsageError
from app.ipc.control import Progress
from app.ipc.child_job import carry_out

def work(tell):
    {body}

sys.exit(carry_out(work, niceness=0))
"""
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout and child.stderr and child.stdin
    with child:
        # Its standard input stays open, or it would end at once.
        frames = [CATALOGUE.decode(line) for line in child.stdout]
        errors = child.stderr.read().decode()
    return child.returncode, frames, errors


@pytest.mark.process
def test_a_job_says_how_far_it_is_and_then_what_it_found():
    step = Progress("import", "a file", 1, 2, "messages", 3.0)
    tell = "tell(Progress('import', 'a file', 1, 2, 'messages', 3.0))"
    code, frames, errors = do(f"print('noise'); {tell}; return {{'messages': 2}}")
    assert (code, frames) == (0, [Notification(step), ReplyFrame(0, {"messages": 2})])
    assert "noise" in errors


@pytest.mark.process
def test_what_the_owner_can_mend_comes_as_a_failure():
    code, frames, _ = do("raise UsageError('No such guild.', 'Look.')")
    assert (code, frames) == (64, [Failure(0, 64, "No such guild.", "Look.")])


@pytest.mark.process
def test_a_bug_ends_the_child_with_its_traceback():
    code, frames, errors = do("return {'messages': 1 / 0}")
    assert code != 0 and frames == []
    assert errors.rstrip().endswith("ZeroDivisionError: division by zero")
