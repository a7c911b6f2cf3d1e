"""The bot without its shell: opens a home, and answers every control request."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, TypeVar, cast

from app.core.errors import AppError
from app.core.labels import is_host
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.ipc.peer import Handler, handlers_of
from app.ipc.wire import Request
from app.service.app_context import AppContext
from app.service.bootstrap import assemble
from app.service.events import Asker
from app.settings.hosts import host_of
from app.settings.schema import Config
from app.store.engines.shards import ALL, Shards

if TYPE_CHECKING:
    from app.service.handlers.app import AppHandlers
    from app.service.handlers.last_hour import LastHourHandlers
    from app.service.handlers.meter import MeterHandlers

R = TypeVar("R")

log = logging.getLogger(__name__)

LOADING_SECONDS = 60.0
"""The time a command waits for a loading model before its clock starts."""


class Service:
    """All the work of a home's bot, for screens, commands and Discord alike."""

    def __init__(
        self, context: AppContext, clock: Callable[[], float] = time.time
    ) -> None:
        self.context = context
        self._clock = clock
        self.handlers: Mapping[str, Handler] = Handlers(self)

    @cached_property
    def app(self) -> "AppHandlers":
        """The program itself: its state, health and end."""
        from app.service.handlers.app import AppHandlers

        return AppHandlers(self.context, self._clock)

    @cached_property
    def last_hour(self) -> "LastHourHandlers":
        """The figures of the last hour, which are noted in the background."""
        from app.service.handlers.last_hour import LastHourHandlers

        return LastHourHandlers(self.context, self._clock)

    @cached_property
    def metering(self) -> "MeterHandlers":
        """The meter, which also works in the background."""
        from app.service.handlers.meter import MeterHandlers

        return MeterHandlers(self.context, self._clock)

    async def prepare(self, request: control.Say) -> None:
        """Load what a reply needs, in a process started for just one."""
        if request.mode == "markov":
            return
        guild = await self.context.guild(request.guild)
        config = await self.context.settings.of(guild.id)
        provider = request.provider or config.reply.provider
        first = provider.split(", ")[0]
        if is_host(first) and await self._prepare_host(first, config, request):
            pass
        elif self.context.local.status().model.state in ("idle", "loading"):
            await self._prepare_local(guild.id, is_fused=request.mode != "llm")
        await self.context.memory.warm(guild.id)
        await self.context.replier.prepare(guild.id)

    async def _prepare_local(self, guild: GuildId, *, is_fused: bool) -> None:
        """Load the model here, and meanwhile build the voice in its words."""
        loading = self.context.local.wait_until_ready(LOADING_SECONDS)
        if is_fused:
            await asyncio.gather(loading, self.context.token_voices.prepare(guild))
        else:
            await loading

    async def _prepare_host(
        self, name: str, config: Config, request: control.Say
    ) -> bool:
        """Load what a host needs; False if it may not be asked."""
        # The rung says what is wrong, or that it is still loading.
        with suppress(AppError, TimeoutError):
            host = host_of(config, name)
            if request.is_free and host.address.is_cloud:
                return False
            provider = self.context.providers.host(name)
            await asyncio.to_thread(provider.prepare)
            async with asyncio.timeout(LOADING_SECONDS):
                await provider.warm(host.model)
            if host.fuses:
                guild = await self.context.guild(request.guild)
                await self.context.token_voices.prepare_for_host(guild.id, host.model)
        return True

    async def call(self, asker: Asker, request: Request[R]) -> R:
        """Carry out a request of this process."""
        reply = await self.handlers[request.method](asker, request)  # type: ignore[arg-type]
        return cast(R, reply)


class Handlers(Mapping[str, Handler]):
    """A handler for each request; those of a topic are loaded when one is needed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._made: dict[str, Handler] = {}
        self._topics = {
            kind.method: requests for requests in TOPICS for kind in requests
        }

    def __getitem__(self, method: str) -> Handler:
        if method not in self._made:
            requests = self._topics[method]
            self._made |= handlers_of(TOPICS[requests](self._service), requests)
        return self._made[method]

    def __iter__(self) -> Iterator[str]:
        return iter(self._topics)

    def __len__(self) -> int:
        return len(self._topics)


def _replies(service: Service) -> object:
    from app.service.handlers.replies import ReplyHandlers

    return ReplyHandlers(service.context)


def _guilds(service: Service) -> object:
    from app.service.handlers.guilds import GuildHandlers

    return GuildHandlers(service.context)


def _features(service: Service) -> object:
    from app.service.handlers.features import FeatureHandlers

    return FeatureHandlers(service.context)


def _imports(service: Service) -> object:
    from app.service.handlers.imports import ImportHandlers

    return ImportHandlers(service.context)


def _forget(service: Service) -> object:
    from app.service.handlers.forget import ForgetHandlers

    return ForgetHandlers(service.context)


def _models(service: Service) -> object:
    from app.service.handlers.models import ModelHandlers

    return ModelHandlers(service.context)


def _hub(service: Service) -> object:
    from app.service.handlers.hub import HubHandlers

    return HubHandlers(service.context)


def _hosts(service: Service) -> object:
    from app.service.handlers.hosts import HostHandlers

    return HostHandlers(service.context)


def _settings(service: Service) -> object:
    from app.service.handlers.settings import SettingsHandlers

    return SettingsHandlers(service.context)


def _benchmark(service: Service) -> object:
    from app.service.handlers.benchmark import BenchmarkHandlers

    return BenchmarkHandlers(service.context)


def _blind_tests(service: Service) -> object:
    from app.service.handlers.blind_tests import BlindTestHandlers

    return BlindTestHandlers(service.context)


def _fine_tuning(service: Service) -> object:
    from app.service.handlers.fine_tuning import FineTuningHandlers

    return FineTuningHandlers(service.context)


def _lore(service: Service) -> object:
    from app.service.handlers.lore import LoreHandlers

    return LoreHandlers(service.context)


def _personas(service: Service) -> object:
    from app.service.handlers.personas import PersonaHandlers

    return PersonaHandlers(service.context)


def _snapshots(service: Service) -> object:
    from app.service.handlers.snapshots import SnapshotHandlers

    return SnapshotHandlers(service.context)


TOPICS: Mapping[tuple[type[Request[object]], ...], Callable[[Service], object]] = {
    tuple(control.APP_REQUESTS): lambda service: service.app,
    tuple(control.REPLY_REQUESTS): _replies,
    tuple(control.GUILD_REQUESTS): _guilds,
    tuple(control.FEATURE_REQUESTS): _features,
    tuple(control.IMPORT_REQUESTS): _imports,
    tuple(control.FORGET_REQUESTS): _forget,
    tuple(control.MODEL_REQUESTS): _models,
    tuple(control.HUB_REQUESTS): _hub,
    tuple(control.HOST_REQUESTS): _hosts,
    tuple(control.SETTINGS_REQUESTS): _settings,
    tuple(control.BENCHMARK_REQUESTS): _benchmark,
    tuple(control.METER_REQUESTS): lambda service: service.metering,
    tuple(control.BLIND_TEST_REQUESTS): _blind_tests,
    tuple(control.FINE_TUNING_REQUESTS): _fine_tuning,
    tuple(control.SNAPSHOT_REQUESTS): _snapshots,
    tuple(control.LORE_REQUESTS): _lore,
    tuple(control.PERSONA_REQUESTS): _personas,
    tuple(control.LAST_HOUR_REQUESTS): lambda service: service.last_hour,
}


@asynccontextmanager
async def open_service(
    home: Home,
    rng: Random | None = None,
    *,
    is_forgiving: bool = False,
    shards: Shards = ALL,
) -> AsyncIterator[Service]:
    """Yield the service of a home whose lock is held; close it afterwards.

    Args:
        is_forgiving: Go on with the defaults when the settings cannot be used.
        shards: Those that this process holds, if it shares the database.
    """
    rng = rng or Random()
    opening = assemble(home, rng, is_forgiving=is_forgiving, shards=shards)
    async with opening as context:
        await context.voices.start()
        await context.uploads.forget_first()
        yield Service(context)
