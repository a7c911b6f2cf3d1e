"""One end of a link: calls the other side, and answers its calls."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from app.core.errors import AppError, ConfigError, UsageError, explain_os_error
from app.ipc.wire import (
    INTERNAL_ERROR,
    MAX_FRAME_BYTES,
    UNKNOWN_METHOD,
    Catalogue,
    Failure,
    Frame,
    Notification,
    OnNotification,
    Params,
    ReplyFrame,
    Request,
    RequestFrame,
    WireError,
    build,
    encode,
    reply_class,
)

log = logging.getLogger(__name__)

R = TypeVar("R")

Handler = Callable[["Peer", Any], Awaitable[object]]
"""Carries out one request for the peer that sent it; the reply is of its class."""

BY_EXIT_CODE = {UsageError.exit_code: UsageError, ConfigError.exit_code: ConfigError}


class Reader(Protocol):
    """A source of frames."""

    async def readline(self) -> bytes: ...


class Writer(Protocol):
    """A destination of frames."""

    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None: ...
    def close(self) -> None: ...


class PeerGoneError(AppError):
    """The other side is gone and will not answer."""


class RemoteError(RuntimeError):
    """The other side has a bug; its log has the traceback."""


class OtherVersionError(AppError):
    """The other side's reply lacks what this side knows of it."""

    def __init__(self, request: Request[object], complaint: str) -> None:
        super().__init__(
            f"The running bot is of another version ({request.method}: {complaint}).",
            "Stop it and start this one.",
        )


def handlers_of(
    service: object, requests: Iterable[type[Request[object]]]
) -> dict[str, Handler]:
    """Return the methods of `service` by request; a Python keyword gets an underscore.

    Raises:
        AttributeError: If a request has no method with its name.
    """
    found: dict[str, Handler] = {}
    for kind in requests:
        name = kind.method
        found[name] = getattr(service, name, None) or getattr(service, f"{name}_")
    return found


class Peer:
    """The other end of one link; `run` serves it until either side is gone."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        catalogue: Catalogue,
        handlers: Mapping[str, Handler] | None = None,
        on_notification: OnNotification | None = None,
        why_gone: Callable[[], Awaitable[PeerGoneError]] | None = None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._catalogue = catalogue
        self._handlers = handlers or {}
        self._on_notification = on_notification
        self._why_gone = why_gone
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[object]] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._write_lock = asyncio.Lock()
        self._gone: PeerGoneError | None = None

    async def call(self, request: Request[R]) -> R:
        """Send a request, and return the other side's reply.

        Raises:
            AppError: As the other side raised it.
            OtherVersionError: If the reply lacks a field.
            PeerGoneError: If the other side is gone, or goes away.
            RemoteError: If the other side has a bug.
        """
        id = next(self._ids)
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting[id] = future
        try:
            await self._send(RequestFrame(id, request))
            return built_reply(request, await future)
        finally:
            del self._waiting[id]
            if not future.cancel() and not future.cancelled():
                future.exception()  # Mark it as handled in case sending failed first.

    async def notify(self, notification: Params) -> None:
        """Send a notification; wait while the other side reads slowly.

        Raises:
            PeerGoneError: If the other side is gone.
        """
        await self._send(Notification(notification))

    async def run(self) -> None:
        """Serve the link; return when it has ended, with all its work cancelled."""
        try:
            while line := await self._read():
                await self._take(line)
            if self._why_gone:
                self.close(await self._why_gone())
        finally:
            self.close()
            await asyncio.gather(*self._serving, return_exceptions=True)

    def close(self, reason: PeerGoneError | None = None) -> None:
        """End the link: pending calls fail, running handlers are cancelled."""
        if self._gone is None:
            self._gone = reason or PeerGoneError("The other process is gone.")
            self._writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(self._gone)
        for task in self._serving:
            task.cancel()

    async def _read(self) -> bytes:
        try:
            return await self._reader.readline()
        except ValueError:
            log.error("a frame is longer than %d bytes; closing", MAX_FRAME_BYTES)
        except ConnectionError as error:
            log.debug("the link broke: %s", error)
        return b""

    async def _take(self, line: bytes) -> None:
        try:
            frame = self._catalogue.decode(line)
        except WireError as error:
            log.error("cannot read a frame: %s", error)
            if error.id not in self._waiting:
                await self._answer(error.failure())
            return
        match frame:
            case RequestFrame():
                task = asyncio.create_task(self._serve(frame))
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
            case Notification(params):
                if self._on_notification:
                    self._on_notification(params)
            case ReplyFrame(id, result):
                if (future := self._waiting.get(id)) and not future.done():
                    future.set_result(result)
            case Failure():
                self._fail(frame)

    def _fail(self, failure: Failure) -> None:
        if failure.id is None:
            log.error("the other side could not read a frame: %s", failure.message)
        elif (future := self._waiting.get(failure.id)) and not future.done():
            future.set_exception(_as_exception(failure))

    async def _serve(self, request: RequestFrame) -> None:
        try:
            await self._answer(await self._outcome(request))
        except WireError as error:
            await self._answer(Failure(request.id, error.code, str(error)))

    async def _outcome(self, request: RequestFrame) -> ReplyFrame | Failure:
        method = request.params.method
        if method not in self._handlers:
            return Failure(request.id, UNKNOWN_METHOD, f"{method} is not served here")
        try:
            result = await self._handlers[method](self, request.params)
        except AppError as error:
            return Failure(request.id, error.exit_code, error.message, error.hint)
        except Exception as error:
            known = explain_os_error(error) if isinstance(error, OSError) else None
            if known is not None:
                log.warning("%s failed: %s", method, error, exc_info=True)
                return Failure(request.id, known.exit_code, known.message, known.hint)
            log.exception("%s failed", method)
            message = f"{type(error).__name__}: {error}"
            return Failure(request.id, INTERNAL_ERROR, message)
        return ReplyFrame(request.id, result)

    async def _answer(self, outcome: ReplyFrame | Failure) -> None:
        try:
            await self._send(outcome)
        except PeerGoneError:
            log.debug("nobody is left to answer")

    async def _send(self, frame: Frame) -> None:
        line = encode(frame)
        async with self._write_lock:
            if self._gone:
                raise self._gone
            try:
                self._writer.write(line)
                await self._writer.drain()
            except (ConnectionError, RuntimeError) as error:
                raise PeerGoneError("The other process is gone.") from error


def built_reply(request: Request[R], result: object) -> R:
    """Build the reply to a request from the wire's fields.

    Raises:
        OtherVersionError: If it lacks a field, or one is of another type.
    """
    try:
        return build(reply_class(type(request)), result)
    except WireError as error:
        raise OtherVersionError(request, str(error)) from error


def _as_exception(failure: Failure) -> Exception:
    if failure.code < 0:
        return RemoteError(failure.message)
    kind = BY_EXIT_CODE.get(failure.code, AppError)
    return kind(failure.message, failure.hint)
