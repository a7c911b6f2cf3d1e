"""A child's side of one job: progress, then one reply, and it ends."""

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
    """Do `work` for the process that started this one; returns the exit code.

    A bug in it ends this process, and its traceback on stderr is what the other shows.

    Args:
        work: Says how far it is by what it is given; returns the fields of the reply.
        niceness: How much it stands back behind other processes, where there is that.
        on_line: Takes what the other process says meanwhile.
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
