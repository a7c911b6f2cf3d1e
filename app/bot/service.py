"""The bot without its shell: opens a home, and answers every control request."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Any

from app import __version__, secrets
from app.bot.assembly import assemble
from app.bot.comparing import Comparing
from app.bot.fine_tuning import FineTuning
from app.bot.keeping import Keeping
from app.bot.knowing import Knowing
from app.bot.measuring import Measuring
from app.bot.metering import Metering
from app.bot.modelling import Modelling
from app.bot.news import Asker
from app.bot.owning import Owning
from app.bot.parts import Json, Parts
from app.bot.talking import Talking
from app.ipc import control
from app.ipc.peer import Handler, handlers_of
from app.ipc.wire import Params
from app.paths import Home
from app.store import overview

log = logging.getLogger(__name__)

LOADING_SECONDS = 60.0
"""A command waits this long for a model to be loaded before its clock starts."""


class Service:
    """All that a home's bot does, whoever asks: a screen, a command or Discord."""

    def __init__(self, parts: Parts, clock: Callable[[], float] = time.time) -> None:
        self.parts = parts
        self.asked_to_stop = asyncio.Event()
        self._clock = clock
        self._started = clock()
        self.metering = Metering(parts, clock)
        self.discord: Callable[[], Json] = lambda: {"state": "off"}
        """State of the connection to Discord, set by the process that has one."""
        self.handlers: Mapping[str, Handler] = {
            **handlers_of(self, control.OWN),
            **handlers_of(Talking(parts), control.TALKING),
            **handlers_of(Knowing(parts), control.KNOWING),
            **handlers_of(Modelling(parts), control.MODELLING),
            **handlers_of(Owning(parts), control.OWNING),
            **handlers_of(Measuring(parts), control.MEASURING),
            **handlers_of(self.metering, control.METERING),
            **handlers_of(Comparing(parts), control.COMPARING),
            **handlers_of(FineTuning(parts), control.FINE_TUNING),
            **handlers_of(Keeping(parts), control.KEEPING),
        }

    async def status(self, asker: Asker, request: control.Status) -> Json:
        """State of the whole chain."""
        parts = self.parts
        config = parts.settings.home
        day = datetime.fromtimestamp(self._clock(), UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        today = await parts.reader.run(overview.since, int(day.timestamp() * 1000))
        cloud, local = parts.cloud.trouble, parts.local.status()
        token = await asyncio.to_thread(secrets.get, parts.home, "bot_token")
        key = await asyncio.to_thread(secrets.get, parts.home, "openai_key")
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
            "queue": local["queue"] + parts.replier.waiting,
            "today": {**today, "cost": parts.ledger.today()},
            "month_cost": parts.ledger.month(),
            "monthly_budget": config.openai.monthly_budget,
            "daily_budget": config.openai.daily_budget,
            "uptime_seconds": self._clock() - self._started,
            "events": list(parts.news.events),
        }

    async def subscribe(self, asker: Asker, request: control.Subscribe) -> Json:
        """Tell this asker everything from now on."""
        self.parts.news.watch(asker)
        return {}

    async def shutdown(self, asker: Asker, request: control.Shutdown) -> Json:
        """End the bot, after this has been answered."""
        asyncio.get_running_loop().call_later(0.05, self.asked_to_stop.set)
        return {}

    async def prepare(self, request: control.Say) -> None:
        """Load what a reply needs, for a process that was started for this one."""
        if request.mode == "markov":
            return
        guild = await self.parts.guild(request.guild)
        config = await self.parts.settings.of(guild.id)
        if (request.provider or config.reply.provider) == "openai":
            await asyncio.to_thread(self.parts.cloud.prepare)
        elif self.parts.local.status()["model"]["state"] in ("idle", "loading"):
            await self.parts.local.wait_until_ready(LOADING_SECONDS)
            if request.mode != "llm":
                await self.parts.token_voices.prepare(guild.id)
        await self.parts.memory.warm(guild.id)

    async def call(self, asker: Asker, request: Params) -> Json:
        """Carry out a request of this process."""
        reply: Any = await self.handlers[request.method](asker, request)  # type: ignore[arg-type]
        return dict(reply or {})


@asynccontextmanager
async def open_service(home: Home, rng: Random | None = None) -> AsyncIterator[Service]:
    """The service of a home whose lock is held; closed when the block ends."""
    async with assemble(home, rng or SystemRandom()) as parts:
        await parts.learning.start()
        yield Service(parts)
