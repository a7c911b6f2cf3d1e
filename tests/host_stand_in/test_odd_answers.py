"""Answers that keep to the form only roughly, over a real socket, byte for byte."""

import asyncio
import gzip
import json
from collections.abc import Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.core.errors import InputRefusedError, ProviderError
from app.core.names import GuildId
from app.providers.base import Completion, FreshStart, Prompt, Turn
from tests.host_stand_in.test_hosts import plain_provider

Json = dict[str, Any]

TEXT = "grüße dich 🐦 heute"
SSE = "content-type: text/event-stream"


def event(data: object) -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def chunk(delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "x", "choices": [choice]})


DONE = event("[DONE]")
END = chunk({}, "stop") + DONE
BEGUN = chunk({"content": "grüße "})
FINE = BEGUN + chunk({"content": "dich 🐦 heute"}) + END
WHOLE = {
    "choices": [
        {"index": 0, "message": {"content": TEXT}, "finish_reason": "stop"},
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 6},
}


@dataclass
class Answers:
    """A server that answers every request with the same bytes."""

    body: bytes
    head: tuple[str, ...] = (SSE,)
    status: int = 200
    pieces_of: int = 0
    """Bytes of a chunk of the transfer; 0 sends the body as one."""
    version: str = "1.1"
    then: "Answers | None" = None
    """What follows on the first request."""
    asked: list[Json] = field(default_factory=list)

    async def serve(self, reader, writer) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader, writer) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        size = next(line for line in lines if line.startswith(b"content-length"))
        self.asked.append(json.loads(await reader.readexactly(int(size[15:]))))
        now = self.then if self.then and len(self.asked) > 1 else self
        writer.write(now.raw())
        await writer.drain()
        return now.version == "1.1"

    def raw(self) -> bytes:
        lines = [f"HTTP/{self.version} {self.status} X", *self.head]
        body, size = self.body, self.pieces_of
        if size:
            lines.append("transfer-encoding: chunked")
            cut = [body[at : at + size] for at in range(0, len(body), size)]
            body = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in [*cut, b""])
        elif self.version == "1.1":
            lines.append(f"content-length: {len(body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def host(answers: Answers, key: str = "k"):
    server = await asyncio.start_server(answers.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    provider = plain_provider(f"http://127.0.0.1:{port}/v1/", key)
    try:
        yield provider
    finally:
        await provider.close()
        server.close()


async def said(provider) -> tuple[str, Completion]:
    shown, prompt = (
        "",
        Prompt(GuildId(7), "7:1", "Mynah", (Turn("ann", "hi"),), deadline_ms=9e3),
    )
    async with aclosing(provider.write(prompt)) as stream:
        async for item in stream:
            if isinstance(item, Completion):
                return shown, item
            shown = item if isinstance(item, FreshStart) else shown + item
    raise AssertionError("no completion came")


KEY = "plain canary words"
"""A key without the form of one."""

JSON = ("content-type: application/json",)
ROUGHLY = {
    # html.spec.whatwg.org/multipage/server-sent-events.html: one BOM is left out.
    "a byte order mark": Answers(b"\xef\xbb\xbf" + FINE),
    "compressed": Answers(gzip.compress(FINE), (SSE, "content-encoding: gzip")),
    "cut inside letters": Answers(FINE, pieces_of=1),
    "lines of Windows": Answers(FINE.replace(b"\n", b"\r\n")),
    "no blank after data": Answers(FINE.replace(b"data: ", b"data:")),
    "HTTP/1.0": Answers(FINE, version="1.0"),
    "no DONE": Answers(FINE.removesuffix(DONE)),
    "DONE twice": Answers(FINE + DONE),
    "words after DONE": Answers(FINE + chunk({"content": "more"})),
    "called plain text": Answers(FINE, ("content-type: text/plain",)),
    "called nothing": Answers(FINE, ()),
    # Proxies that do not stream: one answer, with or without a stream's clothes.
    "one answer": Answers(json.dumps(WHOLE).encode(), JSON),
    "one answer as an event": Answers(event(WHOLE) + DONE),
    "usage null": Answers(FINE + event({"choices": [], "usage": None})),
    "usage in letters": Answers(FINE + event({"choices": [], "usage": "none"})),
    "choices null": Answers(event({"choices": None}) + FINE),
    "choices of another kind": Answers(event({"choices": {"0": {}}}) + FINE),
    "content of another kind": Answers(chunk({"content": 5}) + FINE),
    "events that say nothing": Answers(event("null") + event("[]") + event("5") + FINE),
    # The same page of WHATWG: an event without data is none; an id stays for the next.
    "data without data": Answers(
        b"data:\n\n" + BEGUN + b"data: \n\n" + FINE[len(BEGUN) :]
    ),
    "an id, then blank lines": Answers(
        b"id: 1\n" + BEGUN + b"\n\n" + FINE[len(BEGUN) :]
    ),
    "a time to reconnect": Answers(b"retry: 3000\n\n" + FINE),
    "a ping": Answers(b"event: ping\n\n" + FINE + b"event: ping\n\n"),
    # ollama/ollama#4357 gives no reason for the end, but says DONE.
    "no reason for the end": Answers(FINE.removesuffix(END) + DONE),
    # With include_usage OpenAI sends `refusal: null` beside content.
    "no refusal": Answers(chunk({"content": "", "refusal": None}) + FINE),
}


@pytest.mark.parametrize("name", ROUGHLY)
async def test_an_answer_in_a_rough_form_is_an_answer(name: str):
    async with host(ROUGHLY[name]) as provider:
        shown, done = await said(provider)
    assert shown.strip() == done.text == TEXT
    assert done.finish == "stop"


async def test_bytes_that_are_no_letters_spoil_only_themselves():
    broken = FINE.replace("ü".encode(), b"\xff")
    async with host(Answers(broken)) as provider:
        assert (await said(provider))[1].text == TEXT.replace("ü", "\ufffd")


# platform.openai.com/docs/guides/structured-outputs: `refusal` in place of content;
# learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter: `content_filter`.
REFUSED = {
    "a refusal": chunk({"content": None, "refusal": "I won't say that."}) + END,
    "a refusal after words": BEGUN + chunk({"refusal": "I won't say that."}) + END,
    "a filter": chunk({}, "content_filter") + DONE,
    "a filter after words": BEGUN + chunk({}, "content_filter") + DONE,
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_is_of_these_words_alone_and_is_never_a_reply(name: str):
    answers = Answers(REFUSED[name])
    async with host(answers) as provider:
        with pytest.raises(InputRefusedError) as caught:
            await said(provider)
        assert ("I won't say that" in str(caught.value)) == ("refusal" in name)
        answers.body = FINE
        assert (await said(provider))[1].text == TEXT


@pytest.mark.parametrize("reason", ["error", "length", "model_length", "abort"])
async def test_an_end_before_the_end_is_told_from_a_whole_answer(reason: str):
    async with host(Answers(BEGUN + chunk({}, reason) + DONE)) as provider:
        assert (await said(provider))[1].finish == "length"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_stream_that_nobody_ended_is_told_from_a_whole_answer(version: str):
    async with host(Answers(BEGUN, version=version)) as provider:
        assert (await said(provider))[1].finish == "length"


EMPTY = {
    "a tool": (chunk({"tool_calls": []}, "tool_calls"), "called a tool"),
    "only thoughts": (chunk({"reasoning": "hm"}, "length"), "thought and sent no"),
    "nothing": (b"", "sent no text"),
    "no tokens left": (chunk({"content": ""}, "length"), "sent no text"),
}


@pytest.mark.parametrize("name", EMPTY)
async def test_no_text_is_an_error_that_says_what_came_instead(name: str):
    body, words = EMPTY[name]
    async with host(Answers(body)) as provider:
        with pytest.raises(ProviderError, match=words):
            await said(provider)


def refuses(status: int, body: object) -> Answers:
    return Answers(json.dumps(body).encode(), JSON, status)


def inside(*events: bytes) -> Answers:
    return Answers(b"".join(events))


# What the host said is in the error, wherever it put the words.
TELLING: dict[str, Answers] = {
    # lmstudio-ai/lmstudio-bug-tracker#546, and its words as plain text in `error`.
    "loaded with context length of only": refuses(
        400, {"error": "the model is loaded with context length of only 4096 tokens"}
    ),
    # ollama/ollama#14093.
    "runner has unexpectedly": refuses(
        500, {"error": "model runner has unexpectedly stopped"}
    ),
    "runner stopped midway": inside(BEGUN, event({"error": "runner stopped midway"})),
    "stopped at once": inside(event({"error": "runner stopped at once"})),
    "Model unloaded": inside(
        BEGUN, b"event: error\n", event({"error": {"message": "Model unloaded."}})
    ),
    # openrouter.ai/docs/api/reference/streaming, errors after the first words.
    "Provider disconnected": inside(
        BEGUN,
        event({"error": {"code": "server_error", "message": "Provider disconnected"},
               "choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}),
    ),
    "in a list": refuses(400, {"errors": [{"message": "it is in a list"}]}),
    "deep inside": refuses(400, {"error": {"message": {"detail": "deep inside"}}}),
    "only words": Answers(b"only words", ("content-type: text/plain",), 400),
    "with a good status": refuses(200, {"error": {"message": "with a good status"}}),
}  # fmt: skip


@pytest.mark.parametrize("words", TELLING)
async def test_the_words_of_the_host_are_in_the_error(words: str):
    async with host(TELLING[words]) as provider:
        with pytest.raises(ProviderError, match=words):
            await said(provider)


async def test_a_host_without_room_is_asked_once_more():
    """console.groq.com/docs/errors: 498, Flex Tier Capacity Exceeded."""
    answers = refuses(498, {"error": {"message": "capacity exceeded"}})
    answers.then = Answers(FINE)
    async with host(answers) as provider:
        assert (await said(provider))[1].text == TEXT
        answers.then = None
        with pytest.raises(ProviderError, match="asks Mynah to slow down"):
            await said(provider)


async def test_a_page_in_place_of_an_error_is_not_quoted():
    page = Answers(b"<html><h1>413</h1>nginx", ("content-type: text/html",), 413)
    async with host(page) as provider:
        with pytest.raises(InputRefusedError) as caught:
            await said(provider)
    assert "nginx" not in str(caught.value)


async def test_a_wall_before_the_host_is_not_taken_for_a_wrong_key():
    page = Answers(b"<html>Just a moment...", ("content-type: text/html",), 403)
    async with host(page) as provider:
        with pytest.raises(ProviderError, match="on the way to"):
            await said(provider)
        assert provider.trouble and provider.trouble.kind == "blocked"


async def test_googles_words_for_a_wrong_key_are_known():
    bad = [{"error": {"code": 400, "message": "API key not valid. Please pass one."}}]
    async with host(refuses(400, bad)) as provider:
        with pytest.raises(ProviderError, match="rejected the key"):
            await said(provider)


async def test_a_host_that_may_not_stream_is_asked_for_one_answer_from_then_on():
    """lobehub/lobehub#9385: OpenAI's newer models, for accounts without a passport."""
    refusal = {
        "message": "Your organization must be verified to stream this model.",
        "type": "invalid_request_error",
        "param": "stream",
        "code": "unsupported_value",
    }
    answers = refuses(400, {"error": refusal})
    answers.then = ROUGHLY["one answer"]
    async with host(answers) as provider:
        for _ in range(2):
            assert (await said(provider))[1].text == TEXT
    assert [one["stream"] for one in answers.asked] == [True, False, False]
    assert "stream_options" not in answers.asked[-1]


@pytest.mark.parametrize("fill", [lambda: b"[" * 200_000, lambda: b'"' + b"a" * 9**7])
async def test_an_answer_in_one_piece_has_bounds(fill: Callable[[], bytes]):
    async with host(Answers(fill(), JSON)) as provider:
        with pytest.raises(ProviderError, match="unreadable answer"):
            await said(provider)


@pytest.mark.parametrize(
    "answers",
    [
        Answers(chunk({"content": None, "refusal": f"No: {KEY} is odd."}) + END),
        inside(BEGUN, event({"error": {"message": f"the key {KEY} is odd"}})),
        refuses(400, {"error": {"message": f"the key {KEY} is odd"}}),
    ],
    ids=["refusal", "error in the stream", "error"],
)
async def test_a_key_that_a_host_repeats_is_not_shown(answers: Answers):
    async with host(answers, KEY) as provider:
        with pytest.raises(ProviderError, match="odd") as caught:
            await said(provider)
    assert KEY not in str(caught.value) and "[secret]" in str(caught.value)
