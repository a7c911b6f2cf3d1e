"""OpenAI, and any server that speaks its Chat Completions, by its address."""

import asyncio
import hashlib
import itertools
import json
import logging
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.config import OpenAISettings
from app.errors import ConfigError, ProviderError
from app.providers.address import Address, parse
from app.providers.base import Completion, Prompt
from app.providers.cloud_prompt import Item, render
from app.providers.openai_trouble import Trouble, describe, is_worth_retrying
from app.providers.prices import Prices
from app.providers.spending import OnSpent, Spent, Tokens, estimate
from app.providers.throttle import Throttle, retry_after

if TYPE_CHECKING:
    from openai import AsyncOpenAI, AsyncStream

log = logging.getLogger(__name__)

Clock = Callable[[], float]

LEAST_MS = 500.0
"""A retry with less time than this left would come to nothing."""

MOST_ATTEMPTS = 2
"""What fails twice in a second or two is better answered by the next rung."""

SAME_SECONDS = 20.0
"""Identical requests without randomness are answered once within this time."""

MAX_CHARS = 8000
"""A host that sends more than this for one chat line is cut off."""


@dataclass
class _Call:
    """One request while it runs."""

    prompt: Prompt
    address: Address
    model: str
    body: dict[str, Any]
    bytes_sent: int = 0
    is_refused: bool = False
    """The host answered with an error, so nothing was written."""
    text: str = ""
    chunks: int = 0
    finish: str = "stop"
    reported: Tokens | None = None

    def add_bytes(self, count: int) -> None:
        """Note what went out of the body."""
        self.bytes_sent += count


class OpenAIProvider:
    """Writes by the owner's account, or by a server of the owner's own."""

    name = "openai"

    def __init__(
        self,
        settings: Callable[[], OpenAISettings],
        key: Callable[[Address], str | None],
        prices: Callable[[], Prices],
        on_spent: OnSpent,
        clock: Clock,
        sleep: Callable[[float], Any] = asyncio.sleep,
    ) -> None:
        """`key` gives the key that belongs to an address, and None for any other."""
        self._settings = settings
        self._key = key
        self._prices = prices
        self._on_spent = on_spent
        self._clock = clock
        self._sleep = sleep
        self._throttle = Throttle(clock)
        self._troubles: dict[str, tuple[Trouble, float]] = {}
        self._recent: OrderedDict[str, tuple[float, Completion]] = OrderedDict()
        self._client: AsyncOpenAI | None = None
        self._client_for: tuple[str, str | None] | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def trouble(self) -> Trouble | None:
        """The newest state that the owner should know of."""
        now = self._clock()
        live = [trouble for trouble, until in self._troubles.values() if until > now]
        return live[-1] if live else None

    def unavailable(self, prompt: Prompt) -> str | None:
        """Why no request would be made now: no key, a known trouble, a rate limit."""
        try:
            address = parse(self._settings().base_url)
        except ConfigError as error:
            return str(error)
        if address.is_openai and not self._key(address):
            return "no OpenAI key is set; enter one with `mynah config set openai_key`"
        for scope in ("", self._model(prompt)):
            trouble, until = self._troubles.get(scope, (None, 0.0))
            if trouble and until > self._clock():
                return str(trouble)
        wait = self._throttle.wait(estimate("".join(t.text for t in prompt.turns)))
        if wait * 1000 > max(0.0, prompt.deadline_ms - LEAST_MS):
            return f"its rate limit is reached; free again in {wait:.0f} s"
        return None

    def forget_troubles(self) -> None:
        """Try again at once, since the owner changed something."""
        self._troubles.clear()

    def prepare(self) -> None:
        """Load the client library, which takes more than a second; blocking."""
        import openai  # noqa: F401

    async def models(self) -> list[str]:
        """The models that the server offers.

        Raises:
            ProviderError: If it cannot be asked.
        """
        import openai

        address = parse(self._settings().base_url)
        try:
            async with asyncio.timeout(10):
                page = await self._connect(address).models.list()
        except (openai.OpenAIError, TimeoutError, ValueError) as error:
            raise self._as_provider_error(error, "", address) from error
        return sorted(model.id for model in page.data)

    @asynccontextmanager
    async def work(
        self, guild: int, model: str, tokens: int = 0, cost: float = 0.0
    ) -> "AsyncIterator[AsyncOpenAI]":
        """The client for work besides chat; what it sends goes into the ledger.

        Args:
            tokens: What the work will be billed for, as far as it can be told.
            cost: The same in US dollars; neither is noted if the work fails.

        Raises:
            ProviderError: If the host cannot be asked, or refuses.
        """
        import httpx2
        import openai

        from app.providers.counting import ON_BYTES

        address = parse(self._settings().base_url)
        if address.is_openai and not self._key(address):
            raise ProviderError(
                "No OpenAI key is set.", "Enter one: `mynah config set openai_key`."
            )
        counts: list[int] = []
        token = ON_BYTES.set(counts.append)
        billed, dollars = 0, 0.0
        try:
            yield self._connect(address)
            billed, dollars = tokens, cost
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise self._as_provider_error(error, model, address) from error
        finally:
            ON_BYTES.reset(token)
            if counts:
                self._on_spent(
                    Spent(
                        self.name, model, guild, None, address.host, sum(counts),
                        billed, 0, 0, dollars, is_estimate=True,
                    )
                )  # fmt: skip

    async def write(self, prompt: Prompt) -> AsyncGenerator[str | Completion, None]:
        """Stream one line; see `Provider.write`."""
        start = self._clock()
        call = self._call(prompt)
        digest = self._digest(call) if prompt.temperature == 0 else None
        if digest and (known := self._known(digest)):
            yield known.text
            yield known
            return
        first = 0.0
        for attempt in itertools.count(1):
            try:
                async with aclosing(self._stream(call)) as pieces:
                    async for piece in pieces:
                        first = first or (self._clock() - start) * 1000
                        yield piece
                break
            except _RetryError as retry:
                left = prompt.deadline_ms - (self._clock() - start) * 1000
                in_time = left - retry.seconds * 1000 >= LEAST_MS
                if attempt == MOST_ATTEMPTS or not in_time:
                    raise retry.reason from None
                await self._sleep(retry.seconds)
                call = self._call(prompt)
        done = self._completion(call, first, (self._clock() - start) * 1000)
        if not done.text.strip():
            raise ProviderError(f"{call.address.host} sent no text.")
        if digest:
            self._remember(digest, done)
        yield done

    async def close(self) -> None:
        """Hang up."""
        self._let_go()
        await asyncio.gather(*self._closing)

    # One request.

    def _call(self, prompt: Prompt) -> _Call:
        address = parse(self._settings().base_url)
        model = self._model(prompt)
        return _Call(prompt, address, model, _body(address, model, prompt))

    def _model(self, prompt: Prompt) -> str:
        return prompt.model or self._settings().model

    async def _stream(self, call: _Call) -> AsyncGenerator[str, None]:
        """The pieces of one request; what it cost is told whatever becomes of it."""
        import httpx2
        import openai

        try:
            stream = await self._open(call)
            async with aclosing(_texts(stream, call)) as texts:
                async for text in texts:
                    yield text
        except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
            call.is_refused = getattr(error, "status_code", None) is not None
            failure = self._as_provider_error(
                error, call.model, call.address, has_begun=call.chunks > 0
            )
            wait = is_worth_retrying(error)
            if wait is not None and not call.text:
                raise _RetryError(wait, failure) from error
            raise failure from error
        finally:
            if call.bytes_sent:
                self._on_spent(self._spent(call))

    async def _open(self, call: _Call) -> "AsyncStream[Any]":
        from app.providers.counting import ON_BYTES

        client = self._connect(call.address)
        self._throttle.spend(_prompt_tokens(call.body["messages"]))
        ON_BYTES.set(call.add_bytes)
        answer = await client.chat.completions.with_raw_response.create(**call.body)
        self._throttle.note(answer.headers)
        kind = answer.headers.get("content-type", "")
        if "event-stream" not in kind:
            await answer.http_response.aclose()
            raise ValueError(f"it sent {kind or 'something'} where a stream was due")
        stream: AsyncStream[Any] = answer.parse()
        return stream

    def _connect(self, address: Address) -> "AsyncOpenAI":
        """The client for an address; the key goes to no other."""
        import httpx2
        from openai import AsyncOpenAI

        from app.providers.counting import count_bytes

        key = self._key(address)
        wanted = (address.url, key)
        if self._client is None or self._client_for != wanted:
            self._let_go()
            self._client = AsyncOpenAI(
                base_url=address.url,
                api_key=key or "none",
                max_retries=0,
                timeout=httpx2.Timeout(60.0, connect=5.0),
                http_client=httpx2.AsyncClient(
                    # A redirect could carry what people wrote to a host nobody chose.
                    follow_redirects=False,
                    trust_env=not address.is_this_machine,
                    event_hooks={"request": [count_bytes]},
                ),
            )
            self._client_for = wanted
            self._troubles.clear()
        return self._client

    def _let_go(self) -> None:
        """Hang up with a host that is not asked any more."""
        client, self._client = self._client, None
        if client:
            closing = asyncio.create_task(client.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _as_provider_error(
        self,
        error: Exception,
        model: str,
        address: Address,
        *,
        has_begun: bool = False,
    ) -> ProviderError:
        """Remember what kind of trouble it is, and put it in words."""
        headers: Mapping[str, str] = {}
        if response := getattr(error, "response", None):
            headers = response.headers
            self._throttle.note(headers)
        trouble = describe(error, address.host, model, has_begun=has_begun)
        if trouble.stay_away_seconds:
            scope = model if trouble.is_of_model else ""
            until = self._clock() + trouble.stay_away_seconds
            self._troubles[scope] = (trouble, until)
        elif wait := retry_after(headers):
            self._throttle.block(min(wait, 3600.0))
        return ProviderError(trouble.reason, trouble.hint)

    # What it cost.

    def _tokens(self, call: _Call) -> tuple[Tokens, bool]:
        """Tokens of a call as reported, else as counted; and whether it was counted."""
        if call.is_refused:
            return Tokens(0, 0, 0), False
        completion = max(call.chunks, estimate(call.text)) if call.text else 0
        counted = Tokens(_prompt_tokens(call.body["messages"]), 0, completion)
        if call.reported and call.reported.is_like(counted):
            return call.reported, False
        return counted, True

    def _spent(self, call: _Call) -> Spent:
        tokens, is_estimate = self._tokens(call)
        return Spent(
            self.name,
            call.model,
            call.prompt.guild,
            call.prompt.reply,
            call.address.host,
            len(
                json.dumps(
                    call.body, ensure_ascii=False, separators=(",", ":")
                ).encode()
            ),
            tokens.prompt,
            tokens.cached,
            tokens.completion,
            self._cost(call, tokens),
            is_estimate,
        )

    def _cost(self, call: _Call, tokens: Tokens) -> float:
        if not call.address.is_openai:
            prices = self._prices()
            if not prices.knows(call.model):
                return 0.0
        price = self._prices().of(call.model)
        return price.cost(tokens.prompt, tokens.cached, tokens.completion)

    def _completion(self, call: _Call, first_ms: float, total_ms: float) -> Completion:
        spent = self._spent(call)
        notes = ("tokens were counted here",) if spent.is_estimate else ()
        return Completion(
            call.text,
            call.finish,
            spent.prompt_tokens,
            spent.cached_tokens,
            spent.completion_tokens,
            first_ms,
            total_ms,
            spent.cost,
            notes=notes,
            bytes_sent=spent.bytes_sent,
            host=spent.host,
        )

    # Identical requests.

    def _digest(self, call: _Call) -> str:
        text = json.dumps([call.address.url, call.prompt.guild, call.body])
        return hashlib.sha256(text.encode()).hexdigest()

    def _known(self, digest: str) -> Completion | None:
        at, completion = self._recent.get(digest, (-SAME_SECONDS, None))
        if completion is None or self._clock() - at > SAME_SECONDS:
            return None
        note = ("the same was asked a moment ago",)
        return replace(completion, cost=0.0, bytes_sent=0, notes=note)

    def _remember(self, digest: str, completion: Completion) -> None:
        self._recent[digest] = (self._clock(), completion)
        if len(self._recent) > 256:
            self._recent.popitem(last=False)


class _RetryError(Exception):
    """It may work after some seconds; `reason` is what to say if there is no time."""

    def __init__(self, seconds: float, reason: ProviderError) -> None:
        super().__init__(str(reason))
        self.seconds = seconds
        self.reason = reason


async def _texts(stream: "AsyncStream[Any]", call: _Call) -> AsyncGenerator[str, None]:
    """The texts of a stream; counts and the finish reason go into `call`."""
    try:
        async for chunk in stream:
            call.reported = _usage(chunk) or call.reported
            choices = getattr(chunk, "choices", None) or []
            for choice in choices[:1]:
                call.finish = _finish(choice) or call.finish
                text = getattr(getattr(choice, "delta", None), "content", None)
                if isinstance(text, str) and text:
                    call.chunks += 1
                    call.text += text
                    yield text
            if len(call.text) > MAX_CHARS:
                raise ValueError("more text than a line of chat can be")
    finally:
        with suppress(RuntimeError):
            await stream.close()


def _finish(choice: Any) -> str | None:
    reason = getattr(choice, "finish_reason", None)
    return "length" if reason == "length" else None


def _usage(chunk: Any) -> Tokens | None:
    usage = getattr(chunk, "usage", None)
    if usage is None:
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    counts = (
        getattr(usage, "prompt_tokens", None),
        getattr(details, "cached_tokens", None) or 0,
        getattr(usage, "completion_tokens", None),
    )
    if all(isinstance(count, int) for count in counts):
        return Tokens(*counts)  # type: ignore[arg-type]
    return None


def _prompt_tokens(items: list[Item]) -> int:
    return sum(estimate(item["content"]) + 4 for item in items)


def _body(address: Address, model: str, prompt: Prompt) -> dict[str, Any]:
    """The request's body; the names of options differ by host and model."""
    body: dict[str, Any] = {
        "model": model,
        "messages": render(prompt),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    tokens = max(16, prompt.max_words * 3)
    thinks = address.is_openai and model.startswith(("gpt-5", "o1", "o3", "o4"))
    if thinks:
        body["max_completion_tokens"] = tokens + 400
        body["reasoning_effort"] = "minimal" if model.startswith("gpt-5") else "low"
        return body
    body["max_completion_tokens" if address.is_openai else "max_tokens"] = tokens
    body["temperature"] = prompt.temperature
    body["top_p"] = prompt.top_p
    if prompt.random_seed >= 0:
        body["seed"] = prompt.random_seed
    return body
