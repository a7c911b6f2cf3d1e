"""A releases page on a local socket: redirects, a signed list, programs, and faults.

As strict as GitHub: `releases/latest/download/NAME` redirects to the tag's file, that
one to another path with a query; an unknown name is 404.
https://docs.github.com/en/repositories/releasing-projects-on-github/linking-to-releases
"""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass
class Releases:
    """What the page has, and what was asked of it."""

    version: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    """Bytes of a program after which the connection breaks."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def address(self) -> str:
        return f"{self.url}/o/n/releases/latest/download/"

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    def offer(self, programs: dict[str, bytes]) -> None:
        """Release these, with their list of checksums and its signature."""
        lines = [
            f"{hashlib.sha256(body).hexdigest()}  {name}\n"
            for name, body in programs.items()
        ]
        listed = "".join(lines).encode()
        signed = base64.b64encode(self.key.sign(listed)) + b"\n"
        self.files = {**programs, "SHA256SUMS": listed, "SHA256SUMS.sig": signed}


def _handler(page: Releases) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing; the tests read `page.asked`."""

        def do_GET(self) -> None:
            page.asked.append(self.path)
            latest, tag = "/o/n/releases/latest/download/", f"v{page.version}"
            if self.path.startswith(latest):
                name = self.path.removeprefix(latest)
                self._redirect(f"/o/n/releases/download/{tag}/{name}")
            elif self.path.startswith(f"/o/n/releases/download/{tag}/"):
                name = self.path.rpartition("/")[2]
                self._redirect(f"/assets/{name}?token=x") if name in page.files else (
                    self.send_error(404)
                )
            elif self.path.startswith("/assets/") and self.path.endswith("?token=x"):
                self._send(page.files[self.path[8:-8]])
            else:
                self.send_error(404)

        def _redirect(self, place: str) -> None:
            self.send_response(302)
            self.send_header("Location", f"{page.url}{place}")
            self.end_headers()

        def _send(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            is_list = self.path.startswith("/assets/SHA256SUMS")
            self.wfile.write(body if is_list else body[: page.cut_after])

    return Handler


@contextmanager
def releases(version: str) -> Iterator[Releases]:
    """Serve a page until the end of the block."""
    page = Releases(version)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(page))
    page.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
