"""Creates every provider from its parts."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.core.proxy import Proxy
from app.core.state_file import StateFile
from app.providers.base import Provider
from app.providers.cost_record import OnSpent
from app.providers.local.provider import LocalProvider
from app.providers.markov import MarkovProvider
from app.providers.openai.prices import Prices
from app.providers.openai.provider import OpenAIProvider
from app.settings.base_url import Address
from app.settings.host_gate import Gate
from app.settings.schema import Config
from app.voice.voice import Voice


@dataclass(frozen=True)
class Means:
    """The parts of a home that providers need."""

    config: Callable[[], Config]
    """Return the home's present settings."""
    voice: Callable[[int], Awaitable[Voice]]
    rng: Random
    locate_model: Callable[[str], Path | None]
    token_voice: Callable[[int], Awaitable[Path | None]]
    crashed: StateFile
    """The models that crashed and are set aside."""
    speeds: StateFile
    """Each model's speed when it was last loaded."""
    on_event: Callable[[str], None]
    """Receives events of the model's process, with reasons."""
    key: Callable[[Address], str | None]
    proxy: Callable[[], Proxy | None]
    """The proxy on the way to a host in the cloud; it may block."""
    prices: Prices
    on_spent: OnSpent
    gate: Gate


def _openai(means: Means) -> OpenAIProvider:
    return OpenAIProvider(
        lambda: means.config().openai,
        means.key,
        lambda: means.prices,
        means.on_spent,
        time.monotonic,
        means.gate,
        proxy=means.proxy,
    )


def _local(means: Means) -> LocalProvider:
    return LocalProvider(
        lambda: means.config().model,
        means.locate_model,
        means.token_voice,
        means.crashed,
        speeds=means.speeds,
        on_event=means.on_event,
    )


def _markov(means: Means) -> MarkovProvider:
    return MarkovProvider(means.voice, means.rng)


@dataclass(frozen=True)
class Providers:
    """One provider of each kind, by name; the ladder takes them from `every`."""

    openai: OpenAIProvider
    local: LocalProvider
    markov: MarkovProvider

    @property
    def every(self) -> dict[str, Provider]:
        """Return all of them by name."""
        return {one.name: one for one in (self.openai, self.local, self.markov)}

    async def close(self) -> None:
        """Release their resources."""
        for one in self.every.values():
            await one.close()


def make(means: Means) -> Providers:
    """Create the providers of one home."""
    return Providers(_openai(means), _local(means), _markov(means))
