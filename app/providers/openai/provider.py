"""OpenAI, and any server with its Chat Completions API, by address."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
)
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from app.core.errors import ConfigError, InputRefusedError, ProviderError
from app.core.proxy import Proxy
from app.core.token_estimate import estimate_tokens
from app.providers.base import Completion, Prompt
from app.providers.cost_record import OnSpent, Spent
from app.providers.openai.client import Clients, load
from app.providers.openai.errors import Trouble, describe, is_worth_retrying
from app.providers.openai.habits import Habits
from app.providers.openai.prices import Prices
from app.providers.openai.rate_limit import Throttle, retry_after
from app.providers.openai.request import ChatCall
from app.providers.response_cache import Repeats
from app.settings.base_url import Address
from app.settings.host_gate import Gate, Permit
from app.settings.model_sections import OpenAISettings

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream

Clock = Callable[[], float]

LEAST_MS = 500.0
"""The least time left that is worth a retry."""

MOST_ATTEMPTS = 2
"""The most tries; after two failures the next rung is better."""


PROXY_HINT = "Check openai.proxy, the secret model_proxy_login and the proxy."


class OpenAIProvider:
    """Writes with the owner's account, or with the owner's own server."""

    name = "openai"

    def __init__(
        self,
        settings: Callable[[], OpenAISettings],
        key: Callable[[Address], str | None],
        prices: Callable[[], Prices],
        on_spent: OnSpent,
        clock: Clock,
        gate: Gate,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        proxy: Callable[[], Proxy | None] = lambda: None,
    ) -> None:
        """Prepare without connecting.

        Args:
            key: Returns the key of an address, and None for any other.
            proxy: Returns the proxy on the way to the cloud; it may block.
        """
        self._settings = settings
        self._key = key
        self._prices = prices
        self._on_spent = on_spent
        self._clock = clock
        self._gate = gate
        self._sleep = sleep
        self._throttle = Throttle(clock)
        self._troubles: dict[str, tuple[Trouble, float]] = {}
        self._repeats = Repeats(clock)
        self._habits: dict[tuple[str, str], Habits] = {}
        self._clients = Clients(self.forget_troubles, proxy)

    @property
    def trouble(self) -> Trouble | None:
        """The latest problem that the owner should know about."""
        now = self._clock()
        live = [trouble for trouble, until in self._troubles.values() if until > now]
        return live[-1] if live else None

    def unavailable(self, prompt: Prompt) -> str | None:
        """Return why no request is possible: no key, a known problem, a rate limit."""
        try:
            address = self._settings().address
        except ConfigError as error:
            return str(error)
        if address.is_openai and not self._key(address):
            return "no OpenAI key is set; enter one with `mynah config set openai_key`"
        for scope in ("", self._model(prompt)):
            trouble, until = self._troubles.get(scope, (None, 0.0))
            if trouble and until > self._clock():
                return str(trouble)
        wait = self._throttle.wait(
            estimate_tokens("".join(t.text for t in prompt.turns))
        )
        if wait * 1000 > max(0.0, prompt.deadline_ms - LEAST_MS):
            return f"its rate limit is reached; it is free again in {wait:.0f} s"
        return None

    def forget_troubles(self) -> None:
        """Retry at once, since the owner changed something."""
        self._troubles.clear()

    def prepare(self) -> None:
        """Load the client library, which takes over a second; blocking."""
        load()

    async def models(self) -> list[str]:
        """List the server's models.

        Raises:
            ProviderError: If the server is unreachable.
        """
        await self._clients.load()
        import openai

        address = self._settings().address
        client = await self._connect(self._gate.look(address))
        try:
            async with asyncio.timeout(10):
                page = await client.models.list()
        except (openai.OpenAIError, TimeoutError, ValueError) as error:
            trouble = describe(error, address.host, "")
            raise ProviderError(trouble.reason, trouble.hint) from error
        found: object = page.data
        if not isinstance(found, list):
            # LM Studio answers 200 with an error to a path that it does not know.
            raise ProviderError(
                f"{address.host} has no list of models at {address.url}.",
                "Set openai.base_url to the address that ends in /v1/.",
            )
        return sorted(model.id for model in page.data)

    @asynccontextmanager
    async def work(
        self,
        guild: int,
        model: str,
        tokens: int = 0,
        cost: float = 0.0,
        guilds: Collection[int | None] = (),
    ) -> "AsyncIterator[AsyncOpenAI]":
        """Return the client for tuning, and enter its use in the ledger.

        Args:
            guilds: Those whose words are sent.
            tokens: The expected number of billed tokens.
            cost: The same in US dollars; neither is noted if the work fails.

        Raises:
            NotAllowedError: If those words may not go there.
            ProviderError: If the host is unreachable or refuses.
        """
        await self._clients.load()
        import httpx2
        import openai

        from app.providers.openai.sent_bytes import ON_BYTES

        permit = await self._permit_tuning(guilds)
        address = permit.address
        counts: list[int] = []
        token = ON_BYTES.set(counts.append)
        billed, dollars = 0, 0.0
        try:
            yield await self._connect(permit)
            billed, dollars = tokens, cost
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise self._as_provider_error(error, model, address) from error
        finally:
            ON_BYTES.reset(token)
            if counts:
                self._on_spent(
                    Spent(
                        self.name, model, guild, None, address.host, sum(counts),
                        billed, 0, 0, dollars, address.reach, is_estimate=True,
                    )
                )  # fmt: skip

    async def _permit_tuning(self, guilds: Collection[int | None]) -> Permit:
        address = self._settings().address
        if address.is_openai and not self._key(address):
            raise ProviderError(
                "There is no OpenAI key.",
                "Enter it with `mynah config set openai_key`.",
            )
        if not guilds:
            return self._gate.look(address)
        return await self._gate.permit(address, "tuning", guilds)

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Stream one line; see `Provider.write`."""
        start = self._clock()
        call = self._call(prompt)
        is_repeatable = prompt.temperature == 0
        if is_repeatable and (known := self._repeats.known(call.asked)):
            yield known.text
            yield known
            return
        first = 0.0
        attempts = 0
        while True:
            try:
                async with aclosing(self._stream(call)) as pieces:
                    async for piece in pieces:
                        if piece:
                            first = first or (self._clock() - start) * 1000
                        yield piece
                break
            except _RetryError as retry:
                left = prompt.deadline_ms - (self._clock() - start) * 1000
                in_time = left - retry.seconds * 1000 >= LEAST_MS
                attempts += not retry.is_lesson
                if attempts == MOST_ATTEMPTS or not in_time:
                    raise retry.reason from None
                await self._sleep(retry.seconds)
                call = self._call(prompt)
        spent = call.spent(self.name, self._prices())
        done = call.completion(spent, first, (self._clock() - start) * 1000)
        if not done.text.strip():
            reason = "thought and sent no answer" if call.chunks else "sent no text"
            raise ProviderError(f"{call.address.host} {reason}.")
        if is_repeatable:
            self._repeats.remember(call.asked, done)
        yield done

    async def close(self) -> None:
        """Close the connection."""
        await self._clients.close()

    # One request.

    def _call(self, prompt: Prompt) -> ChatCall:
        address, model = self._settings().address, self._model(prompt)
        habits = self._habits.setdefault((address.url, model), Habits.of(model))
        return ChatCall(prompt, address, model, habits)

    def _model(self, prompt: Prompt) -> str:
        return prompt.model or self._settings().model

    async def _stream(self, call: ChatCall) -> AsyncGenerator[str, None]:
        """Yield the pieces of one request, and report its cost whatever the outcome."""
        await self._clients.load()
        import httpx2
        import openai

        try:
            stream = await self._open(call)
            async with aclosing(call.texts(stream)) as texts:
                async for text in texts:
                    yield text
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            call.is_refused = getattr(error, "status_code", None) is not None
            is_lesson = call.is_refused and call.habits.learn(error, call.body)
            failure = self._as_provider_error(
                error, call.model, call.address, has_begun=call.chunks > 0
            )
            wait = 0.0 if is_lesson else is_worth_retrying(error)
            if wait is not None and not call.text:
                raise _RetryError(wait, failure, is_lesson=is_lesson) from error
            raise failure from error
        finally:
            if call.bytes_sent:
                self._on_spent(call.spent(self.name, self._prices()))

    async def _open(self, call: ChatCall) -> "AsyncStream[Any]":
        from app.providers.openai.sent_bytes import ON_BYTES

        guilds = call.prompt.guilds
        permit = await self._gate.permit(call.address, "replies", guilds)
        client = await self._connect(permit)
        self._throttle.spend(call.prompt_tokens)
        ON_BYTES.set(call.add_bytes)
        answer = await client.chat.completions.with_raw_response.create(
            **call.arguments
        )
        self._throttle.note(answer.headers)
        kind = answer.headers.get("content-type", "")
        if "event-stream" not in kind:
            await answer.http_response.aclose()
            raise ValueError(f"it sent {kind or 'something'} instead of a stream")
        return cast("AsyncStream[Any]", answer.parse())

    async def _connect(self, permit: Permit) -> "AsyncOpenAI":
        return await self._clients.of(permit, self._key(permit.address))

    def _as_provider_error(
        self,
        error: Exception,
        model: str,
        address: Address,
        *,
        has_begun: bool = False,
    ) -> ProviderError:
        """Remember the kind of problem, and describe it."""
        headers: Mapping[str, str] = {}
        if response := getattr(error, "response", None):
            headers = response.headers
            self._throttle.note(headers)
        trouble = describe(error, address.host, model, has_begun=has_begun)
        proxy = self._settings().proxy
        if trouble.kind == "unreachable" and proxy and address.is_cloud:
            reason = f"{address.host} cannot be reached through the proxy {proxy}."
            trouble = replace(trouble, reason=reason, hint=PROXY_HINT)
        if trouble.stay_away_seconds:
            scope = model if trouble.is_of_model else ""
            until = self._clock() + trouble.stay_away_seconds
            self._troubles[scope] = (trouble, until)
        elif wait := retry_after(headers):
            self._throttle.block(min(wait, 3600.0))
        if trouble.kind == "input":
            return InputRefusedError(trouble.reason, trouble.hint)
        return ProviderError(trouble.reason, trouble.hint)


class _RetryError(Exception):
    """A retry may work after some seconds; `reason` explains it if time runs out."""

    def __init__(
        self, seconds: float, reason: ProviderError, *, is_lesson: bool
    ) -> None:
        super().__init__(str(reason))
        self.seconds = seconds
        self.reason = reason
        self.is_lesson = is_lesson
