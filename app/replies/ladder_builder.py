"""Builds the rungs of one reply's ladder, with their locks and budgets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from app.chat import context, reply_time
from app.chat.budget import Shares, fill
from app.chat.circuit_breaker import CircuitBreaker, Clock
from app.chat.fair_queue import FairQueue
from app.chat.ladder import Check, Fit, Rung
from app.chat.prompt_settings import Mode, deadline_ms
from app.providers.base import ANSWER_TOKENS, Prompt, Provider, Speed
from app.replies.conversation_context import ConversationContext
from app.replies.ledger import Ledger
from app.settings.base_url import Address
from app.settings.schema import Config

CLOUD_TOKENS = 1500
"""The context tokens for a cloud model; more costs more and adds little."""

LOCAL_TRIES = 2
"""The tries of the model here, which keeps the conversation in memory."""


class LocalModel(Protocol):
    """The measured facts about the model on this machine."""

    @property
    def speed(self) -> Speed: ...
    @property
    def context_size(self) -> int: ...
    @property
    def model(self) -> str: ...


class LadderBuilder:
    """Builds the rungs from the settings in effect where the reply is made."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        ledger: Ledger,
        home: Callable[[], Config],
        clock: Clock,
        local: LocalModel | None = None,
    ) -> None:
        """`home` returns the home's settings, whose budgets all guilds share."""
        self._providers = providers
        self._ledger = ledger
        self._home = home
        self._local = local
        self._breaker = CircuitBreaker(clock)
        self.queue = FairQueue(8)

    @property
    def address(self) -> Address:
        """The destination of requests to a server."""
        return self._home().openai.address

    def order(
        self, config: Config, wanted: str | None = None, *, is_free: bool = False
    ) -> list[str]:
        """Return the language models to ask; a local guild never uses the cloud.

        Args:
            is_free: Nothing may be asked that costs money.
        """
        provider = wanted or config.reply.provider
        if is_free and provider == "openai" and self.address.is_cloud:
            provider = "local"
        orders = {"openai": ["openai", "local"], "markov": []}
        order = orders.get(provider, [provider])
        return [name for name in order if name in self._providers]

    def model_of(self, provider: str, config: Config) -> str:
        """Return the model behind a provider."""
        if provider == "openai":
            return config.openai.model
        if provider == "local":
            return self._local.model if self._local else config.model.name
        return ""

    def time_limit_ms(self, mode: Mode, config: Config, names: Sequence[str]) -> float:
        """Return the milliseconds for a reply for which those models are asked."""
        speed = self.speed if "local" in names else None
        return deadline_ms(mode, config, speed)

    @property
    def speed(self) -> Speed | None:
        """The speed of the model here; None without one."""
        return self._local.speed if self._local else None

    def build(
        self,
        names: Sequence[str],
        guild: int,
        config: Config,
        gathered: ConversationContext,
        refused: str | None = None,
    ) -> list[Rung]:
        """Return rungs for those language models, with the chain as the last one.

        Args:
            refused: The reason why nothing of the guild may go to the server.
        """
        rungs = []
        for name in names:
            provider = self._providers[name]
            if name == "openai":
                fit = _fit(gathered, config, _cloud_budget(config))
                checks = (lambda prompt: refused, self._budget(guild, config))
                rungs.append(Rung(provider, checks, self._breaker, self.queue, fit))
            else:
                fit = self._local_fit(gathered, config)
                rungs.append(Rung(provider, fit=fit, tries=LOCAL_TRIES))
        return [*rungs, Rung(self._providers["markov"])]

    def _budget(self, guild: int, config: Config) -> Check:
        def check(prompt: Prompt) -> str | None:
            home = self._home().openai
            if not home.address.is_cloud:
                return None
            own = (config.openai.daily_budget, config.openai.monthly_budget)
            shared = (home.daily_budget, home.monthly_budget)
            return self._ledger.refuses(guild, None if own == shared else own, shared)

        return check

    def _local_fit(self, gathered: ConversationContext, config: Config) -> Fit:
        """Limit a prompt and its answer to what the model here can do in time."""
        local = self._local
        if local is None:
            return _fit(gathered, config, _cloud_budget(config))
        wanted = min(ANSWER_TOKENS, config.reply.max_words * 2)

        def answer(left_ms: float) -> int:
            return reply_time.answer_tokens(left_ms, local.speed, wanted)

        def budget(left_ms: float) -> int:
            in_time = context.plan_budget(
                left_ms, local.speed, answer(left_ms), local.context_size
            )
            return min(in_time, config.context.tokens or in_time)

        fit = _fit(gathered, config, budget)
        return lambda prompt, left_ms: reply_time.shortened(
            fit(prompt, left_ms), answer(left_ms), wanted
        )


def _cloud_budget(config: Config) -> Callable[[float], int]:
    """Return the context tokens for a cloud model, whose reading time is negligible."""
    tokens = config.context.tokens or CLOUD_TOKENS
    return lambda left_ms: tokens


def _fit(
    gathered: ConversationContext, config: Config, budget: Callable[[float], int]
) -> Fit:
    """Limit a prompt to what can be read in time."""
    wanted = config.context
    shares = Shares(wanted.recall, wanted.summary, wanted.examples)

    def fit(prompt: Prompt, left_ms: float) -> Prompt:
        return fill(
            prompt,
            gathered.conversation,
            gathered.channel,
            gathered.last,
            budget(left_ms),
            shares,
        )

    return fit
