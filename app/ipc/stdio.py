"""The child's side of the pipe: frames on a copy of fd 1, the rest on stderr."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from app.ipc.wire import MAX_FRAME_BYTES

CHUNK_BYTES = 64 * 1024


def take_stdout() -> int:
    """Return a private copy of fd 1; from now on, everything prints to stderr.

    Call it before importing native code: llama.cpp and ONNX write to fd 1, and
    llama-cpp-python redirects it while loading.
    """
    sys.stdout.flush()
    private = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return private


def take_stdin() -> int:
    """Return a private copy of fd 0, which from now on is at its end.

    On Windows, a library with a C runtime of its own asks for the type of fd 0 as it is
    loaded, which waits for as long as a thread reads from the pipe.
    """
    private = os.dup(0)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return private


def write_all(fd: int, data: bytes) -> None:
    """Write everything; a pipe may take only a part at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def read_lines(fd: int) -> Iterator[bytes]:
    """Yield the lines of a pipe until it ends; an incomplete last line is dropped.

    It reads the descriptor itself: a thread waiting inside `sys.stdin` holds its lock
    when the interpreter ends, which aborts the process.

    Raises:
        ValueError: If a line is longer than a frame may be.
    """
    pending = bytearray()
    while chunk := os.read(fd, CHUNK_BYTES):
        first, *rest = chunk.split(b"\n")
        pending += first
        for piece in rest:
            yield bytes(pending) + b"\n"
            pending = bytearray(piece)
        if len(pending) > MAX_FRAME_BYTES:
            raise ValueError("a line is longer than a frame may be")


class StdinReader:
    """Lines of stdin for asyncio, read by a thread, since pipes differ by platform."""

    def __init__(self, fd: int | None = None) -> None:
        self._fd = take_stdin() if fd is None else fd
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[bytes] = asyncio.Queue(maxsize=64)
        threading.Thread(target=self._pump, name="stdin", daemon=True).start()

    async def readline(self) -> bytes:
        return await self._lines.get()

    def _pump(self) -> None:
        try:
            for line in read_lines(self._fd):
                asyncio.run_coroutine_threadsafe(
                    self._lines.put(line), self._loop
                ).result()
        except (OSError, ValueError):
            pass  # A broken pipe and a frame without end both end the link.
        except RuntimeError:
            return  # The loop ended before the pipe.
        asyncio.run_coroutine_threadsafe(self._lines.put(b""), self._loop)


class StdoutWriter:
    """Writes to a private stdout for asyncio, in order, on a thread of their own."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pending = bytearray()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stdout")

    def write(self, data: bytes) -> None:
        self._pending += data

    async def drain(self) -> None:
        data, self._pending = bytes(self._pending), bytearray()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, write_all, self._fd, data)

    def close(self) -> None:
        self._thread.shutdown(wait=False)


def exit_with_stdin(on_line: Callable[[bytes], None]) -> None:
    """Pass each line of stdin to `on_line`, and end the process after the last.

    Runs a daemon thread. `os._exit` skips destructors: native code may hang in them,
    and a killed parent must leave no orphan.
    """

    fd = take_stdin()

    def pump() -> None:
        try:
            for line in read_lines(fd):
                on_line(line)
        finally:
            os._exit(0)

    threading.Thread(target=pump, name="stdin", daemon=True).start()
