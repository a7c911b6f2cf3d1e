"""Counts the bytes of a request's body that really go out."""

from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar

import httpx2

OnBytes = Callable[[int], None]

ON_BYTES: ContextVar[OnBytes | None] = ContextVar("on_bytes", default=None)
"""Receives the bytes sent by the present task."""


async def count_bytes(request: httpx2.Request) -> None:
    """Count the body of each request that is sent; an event hook."""
    on_bytes = ON_BYTES.get()
    if on_bytes is not None and isinstance(request.stream, httpx2.AsyncByteStream):
        request.stream = _Counted(request.stream, on_bytes)


class _Counted(httpx2.AsyncByteStream):
    """A body that counts the bytes passed to the network."""

    def __init__(self, stream: httpx2.AsyncByteStream, on_bytes: OnBytes) -> None:
        self._stream = stream
        self._on_bytes = on_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            self._on_bytes(len(chunk))
            yield chunk

    async def aclose(self) -> None:
        """Release the body."""
        await self._stream.aclose()
