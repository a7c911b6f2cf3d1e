"""OpenAI, and any server with its Chat Completions API, by address."""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
)
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, cast

from app.core.errors import ConfigError, InputRefusedError, LoadingError, ProviderError
from app.core.names import GuildId
from app.core.proxy import Proxy
from app.core.token_estimate import estimate_tokens
from app.providers.base import Completion, Prompt
from app.providers.cost_record import OnSpent, Spent
from app.providers.openai.chunks import Chunks, chunks_of
from app.providers.openai.client import Clients, load
from app.providers.openai.errors import Trouble, is_worth_retrying
from app.providers.openai.habits import Habits
from app.providers.openai.host_state import HostFacts, HostStanding, no_key
from app.providers.openai.model_list import list_models
from app.providers.openai.prices import Price, Prices
from app.providers.openai.rate_limit import Throttle
from app.providers.openai.request import ChatCall, greeting, is_greeting
from app.providers.openai.warmth import LOAD_SECONDS, Place, Warmth
from app.providers.response_cache import Repeats
from app.settings.base_url import Address
from app.settings.consent import Purpose
from app.settings.host_gate import Gate, Permit
from app.settings.host_names import OPENAI, to_choose_model
from app.settings.hosts import needs_key

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream
    from openai._legacy_response import LegacyAPIResponse

Clock = Callable[[], float]

LEAST_MS = 500.0
"""The least time left that is worth a retry."""

MOST_ATTEMPTS = 2
"""The most tries; after two failures the next rung is better."""


async def _unfused(prompt: Prompt, model: str) -> str:
    """Return nothing for a plug-in."""
    return ""


class OpenAIProvider:
    """Writes with the owner's account, or with the owner's own server."""

    def __init__(
        self,
        settings: Callable[[], HostFacts],
        key: Callable[[Address], str | None],
        prices: Callable[[], Prices],
        on_spent: OnSpent,
        clock: Clock,
        gate: Gate,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        proxy: Callable[[], Proxy | None] = lambda: None,
        name: str = OPENAI,
        on_wrong_address: Callable[[str], None] = lambda name: None,
        fused: Callable[[Prompt, str], Awaitable[str]] = _unfused,
    ) -> None:
        """Prepare without connecting.

        Args:
            fused: Returns what a plug-in of the host needs to let the voice write with
                a model; empty for nothing.
            key: Returns the key of an address, and None for any other.
            proxy: Returns the proxy on the way to the cloud; it may block.
        """
        self.name = name
        self._fused = fused
        self._settings = settings
        self._key = key
        self._prices = prices
        self._on_spent = on_spent
        self._clock = clock
        self._gate = gate
        self._sleep = sleep
        self._throttle = Throttle(clock)
        self._standing = HostStanding(
            name, clock, self._throttle, on_wrong_address, self._proxy_in_use
        )
        self._repeats = Repeats(clock)
        self._habits: dict[tuple[str, str], Habits] = {}
        self.bills = False
        """The host says what its answers cost."""
        self._clients = Clients(self.forget_troubles, proxy)
        self._warmth = Warmth(lambda place: self.greet(place[1]), clock)

    def _proxy_in_use(self) -> str:
        return self._clients.proxy_url

    @property
    def trouble(self) -> Trouble | None:
        """The latest problem that the owner should know about."""
        return self._standing.latest(self._settings().address.url)

    def unavailable(self, prompt: Prompt) -> str | None:
        """Return why no request is possible: no key, a known problem, a rate limit."""
        try:
            address = self._settings().address
        except ConfigError as error:
            return str(error)
        if needs_key(address) and not self._key(address):
            return no_key(self.name, address)
        if not self._model(prompt):
            how = to_choose_model(self.name)
            return f"no model is set for {self.name}; choose one with {how}"
        if reason := self._standing.refuses(address.url, self._model(prompt)):
            return reason
        wait = self._throttle.wait(
            estimate_tokens("".join(t.text for t in prompt.turns))
        )
        if wait * 1000 > max(0.0, prompt.deadline_ms - LEAST_MS):
            return f"its rate limit is reached; it is free again in {wait:.0f} s"
        return None

    async def read_key(self) -> None:
        """Read the key in a thread; see `Keyed`."""
        with suppress(ConfigError):
            await asyncio.to_thread(self._key, self._settings().address)

    def loading(self, model: str = "") -> str | None:
        """Return that the host loads a model, and since when; None if it does not."""
        place = self._place(model)
        seconds = self._warmth.loading_seconds(place)
        if seconds is None or self._warmth.is_warm(place):
            return None
        host = self._settings().address.host
        return f"{host} is loading {place[1]} ({seconds:.0f} s so far)"

    async def warm(self, model: str = "") -> None:
        """Have a host of the owner's load a model, without a deadline.

        Raises:
            ProviderError: If it cannot.
        """
        place = self._place(model)
        if not self._settings().address.is_cloud and not self._warmth.is_warm(place):
            # Whoever waits may give up; the load goes on.
            await asyncio.shield(self._warmth.begin(place))

    async def measure(self) -> None:
        """Have a host say a word, and take the time; it may load its model first.

        Raises:
            ProviderError: If it says none.
        """
        await asyncio.shield(self._warmth.begin(self._place("")))

    def first_word_seconds(self, model: str = "") -> float | None:
        """Return the time to the first word, as last measured without a deadline."""
        return self._warmth.first_word(self._place(model))

    async def greet(self, model: str = "") -> None:
        """Send a tiny request with nobody's words, and wait for a sign of life.

        Raises:
            ProviderError: If the host does not answer it.
        """
        prompt = greeting(self._place(model)[1], LOAD_SECONDS)
        async with aclosing(self.write(prompt)) as pieces:
            async for _ in pieces:
                return

    def _place(self, model: str) -> Place:
        settings = self._settings()
        return settings.address.url, model or settings.model

    def forget_troubles(self) -> None:
        """Retry at once, since the owner changed something."""
        self._standing.forget()

    def prepare(self) -> None:
        """Load the client library, which takes over a second; blocking."""
        load()

    async def models(self) -> list[str]:
        """List the host's models; raises as `list_models` does."""
        address = self._settings().address
        client = await self._connect(self._gate.look(address))
        return await list_models(client, address, self.name)

    @asynccontextmanager
    async def work(
        self,
        guild: GuildId,
        model: str,
        tokens: int = 0,
        cost: float = 0.0,
        guilds: Collection[GuildId | None] = (),
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
        address, counts = permit.address, list[int]()
        token, billed, dollars = ON_BYTES.set(counts.append), 0, 0.0
        try:
            yield await self._connect(permit)
            billed, dollars = tokens, cost
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise self._standing.error_of(error, model, address) from error
        finally:
            ON_BYTES.reset(token)
            if counts:
                spent = Spent(
                    self.name, model, guild, None, address.host, sum(counts),
                    billed, 0, 0, dollars, address.reach, is_estimate=True,
                )  # fmt: skip
                self._on_spent(spent)

    async def _permit_tuning(self, guilds: Collection[GuildId | None]) -> Permit:
        await self.read_key()
        address = self._settings().address
        if needs_key(address) and not self._key(address):
            raise ProviderError(no_key(self.name, address).capitalize() + ".")
        if not guilds:
            return self._gate.look(address)
        return await self._gate.permit(address, "tuning", guilds)

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Stream one line; see `Provider.write`."""
        start = self._clock()
        call = await self._call(prompt)
        is_repeatable = prompt.temperature == 0
        if is_repeatable and (known := self._repeats.known(prompt.guild, call.asked)):
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
                call = await self._call(prompt)
        spent = call.spent(self.name, self._prices())
        done = call.completion(
            spent, self._prices(), first, (self._clock() - start) * 1000
        )
        if not done.text.strip():
            raise ProviderError(f"{call.address.host} {call.why_empty}.")
        if is_repeatable:
            self._repeats.remember(prompt.guild, call.asked, done)
        yield done

    async def close(self) -> None:
        """Close the connection."""
        await self._warmth.close()
        await self._clients.close()

    # One request.

    async def _call(self, prompt: Prompt) -> ChatCall:
        await self.read_key()
        settings, model = self._settings(), self._model(prompt)
        address, own = settings.address, settings.own_price
        habits = self._habits.setdefault((address.url, model), Habits.of(model))
        price = Price(own[0], own[0], own[1]) if own else None
        key = self._key(address) or ""
        is_limited = settings.daily_tokens > 0
        fused = await self._fused(prompt, model)
        return ChatCall(prompt, address, model, habits, price, is_limited, key, fused)

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
            call.is_waiting = False
            if call.refusal:
                raise InputRefusedError(call.refusal)
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            call.is_waiting = False
            call.is_refused = getattr(error, "status_code", None) is not None
            is_lesson = call.is_refused and call.habits.learn(error, call.body)
            failure = self._standing.error_of(
                error, call.model, call.address, has_begun=call.chunks > 0
            )
            call.is_waiting = isinstance(failure, LoadingError)
            wait = 0.0 if is_lesson else is_worth_retrying(error)
            if wait is not None and not call.text:
                raise _RetryError(wait, failure, is_lesson=is_lesson) from error
            raise failure from error
        finally:
            self._note(call)

    def _note(self, call: ChatCall) -> None:
        """Enter a request in the ledger, and wake a model that did not begin."""
        self.bills |= call.billed is not None
        is_ours, place = is_greeting(call.prompt), (call.address.url, call.model)
        if call.chunks:
            self._warmth.wrote(place)
        elif call.is_waiting and not is_ours and not call.address.is_cloud:
            self._warmth.begin(place)
            if call.bytes_sent:
                self._warmth.reached(place)
        if call.bytes_sent and (call.address.is_cloud or not is_ours):
            self._on_spent(call.spent(self.name, self._prices()))

    async def _open(self, call: ChatCall) -> Chunks:
        from app.providers.openai.sent_bytes import ON_BYTES

        if is_greeting(call.prompt):
            permit = self._gate.look(call.address)
        else:
            guilds: Collection[GuildId | None] = call.prompt.guilds
            purpose: Purpose = "summaries" if call.prompt.task else "replies"
            permit = await self._gate.permit(call.address, purpose, guilds)
            if call.prompt.pictures:
                await self._gate.permit(call.address, "pictures", guilds)
        client = await self._connect(permit)
        self._throttle.spend(call.prompt_tokens)

        def on_bytes(count: int) -> None:
            call.bytes_sent += count
            self._warmth.reached((call.address.url, call.model))

        ON_BYTES.set(on_bytes)
        answer = await client.chat.completions.with_raw_response.create(
            **call.arguments, timeout=call.timeout
        )
        self._throttle.note(answer.headers)
        return await chunks_of(cast("LegacyAPIResponse[AsyncStream[object]]", answer))

    async def _connect(self, permit: Permit) -> "AsyncOpenAI":
        key = await asyncio.to_thread(self._key, permit.address)
        return await self._clients.of(permit, key)


class _RetryError(Exception):
    """A retry may work after some seconds; `reason` explains it if time runs out."""

    def __init__(
        self, seconds: float, reason: ProviderError, *, is_lesson: bool
    ) -> None:
        super().__init__(str(reason))
        self.seconds = seconds
        self.reason = reason
        self.is_lesson = is_lesson
