"""A model hub on a local socket: one file, and faults on request."""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Hub:
    """What the hub has, how it misbehaves, and what was asked of it."""

    content: bytes
    cut_after: int | None = None
    """Bytes after which the connection breaks, once."""
    stall_seconds: float = 0.0
    """Silence in the middle of the first answer."""
    ignores_ranges: bool = False
    says_bytes: int | None = None
    """A size other than the true one."""
    sends: bytes | None = None
    """Other bytes than the hash promises."""
    etag: str = ""
    """A hash other than the true one."""
    status: int = 200
    url: str = ""
    ranges: list[str | None] = field(default_factory=list)
    """The Range header of every GET."""


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing; the tests read `hub.ranges`."""

        def do_HEAD(self) -> None:
            self._start(0, "")
            self.close_connection = True

        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            hub.ranges.append(asked)
            body = hub.content if hub.sends is None else hub.sends
            first = 0
            if asked and not hub.ignores_ranges:
                first = int(asked.removeprefix("bytes=").partition("-")[0])
            self._start(first, asked if first else "")
            if hub.status == 200:
                self._send(body[first:])
            self.close_connection = True

        def _start(self, first: int, asked: str | None) -> None:
            size = len(hub.content if hub.sends is None else hub.sends)
            status = 206 if asked and hub.status == 200 else hub.status
            self.send_response(status)
            true = hashlib.sha256(hub.content).hexdigest()
            self.send_header("ETag", f'"{hub.etag or true}"')
            self.send_header("X-Repo-Commit", "c" * 40)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Connection", "close")
            length = 0 if hub.status != 200 else (hub.says_bytes or size) - first
            self.send_header("Content-Length", str(length))
            if status == 206:
                self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
            self.end_headers()

        def _send(self, body: bytes) -> None:
            if hub.cut_after is not None:
                body, hub.cut_after = body[: hub.cut_after], None
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            if hub.stall_seconds:
                time.sleep(hub.stall_seconds)
                hub.stall_seconds = 0.0
            self.wfile.write(body[half:])

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away in the middle is part of the tests."""


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """Serve the hub on a loopback port; `hub.url` names it."""
    server = _Server(("127.0.0.1", 0), _handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
