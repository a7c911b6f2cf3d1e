"""A child's end of the pipe."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.ipc import stdio
from app.ipc.wire import MAX_FRAME_BYTES

ROOT = Path(__file__).parents[2]
Pipe = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    reads, writes = os.pipe()
    yield reads, writes
    for end in (reads, writes):
        try:
            os.close(end)
        except OSError:
            pass


def test_lines_come_whole_however_the_pipe_cuts_them(pipe: Pipe) -> None:
    reads, writes = pipe
    long = b"x" * (3 * stdio.CHUNK_BYTES)

    def write() -> None:
        for piece in (b"fir", b"st\nsec", b"ond\n\n", long + b"\n", b"no end"):
            stdio.write_all(writes, piece)
        os.close(writes)

    threading.Thread(target=write).start()
    found = list(stdio.read_lines(reads))
    assert found == [b"first\n", b"second\n", b"\n", long + b"\n"]


def test_a_line_longer_than_a_frame_is_refused(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "MAX_FRAME_BYTES", 1_000)
    reads, writes = pipe
    stdio.write_all(writes, b"short\n" + b"x" * 1_001)
    os.close(writes)
    lines = stdio.read_lines(reads)
    assert next(lines) == b"short\n"
    with pytest.raises(ValueError, match="longer than a frame"):
        next(lines)
    assert MAX_FRAME_BYTES > 1_000


async def test_a_reader_ends_with_an_empty_line_also_after_a_frame_without_end(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "MAX_FRAME_BYTES", 1_000)
    reads, writes = pipe
    reader = stdio.StdinReader(reads)
    stdio.write_all(writes, b"hello\n" + b"x" * 1_001)
    async with asyncio.timeout(10):
        assert await reader.readline() == b"hello\n"
        assert await reader.readline() == b""


async def test_writes_arrive_in_order_and_do_not_hold_the_loop(pipe: Pipe) -> None:
    reads, writes = pipe
    writer = stdio.StdoutWriter(writes)
    large = b"y" * 1_000_000
    writer.write(b"a")
    writer.write(large)
    draining = asyncio.create_task(writer.drain())
    await asyncio.sleep(0.05)
    assert not draining.done(), "the pipe is full, and the loop goes on"
    found = b""
    while len(found) < len(large) + 1:
        found += await asyncio.to_thread(os.read, reads, 65_536)
    await draining
    assert found == b"a" + large
    writer.close()


def run(code: str, stdin: int | None = subprocess.PIPE) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.process
def test_what_a_library_prints_never_gets_among_the_frames() -> None:
    code = (
        "import os\nfrom app.ipc import stdio\n"
        "fd = stdio.take_stdout()\n"
        "print('from Python')\nos.write(1, b'from native code\\n')\n"
        "stdio.write_all(fd, b'frame\\n')\n"
    )
    out, err = run(code).communicate(timeout=30)
    assert out == b"frame\n"
    assert b"from Python" in err and b"from native code" in err


@pytest.mark.process
def test_nothing_but_the_reading_thread_can_wait_for_the_parent() -> None:
    """On Windows, libraries ask for the type of fd 0 as they are loaded."""
    code = (
        "import os\nfrom app.ipc import stdio\n"
        "stdio.exit_with_stdin(lambda line: print(line.decode().strip(), flush=True))\n"
        "print(os.read(0, 1), flush=True)\n"
        "while True: pass\n"
    )
    child = run(code)
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline().split() == [b"b''"]
    child.stdin.write(b"steer\n")
    child.stdin.flush()
    assert child.stdout.readline().split() == [b"steer"]
    child.communicate(timeout=30)


@pytest.mark.process
def test_a_child_ends_with_its_stdin_even_while_it_is_busy() -> None:
    code = (
        "import time\nfrom app.ipc import stdio\n"
        "stdio.exit_with_stdin(lambda line: print(line.decode().strip(), flush=True))\n"
        "print('up', flush=True)\n"
        "while True: time.sleep(0.01)\n"
    )
    child = run(code)
    assert child.stdin is not None and child.stdout is not None
    assert child.stdout.readline().split() == [b"up"]
    child.stdin.write(b"steer\n")
    child.stdin.flush()
    assert child.stdout.readline().split() == [b"steer"]
    began = time.monotonic()
    child.stdin.close()
    assert child.wait(timeout=30) == 0 and time.monotonic() - began < 30
    child.stdout.close()
    assert child.stderr is not None
    child.stderr.close()
