"""A client without any library: requests and gateway frames as they are."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import Channel, Guild, User

INTENTS = (1 << 0) | (1 << 2) | (1 << 9) | (1 << 10) | (1 << 15)


class Raw:
    """The bot's side of the wire, in a small guild."""

    def __init__(
        self, stand_in: DiscordStandIn, session: aiohttp.ClientSession
    ) -> None:
        self.stand_in = stand_in
        self._session = session
        self.guild = Guild("Harbour")
        self.general = self.guild.channel("general")
        self.ann = self.guild.join(User("Ann"))
        self.headers: dict[str, str] = {}
        """Of the last answer."""

    async def ask(
        self, method: str, path: str, body: object = None, token: str = TOKEN
    ) -> tuple[int, Any]:
        """One request; its status and the answer's body."""
        url = self.stand_in.base_url + "/api/v10" + path
        headers = {"Authorization": f"Bot {token}"}
        async with self._session.request(
            method, url, json=body, headers=headers
        ) as answer:
            self.headers = dict(answer.headers)
            text = await answer.text()
            is_json = answer.content_type == "application/json"
            return answer.status, json.loads(text) if is_json else text

    async def code(self, method: str, path: str, body: object = None) -> int:
        """Discord's error code for a request, or 0 where it succeeded."""
        status, answer = await self.ask(method, path, body)
        return 0 if status < 300 else int(answer["code"])

    async def send(self, channel: Channel, content: str = "hi", **more: Any) -> int:
        """Discord's error code for a message, or 0 where it was sent."""
        path = f"/channels/{channel.id}/messages"
        quiet: dict[str, Any] = {"allowed_mentions": {"parse": []}}
        return await self.code("POST", path, quiet | {"content": content} | more)

    async def send_file(self, channel: Channel, *files: bytes, **more: object) -> int:
        """Discord's error code for a message with files, or 0 where it was sent."""
        form = aiohttp.FormData()
        payload = {"allowed_mentions": {"parse": []}} | more
        form.add_field("payload_json", json.dumps(payload))
        for number, data in enumerate(files or (b"a crab",)):
            form.add_field(f"files[{number}]", data, filename=f"{number}.bin")
        url = f"{self.stand_in.base_url}/api/v10/channels/{channel.id}/messages"
        headers = {"Authorization": f"Bot {TOKEN}"}
        async with self._session.post(url, data=form, headers=headers) as answer:
            return 0 if answer.status < 300 else int((await answer.json())["code"])

    def deny(self, *bits: int, channel: Channel | None = None) -> None:
        """Take rights from the bot in a channel."""
        (channel or self.general).deny(self.stand_in.bot, sum(bits))

    def allow(self, bits: int) -> None:
        """Give rights to the bot in the guild."""
        self.guild.bot_rights |= bits

    @asynccontextmanager
    async def gateway(self, intents: int = INTENTS) -> AsyncIterator["Frames"]:
        """An identified connection."""
        async with self.socket() as frames:
            identify = {"token": TOKEN, "intents": intents, "properties": {}}
            await frames.send(2, identify)
            await frames.event("READY")
            yield frames

    @asynccontextmanager
    async def socket(self) -> AsyncIterator["Frames"]:
        """A connection that did not identify yet."""
        async with self._session.ws_connect(self.stand_in.gateway.url) as socket:
            yield Frames(socket)


class Frames:
    """The frames of one connection."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._inflate = zlib.decompressobj()
        self.seen: list[tuple[str, dict[str, Any]]] = []

    async def send(self, operation: int, data: object) -> None:
        await self._socket.send_json({"op": operation, "d": data})

    async def event(self, name: str) -> dict[str, Any]:
        """The next event of that name; those before it are kept as seen."""
        async with asyncio.timeout(5):
            while True:
                message = await self._socket.receive()
                assert message.type is aiohttp.WSMsgType.BINARY, message
                frame = json.loads(self._inflate.decompress(message.data))
                if frame["op"] == 0:
                    self.seen.append((frame["t"], frame["d"]))
                    if frame["t"] == name:
                        body: dict[str, Any] = frame["d"]
                        return body

    async def names(self, stand_in: DiscordStandIn, channel: Channel) -> list[str]:
        """Every event up to a mark that is written now."""
        start = len(self.seen)
        mark = await stand_in.say(channel, User("Marker"), "mark")
        while (await self.event("MESSAGE_CREATE"))["id"] != str(mark):
            continue
        return [name for name, _ in self.seen[start:-1]]

    async def close_code(self) -> int | None:
        """The code with which Discord closes the connection, if it does now."""
        try:
            async with asyncio.timeout(0.3):
                while True:
                    message = await self._socket.receive()
                    if message.type is aiohttp.WSMsgType.CLOSE:
                        return int(message.data)
                    if self._socket.closed:
                        return self._socket.close_code
        except TimeoutError:
            return None


@asynccontextmanager
async def raw() -> AsyncIterator[Raw]:
    """A stand-in of its own with its raw client."""
    stand_in = DiscordStandIn()
    await stand_in.start()
    try:
        async with aiohttp.ClientSession() as session:
            client = Raw(stand_in, session)
            await stand_in.add_guild(client.guild)
            yield client
    finally:
        await stand_in.stop()
