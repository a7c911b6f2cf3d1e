"""One chat completion at a cloud host: its request, stream and cost."""

import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from app.core.names import GuildId
from app.core.token_estimate import estimate_tokens
from app.ipc.inference import HOST_FIELD
from app.providers.base import PICTURE_TOKENS, Completion, Prompt, Turn
from app.providers.cost_record import Spent, Tokens
from app.providers.local.chat_log import start_of_line
from app.providers.openai.bill import bill_in
from app.providers.openai.chunks import Chunks
from app.providers.openai.cloud_prompt import Message, render, words_of
from app.providers.openai.errors import shown
from app.providers.openai.habits import FUSING, Habits, options
from app.providers.openai.prices import Price, Prices
from app.providers.thoughts import Thoughts
from app.settings.base_url import Address

if TYPE_CHECKING:
    import httpx2

Body = dict[str, Any]

MAX_CHARS = 8000
"""The most characters of one chat line before a host is cut off."""

MAX_THOUGHT = 10 * MAX_CHARS

LEAST_SILENCE, CONNECT_SECONDS = 60.0, 5.0

BROKEN_OFF = frozenset(
    "length max_tokens model_length error abort network_error"
    " insufficient_system_resource".split()
)
"""The reasons for an end before the end.

Mistral says `model_length`, OpenRouter `error`, and DeepSeek
`insufficient_system_resource`.
"""

NOT_OPENAIS = ("reasoning", "chat_template_kwargs", *FUSING)
"""Parameters that the client library does not know."""


def greeting(model: str, seconds: float) -> Prompt:
    """Return a request with nobody's words, to load a model or to test a key."""
    hello = (Turn("Mynah", "Hi"),)
    milliseconds = seconds * 1000
    return Prompt(
        GuildId(0),
        "",
        "Mynah",
        hello,
        max_words=1,
        model=model,
        deadline_ms=milliseconds,
    )


def is_greeting(prompt: Prompt) -> bool:
    """Tell if a request is `greeting`, whole and without additions."""
    return prompt == greeting(prompt.model, prompt.deadline_ms / 1000)


@dataclass
class ChatCall:
    """One request while it runs."""

    prompt: Prompt
    address: Address
    model: str
    habits: Habits
    own_price: Price | None = None
    """The price that the owner entered."""
    has_token_budget: bool = False
    """The owner limits its tokens, as nobody knows the price."""
    key: str = field(default="", repr=False)
    """The key of the host, which its words must not show."""
    fused: str = ""
    """The words for a plug-in that lets the voice write along; empty leaves it out."""
    body: Body = field(init=False)
    bytes_sent: int = 0
    is_refused: bool = False
    """The host answered with an error, so nothing was written."""
    is_waiting: bool = True
    """The model has not begun: nobody answered yet, or the host is loading it."""
    chunks: int = 0
    finish: str = "stop"
    reported: Tokens | None = None
    refused: str = ""
    """The words in which the model, or a filter, refused to answer."""
    ended: str = ""
    """The reason that the host gave for the end."""
    billed: float | None = None
    """US dollars, as the host said."""

    def __post_init__(self) -> None:
        self.body = _body(self.address, self.model, self.prompt, self.habits)
        # Thoughts are not in the voice of the server.
        may_fuse = self.habits.refused.isdisjoint(FUSING) and not self.habits.thinks
        if self.fused and may_fuse:
            self.body |= _fused(self.body["messages"], self.prompt, self.fused)
        self.thoughts = Thoughts(begins_inside=self.habits.begins_inside)

    @property
    def text(self) -> str:
        """The answer so far, without thoughts."""
        return self.thoughts.answer

    @property
    def arguments(self) -> Body:
        """The body as the client library takes it."""
        extra = {name: self.body[name] for name in NOT_OPENAIS if name in self.body}
        known = {name: self.body[name] for name in self.body if name not in extra}
        return {**known, "extra_body": extra} if extra else known

    @property
    def prompt_tokens(self) -> int:
        """The tokens of the request, as counted here."""
        words = map(words_of, self.body["messages"])
        seen = len(self.prompt.pictures) * PICTURE_TOKENS
        return sum(estimate_tokens(text) + 4 for text in words) + seen

    @property
    def asked(self) -> object:
        """The key by which another request is the same as this one."""
        return [self.address.url, self.prompt.guild, self.body]

    @property
    def timeout(self) -> "httpx2.Timeout":
        """The longest silence to bear; a reply's own deadline ends it sooner."""
        import httpx2

        silence = max(LEAST_SILENCE, self.prompt.deadline_ms / 1000)
        return httpx2.Timeout(silence, connect=CONNECT_SECONDS)

    async def texts(self, stream: Chunks) -> AsyncGenerator[str, None]:
        """Yield the texts of its stream, empty ones while it thinks.

        Note counts and the finish reason.

        Raises:
            ValueError: If the answer is too long for a line of chat.
        """
        try:
            async for chunk in stream:
                self.reported = _usage(chunk) or self.reported
                self.billed = bill_in(chunk, self.billed)
                choices = getattr(chunk, "choices", None)
                for choice in choices[:1] if isinstance(choices, list) else ():
                    self._note_end(choice)
                    text, thought = _said(choice)
                    if text or thought:
                        self.chunks += 1
                        if thought:
                            self.thoughts.think(thought)
                        yield self.thoughts.feed(text)
                too_much = len(self.thoughts.thought) > MAX_THOUGHT
                if len(self.text) > MAX_CHARS or too_much:
                    raise ValueError("more text than a line of chat can be")
            if not self.ended and not stream.has_ended:
                self.finish = "length"
            if rest := self.thoughts.end(is_whole=self.finish == "stop"):
                yield rest
        finally:
            with suppress(RuntimeError):
                await stream.close()
            self._learn()

    def _note_end(self, choice: object) -> None:
        """Note why it ended, and what it said in place of an answer."""
        self.ended = _text(getattr(choice, "finish_reason", None)) or self.ended
        if self.ended in BROKEN_OFF:
            self.finish = "length"
        self.refused += _text(getattr(_delta(choice), "refusal", None))

    @property
    def refusal(self) -> str:
        """Say that these words get no answer; empty if they do."""
        host = self.address.host
        if self.refused:
            said = shown(self.refused, self.key)
            return f"{host} refused to answer. It said: “{said}”"
        if self.ended == "content_filter":
            return f"The filter of {host} stopped the answer."
        return ""

    @property
    def why_empty(self) -> str:
        """The reason why there is no text, with the host as the subject."""
        if self.chunks:
            return "thought and sent no answer"
        if self.ended in ("tool_calls", "function_call"):
            return "called a tool in place of an answer"
        return "sent no text"

    def _learn(self) -> None:
        """Remember that the model thinks, and where its thoughts begin."""
        self.habits.thinks |= bool(self.thoughts.thought)
        self.habits.begins_inside |= self.thoughts.was_lone_end

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

    def completion(
        self, spent: Spent, prices: Prices, first_ms: float, total_ms: float
    ) -> Completion:
        """Return the whole completion, once it has ended."""
        notes = ["tokens were counted here"] if spent.is_estimate else []
        if "vllm_xargs" in self.body:
            notes.append("the host was asked to let the voice choose words with it")
        if self.address.is_cloud and self._is_priceless(prices):
            notes.append("its price is unknown")
        return Completion(
            self.text.strip(),
            self.finish,
            spent.prompt_tokens,
            spent.cached_tokens,
            spent.completion_tokens,
            first_ms,
            total_ms,
            spent.cost,
            notes=tuple(notes),
            bytes_sent=spent.bytes_sent,
            host=spent.host,
            reach=spent.reach,
        )

    def _tokens(self) -> tuple[Tokens, bool]:
        """Return its tokens, and whether they were counted here."""
        if self.is_refused:
            return Tokens(0, 0, 0), False
        written = self.text + self.thoughts.thought
        completion = max(self.chunks, estimate_tokens(written)) if written else 0
        counted = Tokens(self.prompt_tokens, 0, completion)
        if self.reported and self.reported.is_like(counted):
            return self.reported, False
        return counted, True

    def _cost(self, tokens: Tokens, prices: Prices) -> float:
        """Return US dollars: what the host says, or by the price that is known.

        An unknown price counts as the dearest one, unless its tokens are limited.
        """
        if not self.address.is_cloud or self.is_refused:
            return 0.0
        if self.billed is not None:
            return self.billed
        if self._is_priceless(prices) and self.has_token_budget:
            return 0.0
        price = self.own_price or prices.of(self.model)
        return price.cost(tokens.prompt, tokens.cached, tokens.completion)

    def _is_priceless(self, prices: Prices) -> bool:
        """Tell if nobody said what it costs."""
        is_known = self.own_price or self.billed is not None
        return not is_known and not prices.knows(self.model)


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


def _body(address: Address, model: str, prompt: Prompt, habits: Habits) -> Body:
    """Build the request's body."""
    sampling: Body = {"temperature": prompt.temperature, "top_p": prompt.top_p}
    if prompt.random_seed >= 0:
        sampling["seed"] = prompt.random_seed
    tokens = max(16, prompt.max_words * 3)
    messages = render(prompt, has_system="system" not in habits.refused)
    return {
        "model": model,
        "messages": messages,
        # Some hosts stream unless they are told not to (unslothai/unsloth#5047).
        "stream": "stream" not in habits.refused,
        **options(address, model, tokens, sampling, habits),
    }


def _fused(messages: list[Message], prompt: Prompt, words: str) -> Body:
    """Return what lets a plug-in have the voice write along.

    The bot's line is begun with its name, as in the chat log that the voice goes on
    with; vLLM sends only what follows.
    """
    begun: Message = {"role": "assistant", "content": start_of_line(prompt.bot_name)}
    return {
        "messages": [*messages, begun],
        "add_generation_prompt": False,
        "continue_final_message": True,
        "vllm_xargs": {HOST_FIELD: words},
    }


def _said(choice: object) -> tuple[str, str]:
    """Return a chunk's answer and thought.

    DeepSeek, vLLM and llama-server think in `reasoning_content`, Ollama, OpenRouter and
    Groq in `reasoning`, Mistral in parts of `content`.
    """
    delta = _delta(choice)
    content = getattr(delta, "content", None)
    thoughts = [
        getattr(delta, name, None) for name in ("reasoning_content", "reasoning")
    ]
    texts = [content]
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        texts = [part.get("text") for part in parts]
        thoughts += [
            inner.get("text")
            for part in parts
            for inner in part.get("thinking") or ()
            if isinstance(inner, dict)
        ]
    return _joined(texts), next((one for one in thoughts if isinstance(one, str)), "")


def _delta(choice: object) -> object:
    """Return the part of an answer, or the whole one of a host that does not stream."""
    found = getattr(choice, "delta", None) or getattr(choice, "message", None)
    return SimpleNamespace(**found) if isinstance(found, dict) else found


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""


def _joined(texts: list[object]) -> str:
    return "".join(text for text in texts if isinstance(text, str))
