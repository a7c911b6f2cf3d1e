"""The child's side of one job: progress, then one reply, then the end."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from app.core.errors import AppError
from app.ipc.control import Progress
from app.ipc.stdio import exit_with_stdin, take_stdout, write_all
from app.ipc.wire import Failure, Frame, Notification, ReplyFrame, encode

Tell = Callable[[Progress], None]


def carry_out(
    work: Callable[[Tell], Mapping[str, Any]],
    *,
    niceness: int,
    on_line: Callable[[bytes], None] = lambda line: None,
) -> int:
    """Do `work` for the parent process; return the exit code.

    A bug in it ends this process, and the parent shows its traceback from stderr.

    Args:
        work: Reports progress to its argument; returns the fields of the reply.
        niceness: Its niceness towards other processes, where the system has one.
        on_line: Receives lines from the other process.
    """
    stdout = take_stdout()
    exit_with_stdin(on_line)
    if hasattr(os, "nice"):
        os.nice(niceness)

    def send(frame: Frame) -> None:
        write_all(stdout, encode(frame))

    try:
        result = work(lambda progress: send(Notification(progress)))
    except AppError as error:
        send(Failure(0, error.exit_code, error.message, error.hint))
        return error.exit_code
    send(ReplyFrame(0, dict(result)))
    return 0
