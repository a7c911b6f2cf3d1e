"""The bot without its shell: opens a home, and answers every control request."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Any

from app import __version__
from app.core import secrets
from app.core.paths import Home
from app.ipc import control
from app.ipc.peer import Handler, handlers_of
from app.ipc.wire import Params
from app.service.app_context import AppContext, Json
from app.service.bootstrap import assemble
from app.service.events import Asker
from app.service.handlers.benchmark import BenchmarkHandlers
from app.service.handlers.blind_tests import BlindTestHandlers
from app.service.handlers.fine_tuning import FineTuningHandlers
from app.service.handlers.guilds import GuildHandlers
from app.service.handlers.meter import MeterHandlers
from app.service.handlers.models import ModelHandlers
from app.service.handlers.replies import ReplyHandlers
from app.service.handlers.settings import SettingsHandlers
from app.service.handlers.snapshots import SnapshotHandlers
from app.store import overview

log = logging.getLogger(__name__)

LOADING_SECONDS = 60.0
"""The time a command waits for a loading model before its clock starts."""


class Service:
    """All the work of a home's bot, for screens, commands and Discord alike."""

    def __init__(
        self, context: AppContext, clock: Callable[[], float] = time.time
    ) -> None:
        self.context = context
        self.asked_to_stop = asyncio.Event()
        self._clock = clock
        self._started = clock()
        self.metering = MeterHandlers(context, clock)
        self.discord: Callable[[], Json] = lambda: {"state": "off"}
        """State of the connection to Discord, set by the process that has one."""
        self.handlers: Mapping[str, Handler] = {
            **handlers_of(self, control.APP_REQUESTS),
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

    async def status(self, asker: Asker, request: control.Status) -> Json:
        """Return the state of everything."""
        context = self.context
        config = context.settings.home
        day = datetime.fromtimestamp(self._clock(), UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        today = await context.reader.run(overview.since, int(day.timestamp() * 1000))
        cloud, local = context.cloud.trouble, context.local.status()
        token = await asyncio.to_thread(secrets.get, context.home, "bot_token")
        key = await asyncio.to_thread(secrets.get, context.home, "openai_key")
        return {
            "version": __version__,
            "name": config.bot.name,
            "discord": self.discord(),
            "mode": config.reply.mode,
            "provider": config.reply.provider,
            "dial": config.reply.dial,
            "has_bot_token": token is not None,
            "has_openai_key": key is not None,
            "cloud": {
                "state": cloud.kind if cloud else "ready",
                "reason": cloud.reason if cloud else "",
                "hint": cloud.hint if cloud else "",
                "model": config.openai.model,
            },
            **local,
            "queue": local["queue"] + context.replier.waiting,
            "today": {**today, "cost": context.ledger.today()},
            "month_cost": context.ledger.month(),
            "monthly_budget": config.openai.monthly_budget,
            "daily_budget": config.openai.daily_budget,
            "uptime_seconds": self._clock() - self._started,
            "events": list(context.events.events),
        }

    async def subscribe(self, asker: Asker, request: control.Subscribe) -> Json:
        """Send every notification to this asker from now on."""
        self.context.events.watch(asker)
        return {}

    async def shutdown(self, asker: Asker, request: control.Shutdown) -> Json:
        """End the bot after this answer."""
        asyncio.get_running_loop().call_later(0.05, self.asked_to_stop.set)
        return {}

    async def prepare(self, request: control.Say) -> None:
        """Load what a reply needs, in a process started for just one."""
        if request.mode == "markov":
            return
        guild = await self.context.guild(request.guild)
        config = await self.context.settings.of(guild.id)
        if (request.provider or config.reply.provider) == "openai":
            await asyncio.to_thread(self.context.cloud.prepare)
        elif self.context.local.status()["model"]["state"] in ("idle", "loading"):
            await self.context.local.wait_until_ready(LOADING_SECONDS)
            if request.mode != "llm":
                await self.context.token_voices.prepare(guild.id)
        await self.context.memory.warm(guild.id)

    async def call(self, asker: Asker, request: Params) -> Json:
        """Carry out a request of this process."""
        reply: Any = await self.handlers[request.method](asker, request)  # type: ignore[arg-type]
        return dict(reply or {})


@asynccontextmanager
async def open_service(home: Home, rng: Random | None = None) -> AsyncIterator[Service]:
    """Yield the service of a home whose lock is held; close it afterwards."""
    async with assemble(home, rng or SystemRandom()) as context:
        await context.voices.start()
        yield Service(context)
