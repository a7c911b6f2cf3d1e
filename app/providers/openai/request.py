"""One chat completion at a cloud host: its request, stream and cost."""

import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.core.token_estimate import estimate_tokens
from app.providers.base import Completion, Prompt
from app.providers.cost_record import Spent, Tokens
from app.providers.openai.cloud_prompt import render
from app.providers.openai.prices import Prices
from app.settings.base_url import Address

if TYPE_CHECKING:
    from openai import AsyncStream

MAX_CHARS = 8000
"""The most bytes for one chat line before a host is cut off."""


@dataclass
class ChatCall:
    """One request while it runs."""

    prompt: Prompt
    address: Address
    model: str
    body: dict[str, Any] = field(init=False)
    bytes_sent: int = 0
    is_refused: bool = False
    """The host answered with an error, so nothing was written."""
    text: str = ""
    chunks: int = 0
    finish: str = "stop"
    reported: Tokens | None = None

    def __post_init__(self) -> None:
        self.body = _body(self.address, self.model, self.prompt)

    @property
    def prompt_tokens(self) -> int:
        """The tokens of the request, as counted here."""
        return sum(
            estimate_tokens(item["content"]) + 4 for item in self.body["messages"]
        )

    @property
    def asked(self) -> object:
        """The key by which another request is the same as this one."""
        return [self.address.url, self.prompt.guild, self.body]

    def add_bytes(self, count: int) -> None:
        """Note the body bytes that went out."""
        self.bytes_sent += count

    async def texts(self, stream: "AsyncStream[Any]") -> AsyncGenerator[str, None]:
        """Yield the texts of its stream; note counts and the finish reason.

        Raises:
            ValueError: If the answer is too long for a line of chat.
        """
        try:
            async for chunk in stream:
                self.reported = _usage(chunk) or self.reported
                choices = getattr(chunk, "choices", None) or []
                for choice in choices[:1]:
                    self.finish = _finish(choice) or self.finish
                    text = getattr(getattr(choice, "delta", None), "content", None)
                    if isinstance(text, str) and text:
                        self.chunks += 1
                        self.text += text
                        yield text
                if len(self.text) > MAX_CHARS:
                    raise ValueError("more text than a line of chat can be")
        finally:
            with suppress(RuntimeError):
                await stream.close()

    def spent(self, provider: str, prices: Prices) -> Spent:
        """Return the usage as reported, or else as counted here."""
        tokens, is_estimate = self._tokens()
        body = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return Spent(
            provider,
            self.model,
            self.prompt.guild,
            self.prompt.reply,
            self.address.host,
            len(body.encode()),
            tokens.prompt,
            tokens.cached,
            tokens.completion,
            self._cost(tokens, prices),
            self.address.reach,
            is_estimate,
        )

    def completion(self, spent: Spent, first_ms: float, total_ms: float) -> Completion:
        """Return the whole completion, once it has ended."""
        notes = ("tokens were counted here",) if spent.is_estimate else ()
        return Completion(
            self.text,
            self.finish,
            spent.prompt_tokens,
            spent.cached_tokens,
            spent.completion_tokens,
            first_ms,
            total_ms,
            spent.cost,
            notes=notes,
            bytes_sent=spent.bytes_sent,
            host=spent.host,
            reach=spent.reach,
        )

    def _tokens(self) -> tuple[Tokens, bool]:
        """Return its tokens, and whether they were counted here."""
        if self.is_refused:
            return Tokens(0, 0, 0), False
        completion = max(self.chunks, estimate_tokens(self.text)) if self.text else 0
        counted = Tokens(self.prompt_tokens, 0, completion)
        if self.reported and self.reported.is_like(counted):
            return self.reported, False
        return counted, True

    def _cost(self, tokens: Tokens, prices: Prices) -> float:
        if not self.address.is_cloud:
            return 0.0
        if not self.address.is_openai and not prices.knows(self.model):
            return 0.0
        price = prices.of(self.model)
        return price.cost(tokens.prompt, tokens.cached, tokens.completion)


def _finish(choice: object) -> str | None:
    reason = getattr(choice, "finish_reason", None)
    return "length" if reason == "length" else None


def _usage(chunk: object) -> Tokens | None:
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


def _body(address: Address, model: str, prompt: Prompt) -> dict[str, Any]:
    """Build the request's body; the names of options differ by host and model."""
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
