"""The client library, connected to one host at a time."""

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from threading import Event, Lock
from typing import TYPE_CHECKING

from app.core.errors import ProviderError
from app.core.proxy import Proxy, explained
from app.settings.base_url import Address
from app.settings.host_gate import Permit

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

NEEDED = frozenset(
    "host accept accept-encoding connection content-type content-length"
    " transfer-encoding user-agent x-stainless-raw-response".split()
)
"""The headers of a request to a host other than OpenAI, besides the key.

The library finds the last one in the request when the answer comes.
"""


_loading = Lock()
_loaded = Event()


def load() -> None:
    """Import the client library once, which takes over a second; blocking."""
    with _loading:
        if not _loaded.is_set():
            _load()
            _loaded.set()


def _load() -> None:
    """Import it.

    Meanwhile no garbage is collected, as that would stop every thread for 0.1 s; what
    is loaded stays, so no later collection looks at it either.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        _import()
        # The caller's thread may run an event loop of its own.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, _rehearse()).result()
    finally:
        gc.freeze()
        if collects:
            gc.enable()


def _import() -> None:
    import httpx2  # noqa: F401
    import openai.resources.chat.completions
    import openai.resources.models  # noqa: F401

    from app.providers.openai import sent_bytes  # noqa: F401

    # The connection's parts are imported when the first request is sent.
    import_module("anyio._backends._asyncio")


async def _rehearse() -> None:
    """Make one request to nobody, since the first one builds much on the event loop."""
    import httpx2
    from openai import AsyncOpenAI

    delta = {"role": "assistant", "content": "hi", "reasoning_content": "hm"}
    choice = {"index": 0, "delta": delta, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    details = {"prompt_tokens_details": {"cached_tokens": 0}}
    chunk = {"id": "x", "choices": [choice], "usage": {**usage, **details}}
    stream = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
    kind = {"content-type": "text/event-stream"}
    nobody = httpx2.MockTransport(
        lambda request: httpx2.Response(200, headers=kind, text=stream)
    )
    async with AsyncOpenAI(
        base_url="http://nobody.invalid/v1/",
        api_key="none",
        http_client=httpx2.AsyncClient(transport=nobody, trust_env=False),
    ) as client:
        _ask_no_other_program(client)
        answer = await client.chat.completions.with_raw_response.create(
            model="m",
            messages=[{"role": "system", "content": "a"}],
            stream=True,
            stream_options={"include_usage": True},
            extra_body={"x": 1},
        )
        async for _ in answer.parse():
            pass


class Clients:
    """Returns the client for an address and key, and closes the one before."""

    def __init__(
        self,
        on_change: Callable[[], None],
        proxy: Callable[[], Proxy | None] = lambda: None,
    ) -> None:
        self._on_change = on_change
        self._proxy = proxy
        self._client: AsyncOpenAI | None = None
        self._client_for: tuple[str, str | None, Proxy | None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._making = asyncio.Lock()

    @property
    def proxy_url(self) -> str:
        """The address of the proxy that is in use; empty without one."""
        proxy = self._client_for[2] if self._client_for else None
        return proxy.url if proxy else ""

    async def load(self) -> None:
        """Import the client library in a thread, so that the event loop goes on."""
        if not _loaded.is_set():
            await asyncio.to_thread(load)

    async def of(self, permit: Permit, key: str | None) -> "AsyncOpenAI":
        """Return the client for a permit's address; the key goes to no other."""
        await self.load()
        proxy = None
        if permit.address.is_cloud:
            proxy = await asyncio.to_thread(self._proxy)
        wanted = (permit.address.url, key, proxy)
        async with self._making:
            if self._client is None or self._client_for != wanted:
                self._let_go()
                self._client = await asyncio.to_thread(
                    _make, permit.address, key, proxy
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


def _make(
    address: Address, key: str | None, proxy: Proxy | None = None
) -> "AsyncOpenAI":
    """Make a client, which reads the certificates; blocking.

    Raises:
        ProviderError: If the environment names a proxy that no client can use.
    """
    import httpx2
    from openai import AsyncOpenAI

    from app.providers.openai.sent_bytes import count_bytes

    with explained(ProviderError):
        connection = httpx2.AsyncClient(
            # A redirect could carry people's words to a host nobody chose.
            follow_redirects=False,
            proxy=httpx2.Proxy(proxy.url, auth=proxy.login) if proxy else None,
            # A proxy of the environment is another computer.
            trust_env=address.is_cloud and proxy is None,
            event_hooks={"request": [_only_needed(address, key), count_bytes]},
        )
    client = AsyncOpenAI(
        base_url=address.url,
        # Without one, the library takes the environment's.
        api_key=key or "none",
        max_retries=0,
        http_client=connection,
    )
    _ask_no_other_program(client)
    # Its parts import more when they are first named.
    _ = client.chat.completions.with_raw_response, client.models
    return client


def _ask_no_other_program(client: "AsyncOpenAI") -> None:
    """Keep the library from starting `uname` to describe this computer.

    Until a new process has begun, every thread of this one stands still.
    """
    client._platform = "Unknown"


def _only_needed(
    address: Address, key: str | None
) -> "Callable[[httpx2.Request], Awaitable[None]]":
    """Return a hook that lets no header of the environment go to a strange host.

    The library adds OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS, which
    may hold a key, to the requests for every host, and describes this computer.
    """

    async def keep_back(request: "httpx2.Request") -> None:
        if address.is_openai:
            return
        for name in set(request.headers) - NEEDED:
            del request.headers[name]
        if key:
            request.headers["authorization"] = f"Bearer {key}"

    return keep_back
