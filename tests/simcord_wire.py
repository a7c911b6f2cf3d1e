"""SimCord's Discord over HTTP and a websocket, for bots of any library.

SimCord (https://simcord.readthedocs.io) is a Discord that others wrote, made to run
inside discord.py. This program runs in an environment of its own with SimCord, and none
of ours: it speaks lines of JSON with a test on its standard input and output.
"""

import asyncio
import json
import sys
import time
import zlib
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMsgType, web
from simcord.backend import Backend, serializers  # type: ignore[import-not-found]
from simcord.backend.errors import BackendError  # type: ignore[import-not-found]
from simcord.http import (  # type: ignore[import-not-found]
    router,
    routes,  # noqa: F401
)

EVERYTHING = (1 << 53) - 1


def _json(body: object, status: int = 200) -> web.Response:
    """Answer without a charset, as Discord does; py-cord looks for these letters."""
    answer = web.json_response(body, status=status)
    answer.headers["Content-Type"] = "application/json"
    return answer


class Wire:
    """One guild of SimCord with two members and a bot, on a free port."""

    def __init__(self) -> None:
        self.backend = Backend()
        self.keep_time()
        self.backend.subscribers.append(self.feed)
        self.sockets: list[tuple[web.WebSocketResponse, Any]] = []
        self.waiting: asyncio.Queue[str] = asyncio.Queue()
        self.sequence = 0
        made = self.backend.create_guild("Harbour")
        self.guild = made.id
        self.backend.add_member(made.id, self.backend.bot_user.id)
        mod = self.backend.create_role(made.id, "mod", permissions=EVERYTHING)
        self.ann = self.backend.make_user("Ann").id
        self.backend.add_member(made.id, self.ann, roles=[mod.id])
        self.general = self.backend.create_channel(made.id, "general").id
        self.url = ""

    def keep_time(self) -> None:
        """Set SimCord's clock, which stands still, to now."""
        now = self.backend.clock.now().timestamp()
        self.backend.advance_clock(max(0.0, time.time() - now))

    def feed(self, event: str, data: Mapping[str, Any]) -> None:
        """Queue an event for the bot, and tell the test of it."""
        self.sequence += 1
        frame = {"op": 0, "t": event, "s": self.sequence, "d": data}
        self.waiting.put_nowait(json.dumps(frame))
        print(json.dumps({"event": event, "data": data}), flush=True)

    async def deliver(self) -> None:
        """Send queued events for ever."""
        while True:
            frame = await self.waiting.get()
            for socket, deflate in self.sockets:
                data = deflate.compress(frame.encode())
                await socket.send_bytes(data + deflate.flush(zlib.Z_SYNC_FLUSH))

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket, deflate = web.WebSocketResponse(), zlib.compressobj()
        await socket.prepare(request)

        async def send(operation: int, data: object) -> None:
            text = json.dumps({"op": operation, "d": data}).encode()
            packed = deflate.compress(text) + deflate.flush(zlib.Z_SYNC_FLUSH)
            await socket.send_bytes(packed)

        await send(10, {"heartbeat_interval": 41_250})
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            if frame["op"] == 1:
                await send(11, None)
            elif frame["op"] == 2:
                self.sockets.append((socket, deflate))
                self._welcome()
        return socket

    def _welcome(self) -> None:
        guild = self.backend.get_guild(self.guild)
        user = serializers.user_payload(self.backend.bot_user)
        ready = {
            "v": 10, "user": user, "session_id": "s", "resume_gateway_url": self.url,
            "guilds": [{"id": str(self.guild), "unavailable": True}],
            "application": {"id": str(self.backend.application_id), "flags": 0},
        }  # fmt: skip
        self.feed("READY", ready)
        self.feed("GUILD_CREATE", serializers.guild_create_payload(self.backend, guild))

    async def answer(self, request: web.Request) -> web.Response:
        """Answer a request as SimCord does."""
        path = request.path.removeprefix("/api/v10")
        if path == "/gateway":
            return _json({"url": self.url})
        if path == "/gateway/bot":
            limit = {
                "total": 1000, "remaining": 1000, "reset_after": 0,
                "max_concurrency": 1,
            }  # fmt: skip
            body = {"url": self.url, "shards": 1, "session_start_limit": limit}
            return _json(body)
        sent = await request.json() if request.can_read_body else None
        try:
            found = router.dispatch(
                self.backend,
                request.method,
                path,
                json=sent,
                params=dict(request.query),
            )
        except BackendError as error:
            print(
                json.dumps({"refused": f"{request.method} {path}: {error}"}), flush=True
            )
            return _json(error.to_json(), status=error.status)
        if found is None:
            return web.Response(status=204)
        return _json(found)

    async def serve(self) -> None:
        """Listen, tell where, and do what the test asks for."""
        app = web.Application()
        app.router.add_get("/gateway", self.gateway)
        app.router.add_route("*", "/api/v10/{rest:.*}", self.answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        self.url = f"ws://127.0.0.1:{port}/gateway"
        bot = self.backend.bot_user.id
        told = {
            "api": f"http://127.0.0.1:{port}/api/v{{API_VERSION}}", "bot": bot,
            "guild": self.guild, "channel": self.general, "person": self.ann,
        }  # fmt: skip
        print(json.dumps(told), flush=True)
        delivering = asyncio.create_task(self.deliver())
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            asked = json.loads(line)
            self.keep_time()
            if "say" in asked:
                self.backend.create_message(self.general, self.ann, asked["say"])
            elif "edit" in asked:
                number, text = asked["edit"]
                self.backend.edit_message(self.general, number, {"content": text})
            elif "delete" in asked:
                self.backend.delete_message(self.general, asked["delete"])
        delivering.cancel()


if __name__ == "__main__":
    asyncio.run(Wire().serve())
