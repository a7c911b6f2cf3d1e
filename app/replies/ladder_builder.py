"""Builds the rungs of one reply's ladder, with their locks and budgets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from app.chat import context, reply_time
from app.chat.budget import Shares, fill
from app.chat.circuit_breaker import CircuitBreaker, Clock
from app.chat.context import TurnKey, key_of
from app.chat.fair_queue import FairQueue
from app.chat.ladder import Check, Fit, Rung
from app.chat.prompt_settings import Mode, deadline_ms
from app.core.labels import is_host
from app.core.names import GuildId
from app.providers.base import (
    ANSWER_TOKENS,
    PICTURE_TOKENS,
    Keyed,
    Loads,
    Prompt,
    Provider,
    Speed,
)
from app.replies.conversation_context import ConversationContext
from app.replies.ledger import Ledger
from app.settings.base_url import Address
from app.settings.host_names import LOCAL
from app.settings.hosts import host_of
from app.settings.schema import Config

CLOUD_TOKENS = 1500
"""The context tokens for a cloud model; more costs more and adds little."""

LOCAL_TRIES = 2
"""The tries of the model here, which keeps the conversation in memory."""

READ_CONVERSATIONS = 5
"""The number of conversations that the model here surely has in memory."""

GROWTH = 3
"""The factor by which a prompt that was mostly read before may exceed what can be read
in time. If it has to be read anew after all, that costs one reply."""


@dataclass(frozen=True)
class _Read:
    """A prompt that the model here has read."""

    turns: tuple[TurnKey, ...]
    by: int | None
    """The runner's process id."""


class LocalModel(Protocol):
    """The measured facts about the model on this machine."""

    @property
    def speed(self) -> Speed: ...
    @property
    def context_size(self) -> int: ...
    @property
    def model(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def replies(self) -> int: ...
    @property
    def picture_ms(self) -> float: ...


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
        self._clock = clock
        self._breakers: dict[str, CircuitBreaker] = {}
        self._queues: dict[str, FairQueue] = {}
        self._read: dict[str, _Read] = {}
        """Each conversation's last prompt for the model here."""

    @property
    def waiting(self) -> int:
        """The requests that wait for their turn at a host."""
        return sum(queue.waiting for queue in self._queues.values())

    def addresses(self, names: Sequence[str]) -> dict[str, Address]:
        """Return the addresses of those names that are hosts and have one."""
        hosts = [host_of(self._home(), name) for name in names if is_host(name)]
        return {host.name: host.address for host in hosts if host.has_address}

    async def read_keys(self, names: Sequence[str]) -> None:
        """Have the hosts among those names know their keys before they are asked."""
        for name in names:
            provider = self._providers[name]
            if isinstance(provider, Keyed):
                await provider.read_key()

    def order(
        self, config: Config, wanted: str | None = None, *, is_free: bool = False
    ) -> list[str]:
        """Return the language models to ask; a local guild never uses the cloud.

        Args:
            is_free: Nothing may be asked that costs money.
        """
        order = (wanted or config.reply.provider).split(", ")
        order = [name for name in order if name in self._providers]
        if is_free:
            costs = self.addresses(order)
            order = [n for n in order if n not in costs or not costs[n].is_cloud]
        if order == ["markov"]:
            return []
        if LOCAL not in order and LOCAL in self._providers:
            order.append(LOCAL)
        return order

    def model_of(self, provider: str, config: Config) -> str:
        """Return the model behind a provider."""
        if is_host(provider) and provider in self._providers:
            return host_of(config, provider).model
        if provider == LOCAL:
            return self._local.model if self._local else config.model.name
        return ""

    def time_limit_ms(
        self, mode: Mode, config: Config, names: Sequence[str], pictures: int = 0
    ) -> float:
        """Return the milliseconds for a reply for which those models are asked."""
        speed = self.speed if LOCAL in names else None
        seeing = pictures * self.picture_ms if LOCAL in names else 0.0
        return deadline_ms(mode, config, speed) + seeing

    @property
    def picture_ms(self) -> float:
        """The time that the model here looks at a picture; 0 if it cannot see."""
        return self._local.picture_ms if self._local else 0.0

    @property
    def speed(self) -> Speed | None:
        """The speed of the model here; None without one."""
        return self._local.speed if self._local else None

    def local_replies(self) -> int:
        """Return how many replies the model here writes at the moment."""
        return self._local.replies if self._local else 0

    def build(
        self,
        names: Sequence[str],
        guild: GuildId,
        config: Config,
        gathered: ConversationContext,
        refused: Mapping[str, str | None] | None = None,
    ) -> list[Rung]:
        """Return rungs for those language models, with the chain as the last one.

        Args:
            refused: For each host why nothing of the guild may go there, or None.
        """
        rungs = []
        for name in names:
            if is_host(name):
                reason = (refused or {}).get(name)
                rungs.append(self._host_rung(name, guild, config, gathered, reason))
            else:
                fit = self._local_fit(gathered, config)
                rungs.append(Rung(self._providers[name], fit=fit, tries=LOCAL_TRIES))
        return [*rungs, Rung(self._providers["markov"])]

    def _host_rung(
        self,
        name: str,
        guild: GuildId,
        config: Config,
        gathered: ConversationContext,
        refused: str | None,
    ) -> Rung:
        provider, model = self._providers[name], host_of(config, name).model
        shortened = _fit(gathered, config, _cloud_budget(config))

        def fit(prompt: Prompt, left_ms: float) -> Prompt:
            return replace(shortened(prompt, left_ms), model=model)

        return Rung(
            provider,
            (lambda prompt: refused, self._budget(name, guild, config)),
            self._breakers.setdefault(name, CircuitBreaker(self._clock)),
            self._queues.setdefault(name, FairQueue(8)),
            fit,
            loading=_loading(provider, model),
        )

    def _budget(self, name: str, guild: GuildId, config: Config) -> Check:
        def check(prompt: Prompt) -> str | None:
            home = self._home()
            host = host_of(home, name)
            return self._ledger.refuses_host(guild, config, home, host)

        return check

    def _local_fit(self, gathered: ConversationContext, config: Config) -> Fit:
        """Limit a prompt and its answer to what the model here can do in time."""
        local = self._local
        if local is None:
            return _fit(gathered, config, _cloud_budget(config))
        wanted = min(ANSWER_TOKENS, config.reply.max_words * 2)
        pictures = len(gathered.last.pictures)

        def fit(prompt: Prompt, left_ms: float) -> Prompt:
            # While it looks at pictures it reads and writes nothing.
            left_ms -= pictures * local.picture_ms
            answer = reply_time.answer_tokens(left_ms, local.speed, wanted)
            size = local.context_size - pictures * PICTURE_TOKENS
            tokens = context.plan_budget(left_ms, local.speed, answer, size)
            room = min(size - answer - 64, config.context.tokens or size)
            fitted = self._as_before(prompt, gathered, config, min(tokens, room), room)
            return reply_time.shortened(fitted, answer, wanted)

        return fit

    def _as_before(
        self,
        prompt: Prompt,
        gathered: ConversationContext,
        config: Config,
        tokens: int,
        room: int,
    ) -> Prompt:
        """Fill a prompt so that it starts as the conversation's last one did.

        The model here has read that, so there is time for more.
        """
        read = self._read.pop(prompt.conversation, None)
        runner = self._local.pid if self._local else None
        kept = read.turns if read and read.by == runner else ()
        most = min(GROWTH * tokens, room) if kept else tokens
        fitted = _fill(prompt, gathered, config, tokens, kept, most)
        self._read[prompt.conversation] = _Read(
            tuple(map(key_of, fitted.turns)), runner
        )
        while len(self._read) > READ_CONVERSATIONS:
            del self._read[next(iter(self._read))]
        return fitted


def _loading(provider: Provider, model: str) -> Callable[[], str | None]:
    """Return a check whether the provider's host is loading the model."""
    if isinstance(provider, Loads):
        return lambda: provider.loading(model)
    return lambda: None


def _cloud_budget(config: Config) -> Callable[[float], int]:
    """Return the context tokens for a cloud model, whose reading time is negligible."""
    tokens = config.context.tokens or CLOUD_TOKENS
    return lambda left_ms: tokens


def _fit(
    gathered: ConversationContext, config: Config, budget: Callable[[float], int]
) -> Fit:
    """Limit a prompt to what can be read in time."""
    return lambda prompt, left_ms: _fill(prompt, gathered, config, budget(left_ms))


def _fill(
    prompt: Prompt,
    gathered: ConversationContext,
    config: Config,
    tokens: int,
    kept: Sequence[TurnKey] = (),
    most: int = 0,
) -> Prompt:
    wanted = config.context
    seen = len(gathered.last.pictures) * PICTURE_TOKENS
    return fill(
        prompt,
        gathered.conversation,
        gathered.channel,
        gathered.last,
        tokens + seen,
        Shares(wanted.recall, wanted.summary, wanted.examples, wanted.lore),
        kept,
        most + seen if most else 0,
    )
