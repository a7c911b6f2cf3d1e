"""The process of one job: reads the request, tells its progress, replies, and ends.

The bot starts `job`, sends one request on its standard input, and ends it by closing
that. `Pause` and `Resume` there make it wait, and go on.
"""

import argparse
import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from app.core.errors import AppError, UsageError
from app.core.paths import Home
from app.core.system.memory_limit import most_memory
from app.ipc.control import Progress
from app.ipc.jobs import (
    TO_CHILD,
    AllStored,
    CompareJob,
    FollowJob,
    ImportJob,
    MemoryTaken,
    Pause,
    PictureJob,
    PreviewJob,
    RebuildJob,
    RequantiseJob,
    Resume,
    SearchJob,
    SpeechJob,
    TokenVoiceJob,
    UtteranceJob,
)
from app.ipc.stdio import exit_with_stdin, take_stdout, write_all
from app.ipc.wire import (
    Failure,
    Frame,
    Notification,
    ReplyFrame,
    Request,
    RequestFrame,
    WireError,
    encode,
)

Tell = Callable[[Progress], None]


class Orders:
    """Standard input of a job: one request, then what steers it."""

    def __init__(self) -> None:
        self._first: queue.SimpleQueue[RequestFrame | WireError] = queue.SimpleQueue()
        self._goes_on = threading.Event()
        self._goes_on.set()
        self._is_whole = threading.Event()

    def take(self, line: bytes) -> None:
        """Act on one line; one that is no frame counts only as the first."""
        try:
            frame = TO_CHILD.decode(line)
        except WireError as error:
            self._first.put(error)
            return
        match frame:
            case RequestFrame():
                self._first.put(frame)
            case Notification(Pause()):
                self._goes_on.clear()
            case Notification(Resume()):
                self._goes_on.set()
            case Notification(AllStored()):
                self._is_whole.set()

    def request(self) -> RequestFrame:
        """Wait for the request.

        Raises:
            WireError: If the first line is none.
        """
        first = self._first.get()
        if isinstance(first, WireError):
            raise first
        return first

    def wait_while_paused(self) -> None:
        """Return as soon as the work may go on."""
        self._goes_on.wait()

    def is_whole(self, seconds: float = 0.0) -> bool:
        """Wait for `AllStored` that long at most, and tell if it came."""
        return self._is_whole.wait(seconds)


def main(argv: Sequence[str]) -> int:
    """Do the job that standard input asks for; returns the exit code (sysexits).

    A bug in it ends this process, and its traceback on stderr is what the bot shows.
    """
    parser = argparse.ArgumentParser("mynah job")
    parser.add_argument("--home", type=Path, required=True)
    home = Home(parser.parse_args(argv).home)
    # SQLite reads this when it loads; what it sorts and compacts stays in the home.
    home.temporary.mkdir(mode=0o700, exist_ok=True)
    os.environ["SQLITE_TMPDIR"] = str(home.temporary)
    stdout, orders = take_stdout(), Orders()
    exit_with_stdin(orders.take)

    def send(frame: Frame) -> None:
        write_all(stdout, encode(frame))

    def tell(progress: Progress) -> None:
        send(Notification(progress))
        # Between two batches nothing is being written and nobody waits.
        orders.wait_while_paused()

    try:
        frame = orders.request()
    except WireError as error:
        send(error.failure())
        return UsageError.exit_code
    try:
        reply = carry_out(frame.params, home, tell, orders.is_whole)
    except AppError as error:
        send(Failure(frame.id, error.exit_code, error.message, error.hint))
        return error.exit_code
    send(Notification(MemoryTaken(most_memory())))
    send(ReplyFrame(frame.id, reply))
    return 0


def carry_out(
    request: Request[object],
    home: Home,
    tell: Tell,
    is_whole: Callable[[float], bool] = lambda seconds: True,
) -> object:
    """Do one job of the catalogue.

    Only now is imported what the job needs: native code writes to fd 1.

    Args:
        is_whole: Waits that many seconds for the last message of a `FollowJob`, and
            tells if it is stored.

    Raises:
        AppError: What the owner can mend.
    """
    if isinstance(request, TokenVoiceJob):
        from app.jobs import token_voice

        if not request.is_awaited:
            _stand_back(token_voice.NICENESS)
        return token_voice.run(request, home, tell)
    if isinstance(request, RequantiseJob):
        from app.jobs import requantise

        _stand_back(requantise.NICENESS)
        return requantise.run(request, home, tell)
    if isinstance(
        request, ImportJob | FollowJob | PreviewJob | RebuildJob | CompareJob
    ):
        from app.jobs import import_and_rebuild

        # An import that another follows stands back already, and so does the other.
        if not isinstance(request, FollowJob):
            _stand_back(import_and_rebuild.NICENESS)
        return import_and_rebuild.run(request, home, tell, is_whole)
    if isinstance(request, SearchJob):
        from app.jobs import search

        _stand_back(search.NICENESS)
        return search.run(request, home)
    return _sense(request)


def _sense(request: Request[object]) -> object:
    """Look at a picture, or hear or say words."""
    if isinstance(request, PictureJob):
        from app.jobs import picture

        return picture.run(request)
    if isinstance(request, SpeechJob):
        from app.jobs import speech

        _stand_back(speech.NICENESS)
        return speech.run(request)
    if isinstance(request, UtteranceJob):
        from app.jobs import utterance

        _stand_back(utterance.NICENESS)
        return utterance.run(request)
    raise TypeError(f"no job answers {request.method}")


def _stand_back(niceness: int) -> None:
    """Let other processes go first, where the system knows that."""
    if hasattr(os, "nice"):
        os.nice(niceness)
