"""The client library, connected to one host at a time."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.settings.host_gate import Permit

if TYPE_CHECKING:
    from openai import AsyncOpenAI


class Clients:
    """Returns the client for an address and key, and closes the one before."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._client: AsyncOpenAI | None = None
        self._client_for: tuple[str, str | None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, permit: Permit, key: str | None) -> "AsyncOpenAI":
        """Return the client for a permit's address; the key goes to no other."""
        import httpx2
        from openai import AsyncOpenAI

        from app.providers.openai.sent_bytes import count_bytes

        address = permit.address
        wanted = (address.url, key)
        if self._client is None or self._client_for != wanted:
            self._let_go()
            self._client = AsyncOpenAI(
                base_url=address.url,
                api_key=key or "none",
                max_retries=0,
                timeout=httpx2.Timeout(60.0, connect=5.0),
                http_client=httpx2.AsyncClient(
                    # A redirect could carry people's words to a host nobody chose.
                    follow_redirects=False,
                    # A proxy of the environment is another computer.
                    trust_env=address.is_cloud,
                    event_hooks={"request": [count_bytes]},
                ),
            )
            self._client_for = wanted
            self._on_change()
        return self._client

    async def close(self) -> None:
        """Close the connection."""
        self._let_go()
        await asyncio.gather(*self._closing)

    def _let_go(self) -> None:
        """Close the connection to a host that is no longer used."""
        client, self._client = self._client, None
        if client:
            closing = asyncio.create_task(client.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
