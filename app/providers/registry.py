"""Creates every provider from its parts."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.core.names import GuildId
from app.core.proxy import Proxy
from app.core.state_file import StateFile
from app.providers.base import Prompt, Provider
from app.providers.cost_record import OnSpent
from app.providers.fused_request import words_for_host
from app.providers.local.provider import LocalProvider
from app.providers.markov import MarkovProvider
from app.providers.openai.prices import Prices
from app.providers.openai.provider import OpenAIProvider
from app.settings.host_gate import Gate
from app.settings.host_names import OPENAI
from app.settings.hosts import Host, host_of
from app.settings.schema import Config
from app.voice.voice import Voice


@dataclass(frozen=True)
class Means:
    """The parts of a home that providers need."""

    config: Callable[[], Config]
    """Return the home's present settings."""
    voice: Callable[[GuildId], Awaitable[Voice]]
    rng: Random
    locate_model: Callable[[str], Path | None]
    token_voice: Callable[[GuildId], Awaitable[Path | None]]
    host_voice: Callable[[GuildId, str], Awaitable[list[int] | None]]
    """Return the rows that the voice beside a host's model must not say; None without
    one."""
    crashed: StateFile
    """The models that crashed and are set aside."""
    speeds: StateFile
    """Each model's speed when it was last loaded."""
    on_event: Callable[[str], None]
    """Receives events of the model's process, with reasons."""
    key: Callable[[Host], str | None]
    """Return the key of a host, if its address is the one it was entered for."""
    proxy: Callable[[], Proxy | None]
    """Return the proxy on the way to a host in the cloud; it may block."""
    prices: Prices
    on_spent: OnSpent
    gate: Gate
    on_wrong_address: Callable[[str], None] = lambda name: None
    """Hears the name of a host under whose address no API answers."""


def _host(means: Means, name: str) -> OpenAIProvider:
    def host() -> Host:
        return host_of(means.config(), name)

    async def fused(prompt: Prompt, model: str) -> str:
        is_line = prompt.mode == "hybrid" and prompt.dial > 0 and not prompt.task
        if not (is_line and host().fuses):
            return ""
        gone = await means.host_voice(prompt.guild, model)
        if gone is None:
            return ""
        return words_for_host(prompt, gone, means.rng.getrandbits(31))

    return OpenAIProvider(
        host,
        lambda address: means.key(host()) if address == host().address else None,
        lambda: means.prices,
        means.on_spent,
        time.monotonic,
        means.gate,
        proxy=means.proxy,
        name=name,
        on_wrong_address=means.on_wrong_address,
        fused=fused,
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


class Providers(Mapping[str, Provider]):
    """The providers of one home by name; a host's is made when it is first needed."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self.local = _local(means)
        self._markov = _markov(means)
        self._hosts: dict[str, OpenAIProvider] = {}

    @property
    def openai(self) -> OpenAIProvider:
        """The host called `openai`."""
        return self.host(OPENAI)

    def host(self, name: str) -> OpenAIProvider:
        """Return the provider of a host.

        Raises:
            ConfigError: If there is no such host.
        """
        host_of(self._means.config(), name)
        if name not in self._hosts:
            self._hosts[name] = _host(self._means, name)
        return self._hosts[name]

    def __getitem__(self, name: str) -> Provider:
        if name == self.local.name:
            return self.local
        if name == self._markov.name:
            return self._markov
        if name == OPENAI or name in self._means.config().hosts:
            return self.host(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        yield from (self.local.name, self._markov.name, OPENAI)
        yield from self._means.config().hosts

    def __len__(self) -> int:
        return len([*self])

    async def close(self) -> None:
        """Release their resources."""
        every: list[Provider] = [self.local, self._markov, *self._hosts.values()]
        for one in every:
            await one.close()


def make(means: Means) -> Providers:
    """Create the providers of one home."""
    return Providers(means)
