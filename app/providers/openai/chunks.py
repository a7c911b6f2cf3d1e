"""Reads answers of hosts that stream in another form, or not at all."""

import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from app.providers.openai.errors import NoStreamError

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncStream
    from openai._legacy_response import LegacyAPIResponse
    from openai._streaming import ServerSentEvent

MOST_BYTES = 1_000_000
"""The largest answer in one piece; a line of chat is far smaller."""


class Chunks(Protocol):
    """The parts of an answer, as they come."""

    @property
    def has_ended(self) -> bool:
        """Tell if the host said that this is all."""

    def __aiter__(self) -> AsyncIterator[object]: ...
    async def close(self) -> None: ...


@dataclass(frozen=True)
class Whole:
    """An answer in one piece, as a stream of just that."""

    answer: object
    has_ended: bool = True

    async def __aiter__(self) -> AsyncIterator[object]:
        yield self.answer

    async def close(self) -> None:
        """Do nothing: all of it is here."""


class Streamed:
    """A stream of the client library; its events without data are left out."""

    def __init__(self, stream: "AsyncStream[object]") -> None:
        self.has_ended = False
        self._stream = stream
        self._bytes: AsyncIterator[bytes] | None = None
        decoder = stream._decoder
        self._read = decoder.aiter_bytes
        decoder.aiter_bytes = self._events  # type: ignore[method-assign]

    def __aiter__(self) -> AsyncIterator[object]:
        return self._stream.__aiter__()

    async def close(self) -> None:
        """Let go of the connection, and of all that reads it.

        Else the garbage collector would close that, in any thread and at any time.
        """
        for reader in (self._stream._iterator, self._bytes):
            if reader is not None:
                await cast("AsyncGenerator[object]", reader).aclose()
        await self._stream.close()

    async def _events(
        self, iterator: AsyncIterator[bytes]
    ) -> AsyncIterator["ServerSentEvent"]:
        """Yield those that the library can read; it would fail at the others."""
        self._bytes = iterator
        async for event in self._read(_tidy(iterator)):
            self.has_ended |= event.data.startswith("[DONE]")
            if event.data.strip():
                yield event


async def chunks_of(
    answer: "LegacyAPIResponse[AsyncStream[object]]",
) -> Chunks:
    """Return the answer as a stream of chunks.

    Some hosts and proxies send one answer, or a stream under another name.

    Raises:
        NoStreamError: If it is a page, or nothing that is known.
        APIError: If it is an error in place of an answer.
    """
    response = answer.http_response
    kind = response.headers.get("content-type", "")
    if "html" in kind or "ndjson" in kind:
        await response.aclose()
        raise NoStreamError(f"it sent {kind} instead of a stream")
    if "json" in kind:
        return Whole(await _whole(response, kind))
    return Streamed(answer.parse())


async def _tidy(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same without a byte order mark, and with bytes that are UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    async for piece in pieces:
        if text := decoder.decode(piece):
            yield text.encode()


async def _whole(response: "httpx2.Response", kind: str) -> object:
    import openai
    from openai.types.chat import ChatCompletion

    found = b""
    async for piece in response.aiter_bytes():
        found += piece
        if len(found) > MOST_BYTES:
            break
    await response.aclose()
    try:
        data = json.loads(found)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict) and (error := data.get("error")):
        words = error.get("message") if isinstance(error, dict) else error
        raise openai.APIError(str(words), request=response.request, body=error)
    if not isinstance(data, dict) or not isinstance(data.get("choices"), list):
        raise NoStreamError(f"it sent {kind} instead of a stream")
    return ChatCompletion.construct(**data)
