"""The bot without its shell: opens a home, and answers every control request."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from random import Random, SystemRandom
from typing import TypeVar, cast

from app.core.paths import Home
from app.ipc import control
from app.ipc.peer import Handler, handlers_of
from app.ipc.wire import Request
from app.service.app_context import AppContext
from app.service.bootstrap import assemble
from app.service.events import Asker
from app.service.handlers.app import AppHandlers
from app.service.handlers.benchmark import BenchmarkHandlers
from app.service.handlers.blind_tests import BlindTestHandlers
from app.service.handlers.fine_tuning import FineTuningHandlers
from app.service.handlers.guilds import GuildHandlers
from app.service.handlers.meter import MeterHandlers
from app.service.handlers.models import ModelHandlers
from app.service.handlers.replies import ReplyHandlers
from app.service.handlers.settings import SettingsHandlers
from app.service.handlers.snapshots import SnapshotHandlers

R = TypeVar("R")

log = logging.getLogger(__name__)

LOADING_SECONDS = 60.0
"""A command waits this long for a model to be loaded before its clock starts."""


class Service:
    """All that a home's bot does, whoever asks: a screen, a command or Discord."""

    def __init__(
        self, context: AppContext, clock: Callable[[], float] = time.time
    ) -> None:
        self.context = context
        self.app = AppHandlers(context, clock)
        self.metering = MeterHandlers(context, clock)
        self.handlers: Mapping[str, Handler] = {
            **handlers_of(self.app, control.APP_REQUESTS),
            **handlers_of(ReplyHandlers(context), control.REPLY_REQUESTS),
            **handlers_of(GuildHandlers(context), control.GUILD_REQUESTS),
            **handlers_of(ModelHandlers(context), control.MODEL_REQUESTS),
            **handlers_of(SettingsHandlers(context), control.SETTINGS_REQUESTS),
            **handlers_of(BenchmarkHandlers(context), control.BENCHMARK_REQUESTS),
            **handlers_of(self.metering, control.METER_REQUESTS),
            **handlers_of(BlindTestHandlers(context), control.BLIND_TEST_REQUESTS),
            **handlers_of(FineTuningHandlers(context), control.FINE_TUNING_REQUESTS),
            **handlers_of(SnapshotHandlers(context), control.SNAPSHOT_REQUESTS),
        }

    async def prepare(self, request: control.Say) -> None:
        """Load what a reply needs, for a process that was started for this one."""
        if request.mode == "markov":
            return
        guild = await self.context.guild(request.guild)
        config = await self.context.settings.of(guild.id)
        if (request.provider or config.reply.provider) == "openai":
            await asyncio.to_thread(self.context.cloud.prepare)
        elif self.context.local.status().model.state in ("idle", "loading"):
            await self.context.local.wait_until_ready(LOADING_SECONDS)
            if request.mode != "llm":
                await self.context.token_voices.prepare(guild.id)
        await self.context.memory.warm(guild.id)

    async def call(self, asker: Asker, request: Request[R]) -> R:
        """Carry out a request of this process."""
        reply = await self.handlers[request.method](asker, request)  # type: ignore[arg-type]
        return cast(R, reply)


@asynccontextmanager
async def open_service(home: Home, rng: Random | None = None) -> AsyncIterator[Service]:
    """The service of a home whose lock is held; closed when the block ends."""
    async with assemble(home, rng or SystemRandom()) as context:
        await context.voices.start()
        yield Service(context)
