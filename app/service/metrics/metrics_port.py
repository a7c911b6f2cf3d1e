"""Tells the figures of the bot at a port of this computer, to whoever has the key."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from app.core.errors import ConfigError
from app.core.files import write_text
from app.core.loopback import is_by_number, is_same
from app.core.paths import Home
from app.service.metrics.figures import CONTENT_TYPE, Metrics

LEAST_KEY = 16
"""Signs of a key; a shorter one could be guessed."""

WAITING = 4
"""The connections that wait to be accepted."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def serve(home: Home, port: int, metrics: Metrics) -> None:
    """Answer at a port of this computer, until it is cancelled.

    Raises:
        ConfigError: If the key in the home is too short.
        OSError: If the port is taken, or the key's file cannot be used.
    """
    key = key_of(home)

    @web.middleware
    async def guard(request: web.Request, handler: _Handler) -> web.StreamResponse:
        if not is_by_number(request.headers.get("Host", ""), port):
            raise web.HTTPForbidden(text="Ask for 127.0.0.1.", headers=HEADERS)
        if not is_same(request.headers.get("Authorization", ""), f"Bearer {key}"):
            wanted = {"WWW-Authenticate": "Bearer"}
            raise web.HTTPUnauthorized(headers={**HEADERS, **wanted})
        return await handler(request)

    async def answer(request: web.Request) -> web.Response:
        headers = {**HEADERS, "Content-Type": CONTENT_TYPE}
        return web.Response(body=metrics.text(), headers=headers)

    app = web.Application(middlewares=[guard])
    app.router.add_get("/metrics", answer, allow_head=False)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port, backlog=WAITING).start()
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def key_of(home: Home) -> str:
    """Return the key, made at the first time; only the owner can read its file.

    Raises:
        ConfigError: If somebody put a short one there.
    """
    file = home.metrics_key_file
    try:
        key = file.read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        key = secrets.token_urlsafe(32)
        write_text(file, key, is_secret=True)
    if len(key) < LEAST_KEY:
        raise ConfigError(
            f"The key in {file} is too short.",
            "Delete the file; Mynah makes a new one at the next start.",
        )
    return key
