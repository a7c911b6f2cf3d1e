"""Shows the screens in browsers that have the key, through textual-serve."""

import asyncio
import ipaddress
import secrets
import shlex
import subprocess
import sys
from collections.abc import Awaitable, Callable

from aiohttp import web

from app.core.errors import UsageError
from app.core.loopback import is_by_number, is_same
from app.core.paths import asset
from app.core.system.requests_to_end import hear

MOST_BROWSERS = 4
"""Each has a process of its own that draws the screens."""

LAST_SECONDS = 10.0
"""The time for screens to end when the server does."""

HEADERS = {
    # What the page may load: this server alone, whatever its scripts want.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
        " font-src 'self'; img-src 'self' data:; connect-src 'self';"
        " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def place_of(address: str) -> tuple[str, int]:
    """Return host and port of PORT or HOST:PORT; only numbers name a host.

    Raises:
        UsageError: If it is neither.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    host = "127.0.0.1" if host == "localhost" else host
    if not (port.isascii() and port.isdigit() and int(port) < 65536 and _is_ip(host)):
        raise UsageError(
            f"{address!r} is not an address for the screens.",
            "Write a port, such as 8017, or 127.0.0.1:8017.",
        )
    return host, int(port)


def is_loopback(host: str) -> bool:
    """Return whether only this computer reaches an address."""
    return ipaddress.ip_address(host).is_loopback


class WebScreens:
    """The page, its files, and a process that draws for each open page."""

    def __init__(self, host: str, port: int, command: list[str]) -> None:
        """`command` starts the screens; `port` 0 takes any free one."""
        self._host = host
        self._port = port
        self._key = secrets.token_urlsafe(32)
        self._pass = secrets.token_urlsafe(32)
        """The cookie's value, which is not the key of the address."""
        self._command = command
        self._drawing: set[asyncio.Task[web.WebSocketResponse]] = set()
        """One for each open page; each ends with its process."""
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        """The address with the key; who has it can do all that the owner can."""
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::") else self._host
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self._port}/?key={self._key}"

    @property
    def _cookie(self) -> str:
        # Browsers share cookies among the ports of a host.
        return f"mynah-{self._port}"

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: If the address is taken or not of this computer.
        """
        from textual_serve.server import Server

        self._server = Server(_line(self._command), self._host, self._port, "Mynah")
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/", self._page),
                web.get("/ws", self._draw),
                web.get("/mynah.css", self._style),
                web.static("/static", self._server.statics_path),
            ]
        )
        # The address holds the key, so no request is logged.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every page, and let the screens of each come to their end."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._drawing:
            await asyncio.wait(self._drawing, timeout=LAST_SECONDS)

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        """Let in requests that come by this address, from this page, with the key."""
        host = request.headers.get("Host", "")
        if not is_by_number(host, self._port) or not self._is_from_here(request):
            raise web.HTTPForbidden(text="This address is not the one to use.")
        given = request.query.get("key", "")
        if request.path == "/" and is_same(given, self._key):
            # The key leaves the address, and with it the history of the browser.
            away = web.HTTPSeeOther("/", headers=HEADERS)
            away.set_cookie(
                self._cookie, self._pass, httponly=True, samesite="Strict", path="/"
            )
            raise away
        if not is_same(request.cookies.get(self._cookie, ""), self._pass):
            raise web.HTTPForbidden(
                text="Open the whole address that `mynah web` printed.",
                headers=HEADERS,
            )
        response = await handler(request)
        if not response.prepared:
            response.headers.update(HEADERS)
        return response

    def _is_from_here(self, request: web.Request) -> bool:
        """Tell if no other page sends it; browsers name the page of a socket."""
        origin = request.headers.get("Origin")
        if origin is None:
            return request.path != "/ws"
        return origin == f"http://{request.headers.get('Host')}"

    async def _page(self, request: web.Request) -> web.Response:
        page = (asset("web") / "page.html").read_text(encoding="utf-8")
        # https://developer.mozilla.org/docs/Web/HTTP/Guides/Browser_detection_using_the_user_agent
        is_phone = "Mobi" in request.headers.get("User-Agent", "")
        page = page.replace("SOCKET", f"ws://{request.headers['Host']}/ws")
        page = page.replace("FONT", "10" if is_phone else "16")
        return web.Response(text=page, content_type="text/html")

    async def _style(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(asset("web") / "mynah.css")

    async def _draw(self, request: web.Request) -> web.StreamResponse:
        if len(self._drawing) >= MOST_BROWSERS:
            raise web.HTTPServiceUnavailable(text="Too many pages are open.")
        drawing = asyncio.create_task(self._server.handle_websocket(request))
        self._drawing.add(drawing)
        drawing.add_done_callback(self._drawing.discard)
        # The end of a request would leave its process without an owner.
        return await asyncio.shield(drawing)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _line(command: list[str]) -> str:
    """Return a command as one line, as textual-serve takes it."""
    if sys.platform == "win32":
        return subprocess.list2cmdline(command)
    return shlex.join(command)


def serve(screens: WebScreens, tell: Callable[[str], None]) -> None:
    """Show the screens until another program or ^c ends this one."""

    async def run() -> None:
        ended = asyncio.Event()
        hear(lambda _: ended.set(), "SIGINT", "SIGTERM", "SIGHUP")
        await screens.start()
        tell(screens.address)
        try:
            await ended.wait()
        finally:
            await screens.stop()

    asyncio.run(run())
