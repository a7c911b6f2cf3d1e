"""Sends the result of one request, and the notifications before it."""

from app.ipc import stdio
from app.ipc.wire import Failure, Frame, Notification, Params, ReplyFrame, encode


class ResponseWriter:
    """Writes frames about one request; waits while the bot reads more slowly."""

    def __init__(self, fd: int, id: int | None) -> None:
        self._fd = fd
        self._id = id

    def reply(self, result: object) -> None:
        if self._id is not None:
            self._send(ReplyFrame(self._id, result))

    def notify(self, params: Params) -> None:
        self._send(Notification(params))

    def fail(self, code: int, message: str, hint: str = "") -> None:
        self._send(Failure(self._id, code, message, hint))

    def _send(self, frame: Frame) -> None:
        stdio.write_all(self._fd, encode(frame))
