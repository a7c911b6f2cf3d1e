"""The door of a running bot: a loopback port, and a key only the owner can read."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from app.core.errors import AppError
from app.core.files import write_text
from app.core.labels import LEAVE_WATCHING, WATCHING
from app.ipc.peer import Handler, Peer
from app.ipc.wire import MAX_FRAME_BYTES, Catalogue, OnNotification, Request

log = logging.getLogger(__name__)

ASKER = "asker"
WATCHER = "watcher"
"""The sides that may call: who asks for anything, and who only watches."""

HANDSHAKE_SECONDS = 5.0
PROOF_BYTES = 65
"""A sha256 in hexadecimal and its newline."""


@dataclass(frozen=True)
class Endpoint:
    """The contents of the endpoint file."""

    port: int
    key: str
    pid: int

    def proof(self, side: str) -> bytes:
        """Prove that a side knows the key, without revealing it."""
        digest = hmac.new(self.key.encode(), side.encode(), hashlib.sha256)
        return digest.hexdigest().encode() + b"\n"


def read(path: Path) -> Endpoint | None:
    """Return the endpoint in the file, or None if there is no valid one."""
    try:
        found = Endpoint(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    is_text = isinstance(found.key, str) and found.key.isascii()
    is_port = type(found.port) is int and 0 < found.port < 1 << 16
    return found if is_text and is_port and type(found.pid) is int else None


def write(path: Path, endpoint: Endpoint) -> None:
    """Replace the file in one step; only the owner can ever read it."""
    write_text(path, json.dumps(asdict(endpoint)), is_secret=True)


def _for_watchers(
    handlers: Mapping[str, Handler], catalogue: Catalogue
) -> Mapping[str, Handler]:
    """Return the handlers of those who only watch: what does more is refused."""

    async def refuse(peer: Peer, request: Request[object]) -> object:
        raise AppError(WATCHING, LEAVE_WATCHING)

    return {
        method: handler if catalogue.requests[method].only_reads else refuse
        for method, handler in handlers.items()
    }


WAITING = 4
"""The connections that wait; without descriptors asyncio tells an error for each."""


class Door:
    """Listens on loopback and serves every peer that knows the key."""

    def __init__(
        self,
        path: Path,
        catalogue: Catalogue,
        handlers: Mapping[str, Handler],
        on_peer: Callable[[Peer], None] | None = None,
        on_gone: Callable[[Peer], None] | None = None,
    ) -> None:
        self._path = path
        self._catalogue = catalogue
        self._handlers = handlers
        self._on_peer = on_peer
        self._on_gone = on_gone
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._endpoint = Endpoint(0, secrets.token_hex(32), os.getpid())

    async def open(self) -> Endpoint:
        """Start listening on a free port, and write the endpoint file."""
        self._server = await asyncio.start_server(
            self._welcome, "127.0.0.1", 0, limit=MAX_FRAME_BYTES, backlog=WAITING
        )
        port = self._server.sockets[0].getsockname()[1]
        self._endpoint = Endpoint(port, self._endpoint.key, os.getpid())
        write(self._path, self._endpoint)
        return self._endpoint

    async def close(self) -> None:
        """Remove the file, and disconnect everyone."""
        if read(self._path) == self._endpoint:
            self._path.unlink()
        if self._server:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()

    async def _welcome(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            side = await self._side(reader)
            if side is not None:
                writer.write(self._endpoint.proof("bot"))
                handlers = self._handlers
                if side == WATCHER:
                    handlers = _for_watchers(handlers, self._catalogue)
                await self._serve(Peer(reader, writer, self._catalogue, handlers))
        except asyncio.CancelledError:
            pass  # The door is closing; a stream callback must not end as cancelled.
        finally:
            self._serving.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, peer: Peer) -> None:
        if self._on_peer:
            self._on_peer(peer)
        try:
            await peer.run()
        finally:
            if self._on_gone:
                self._on_gone(peer)

    async def _side(self, reader: asyncio.StreamReader) -> str | None:
        """Return the side that a caller proves to be, or None without the key."""
        proof = await _read_proof(reader)
        for side in (ASKER, WATCHER):
            if hmac.compare_digest(proof, self._endpoint.proof(side)):
                return side
        log.warning("refused a connection without the key")
        return None


async def attach(
    path: Path,
    catalogue: Catalogue,
    on_notification: OnNotification | None = None,
    side: str = ASKER,
) -> Peer | None:
    """Return a peer of the running bot, to be `run`, or None when no bot runs.

    A `WATCHER` may ask only for what changes nothing.

    A file left by a killed bot is detected: its port does not answer, or its listener
    does not know the key.
    """
    endpoint = read(path)
    if endpoint is None:
        return None
    try:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", endpoint.port, limit=MAX_FRAME_BYTES
        )
    except OSError:
        return None
    writer.write(endpoint.proof(side))
    if hmac.compare_digest(await _read_proof(reader), endpoint.proof("bot")):
        return Peer(reader, writer, catalogue, None, on_notification)
    writer.close()
    return None


async def _read_proof(reader: asyncio.StreamReader) -> bytes:
    try:
        return await asyncio.wait_for(
            reader.readexactly(PROOF_BYTES), HANDSHAKE_SECONDS
        )
    except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
        return b""
