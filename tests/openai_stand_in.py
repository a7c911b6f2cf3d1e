"""A server that speaks OpenAI's API over a real socket, and misbehaves on request."""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from app.settings.host_gate import Gate
from tests.tuning_stand_in import Tunings

Json = dict[str, Any]

CLOUD = "cloud.example"
PATH = "/v1/chat/completions"
REPLY = "this is what the cloud says today"


class AnyoneMay(Gate):
    """A gate that lets everything pass; the real one has test_host_gate.py."""

    def __init__(self) -> None:
        pass

    async def refuses(self, address, purpose, guilds) -> None:
        return None


def tokens_of(text: str) -> int:
    """The same guess as the program's, so that estimates can be compared."""
    return -(-len(text.encode()) * 2 // 7)


@dataclass
class Served:
    """One request as the server saw it."""

    fault: str
    body: Json
    bytes_received: int
    headers: dict[str, str]
    reader: asyncio.StreamReader | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reported: bool = False

    @property
    def messages(self) -> list[dict[str, str]]:
        """The words of its turns; pictures are in `body`."""
        return [
            {**item, "content": _words(item["content"])}
            for item in self.body["messages"]
        ]

    @property
    def everything(self) -> str:
        return "\n".join(message["content"] for message in self.messages)


def _words(content: str | list[Json]) -> str:
    """The texts of a turn, whose parts are texts and pictures.

    https://developers.openai.com/api/reference/resources/chat: user message content.
    """
    if isinstance(content, str):
        return content
    assert {part["type"] for part in content} <= {"text", "image_url"}
    return "\n".join(part["text"] for part in content if part["type"] == "text")


@dataclass
class StandIn:
    """What the server does next, and what it did so far."""

    choose: Callable[[Json], str] = lambda body: "fine"
    reply: Callable[[Json], str] = lambda body: REPLY
    served: list[Served] = field(default_factory=list)
    models: tuple[str, ...] = ("gpt-4o-mini", "gpt-5-nano")
    port: int = 0
    extra_headers: dict[str, str] = field(default_factory=Json)
    tunings: Tunings = field(default_factory=Tunings)
    elsewhere: str = ""
    """The address that a redirect points to; empty for one of its own."""
    pause: float = 0.0
    """Seconds between two chunks."""
    list_status: int = 200
    """The answer to whoever asks for the list of models."""
    bill: Json | None = None
    """What its reports of usage say besides tokens."""
    load_seconds: float = 0.0
    """The time to load a model; a client that hangs up meanwhile aborts the load.

    As Ollama does: ollama/ollama#4638, rsynnot/magic-lists-for-navidrome#34.
    """
    loaded: str = ""
    """The model in memory."""
    aborted: int = 0
    """The loads that a client aborted."""

    @property
    def base_url(self) -> str:
        """Its address on this machine, which is no cloud."""
        return f"http://127.0.0.1:{self.port}/v1/"

    @property
    def cloud_url(self) -> str:
        """The same server under a stranger's name."""
        return self.url_at(CLOUD)

    def url_at(self, host: str) -> str:
        return f"http://{host}:{self.port}/v1/"

    async def handle(self, reader, writer) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(self, reader, writer) -> bool:
        request = await reader.readline()
        if not request:
            return False
        if b" HTTP/" not in request:
            # So do Go's and uvicorn's servers when somebody speaks TLS to them.
            await _raw_text(writer, "HTTP/1.1 400 Bad Request\r\n\r\n")
            return False
        method, path, _ = request.decode().split(" ", 2)
        headers = {}
        while (line := await reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "GET" and path == "/v1/models":
            if self.list_status != 200:
                return await _send(writer, self.list_status, _error("no_list"))
            data = [{"id": name, "object": "model"} for name in self.models]
            return await _send(writer, 200, {"object": "list", "data": data})
        kind = headers.get("content-type", "")
        if told := self.tunings.answer(method, path, kind, raw):
            return await _send(writer, 200, told)
        if path != PATH:
            return await _send(writer, 404, {"error": {"message": "no such page"}})
        body = json.loads(raw)
        served = Served(self.choose(body), body, len(raw), headers, reader)
        self.served.append(served)
        served_method = getattr(self, f"_{served.fault}")
        return bool(await served_method(writer, served))

    async def _loads(self, served: Served) -> bool:
        """Load the model if need be; return whether the client waited for it."""
        model = served.body["model"]
        end = asyncio.get_running_loop().time() + self.load_seconds
        while self.load_seconds and self.loaded != model:
            if served.reader is not None and served.reader.at_eof():
                self.aborted += 1
                return False
            if asyncio.get_running_loop().time() >= end:
                self.loaded = model
            await asyncio.sleep(0.005)
        return True

    # What it can do.

    async def _fine(self, writer, served, report=True, usage=None) -> bool:
        if not await self._loads(served):
            return False
        await _open(writer, self.extra_headers)
        text = self.reply(served.body)
        served.prompt_tokens = sum(
            tokens_of(item["content"]) + 4 for item in served.messages
        )
        for piece in _pieces(text):
            await asyncio.sleep(self.pause)
            await _event(writer, _chunk(piece))
            served.completion_tokens += 1
        await _event(writer, _chunk("", finish="stop"))
        if report:
            served.reported = True
            report_of = _usage(served) if usage is None else usage
            report_of["usage"] |= self.bill or {}
            await _event(writer, report_of)
        await _raw(writer, b"data: [DONE]\n\n")
        await _raw(writer, b"", last=True)
        return True

    async def _no_usage(self, writer, served) -> bool:
        return await self._fine(writer, served, report=False)

    async def _wrong_usage(self, writer, served) -> bool:
        lie = {
            "prompt_tokens": -5,
            "completion_tokens": 10**9,
            "total_tokens": 3,
        }
        chunk = {"id": "x", "object": "chat.completion.chunk", "choices": []}
        done = await self._fine(writer, served, usage=chunk | {"usage": lie})
        served.reported = False
        return done

    async def _rate_after(self, writer, served) -> bool:
        return await _send(
            writer, 429, _error("rate_limit_exceeded"), {"retry-after": "0.2"}
        )

    async def _rate_long(self, writer, served) -> bool:
        return await _send(
            writer, 429, _error("rate_limit_exceeded"), {"retry-after": "30"}
        )

    async def _rate(self, writer, served) -> bool:
        return await _send(writer, 429, _error("rate_limit_exceeded"))

    async def _no_xargs(self, writer, served) -> bool:
        """OpenAI's own words for a parameter that it does not know."""
        name = "vllm_xargs"
        error = {"message": f"Unrecognized request argument supplied: {name}"}
        return await _send(writer, 400, {"error": {**error, "param": None}})

    async def _quota(self, writer, served) -> bool:
        return await _send(writer, 429, _error("insufficient_quota"))

    async def _broken(self, writer, served) -> bool:
        return await _send(writer, 500, _error("server_error"))

    async def _loading(self, writer, served) -> bool:
        words = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
        return await _send(writer, 503, {"error": words})

    async def _key(self, writer, served) -> bool:
        return await _send(writer, 401, _error("invalid_api_key"))

    async def _model(self, writer, served) -> bool:
        return await _send(writer, 404, _error("model_not_found"))

    async def _html(self, writer, served) -> bool:
        return await _page(writer, 502)

    async def _error_fine(self, writer, served) -> bool:
        """LM Studio answers so to a path that it does not know."""
        error = {"error": "Unexpected endpoint or method. (POST /chat/completions)"}
        return await _send(writer, 200, error)

    async def _html_fine(self, writer, served) -> bool:
        return await _page(writer, 200)

    async def _redirect(self, writer, served) -> bool:
        there = self.elsewhere or f"http://127.0.0.1:{self.port}/elsewhere"
        where = {"location": there}
        return await _send(writer, 307, {}, where)

    async def _slow(self, writer, served) -> bool:
        served.prompt_tokens = sum(
            tokens_of(item["content"]) + 4 for item in served.messages
        )
        await asyncio.sleep(20)
        return False

    async def _stall(self, writer, served) -> bool:
        await self._begin(writer, served, 4)
        await asyncio.sleep(20)
        return False

    async def _cut(self, writer, served) -> bool:
        await self._begin(writer, served, 2)
        return False

    async def _late_cut(self, writer, served) -> bool:
        await self._begin(writer, served, 6)
        return False

    async def _malformed(self, writer, served) -> bool:
        await self._begin(writer, served, 1)
        await _raw(writer, b'data: {"choices": [{"delta": \n\n')
        return False

    async def _giant(self, writer, served) -> bool:
        await self._begin(writer, served, 1)
        for _ in range(200):
            await _event(writer, _chunk("blah " * 2000))
            served.completion_tokens += 2000
        return False

    async def _hang_up(self, writer, served) -> bool:
        return False

    async def _begin(self, writer, served, pieces: int) -> None:
        await _open(writer, self.extra_headers)
        served.prompt_tokens = sum(
            tokens_of(item["content"]) + 4 for item in served.messages
        )
        for piece in _pieces(self.reply(served.body))[:pieces]:
            await _event(writer, _chunk(piece))
            served.completion_tokens += 1


FAULTS = (
    "no_usage", "wrong_usage", "rate_after", "rate_long", "rate", "quota", "broken",
    "key", "model", "html", "html_fine", "redirect", "slow", "stall", "cut", "late_cut",
    "malformed", "giant", "hang_up",
)  # fmt: skip


@asynccontextmanager
async def running(stand_in: StandIn, tls: ssl.SSLContext | None = None):
    """The server, listening on a free port of this machine, and known by other names.

    A name that ends in `.example` belongs to nobody (RFC 2606, section 3).
    """
    server = await asyncio.start_server(stand_in.handle, "127.0.0.1", 0, ssl=tls)
    stand_in.port = server.sockets[0].getsockname()[1]
    find = socket.getaddrinfo

    def find_here(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        is_example = isinstance(name, str) and name.endswith(".example")
        return find("127.0.0.1" if is_example else host, *args, **options)

    try:
        with mock.patch.object(socket, "getaddrinfo", find_here):
            yield stand_in
    finally:
        server.close()


def _pieces(text: str) -> list[str]:
    words = text.split(" ")
    return [words[0], *(" " + word for word in words[1:])]


def _chunk(text: str, finish: str | None = None) -> Json:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}


def _usage(served: Served) -> Json:
    usage = {
        "prompt_tokens": served.prompt_tokens,
        "completion_tokens": served.completion_tokens,
        "total_tokens": served.prompt_tokens + served.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
    }
    chunk = {"id": "x", "object": "chat.completion.chunk", "choices": []}
    return chunk | {"usage": usage}


def _error(code: str) -> Json:
    return {"error": {"message": f"stand-in: {code}", "type": code, "code": code}}


async def _open(writer, headers: dict[str, str]) -> None:
    lines = ["HTTP/1.1 200 OK", "content-type: text/event-stream"]
    lines += ["transfer-encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await writer.drain()


async def _event(writer, data: Json) -> None:
    await _raw(writer, b"data: " + json.dumps(data).encode() + b"\n\n")


async def _raw(writer, data: bytes, last: bool = False) -> None:
    if data or last:
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await writer.drain()


async def _raw_text(writer, text: str) -> None:
    writer.write(text.encode())
    await writer.drain()


async def _send(writer, status: int, body: Json, headers=None) -> bool:
    data = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", "content-type: application/json"]
    lines += [f"content-length: {len(data)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + data)
    await writer.drain()
    return True


async def _page(writer, status: int) -> bool:
    data = b"<html><body><h1>Bad gateway</h1></body></html>"
    head = f"HTTP/1.1 {status} X\r\ncontent-type: text/html\r\n"
    writer.write(head.encode() + f"content-length: {len(data)}\r\n\r\n".encode() + data)
    await writer.drain()
    return True
