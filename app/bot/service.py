"""The bot without its shell: opens a home, and answers every control request."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Any

from app import __version__, secrets
from app.bot.job_calls import Jobs
from app.bot.knowing import Knowing
from app.bot.learning import Learning
from app.bot.ledger import Ledger
from app.bot.modelling import Modelling
from app.bot.news import Asker, News
from app.bot.owning import Owning
from app.bot.parts import Json, Parts
from app.bot.replying import Replier, rules_of
from app.bot.rungs import Rungs
from app.bot.settings import Settings
from app.bot.talking import Talking
from app.ipc import control
from app.ipc.peer import Handler, handlers_of
from app.ipc.wire import Params
from app.paths import Home
from app.providers import prices
from app.providers.address import Address
from app.providers.base import Provider
from app.providers.markov import MarkovProvider
from app.providers.openai import OpenAIProvider
from app.store import overview
from app.store.database import Database
from app.voice.voice import Rules

log = logging.getLogger(__name__)

TALKING = (control.Say, control.Cancel, control.Explain, control.Rate)
KNOWING = (
    control.Guilds,
    control.Import,
    control.Forget,
    control.Export,
    control.Backup,
)
MODELLING = (
    control.Models,
    control.ModelPull,
    control.ModelUse,
    control.ModelRemove,
)
OWNING = (
    control.ConfigGet,
    control.ConfigSet,
    control.SecretSet,
    control.SecretTest,
    control.Usage,
    control.Doctor,
)
OWN = (control.Status, control.Subscribe, control.Shutdown)


class Service:
    """All that a home's bot does, whoever asks: a screen, a command or Discord."""

    def __init__(self, parts: Parts, clock: Callable[[], float] = time.time) -> None:
        self.parts = parts
        self.asked_to_stop = asyncio.Event()
        self._clock = clock
        self._started = clock()
        self.discord: Callable[[], Json] = lambda: {"state": "off"}
        """State of the connection to Discord, set by the process that has one."""
        self.handlers: Mapping[str, Handler] = {
            **handlers_of(self, OWN),
            **handlers_of(Talking(parts), TALKING),
            **handlers_of(Knowing(parts), KNOWING),
            **handlers_of(Modelling(parts), MODELLING),
            **handlers_of(Owning(parts), OWNING),
        }

    async def status(self, asker: Asker, request: control.Status) -> Json:
        """State of the whole chain."""
        parts = self.parts
        config = parts.settings.home
        day = datetime.fromtimestamp(self._clock(), UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        today = await parts.reader.run(overview.since, int(day.timestamp() * 1000))
        cloud = parts.cloud.trouble
        return {
            "version": __version__,
            "name": config.bot.name,
            "discord": self.discord(),
            "mode": config.reply.mode,
            "provider": config.reply.provider,
            "dial": config.reply.dial,
            "has_bot_token": secrets.get(parts.home, "bot_token") is not None,
            "has_openai_key": secrets.get(parts.home, "openai_key") is not None,
            "cloud": {
                "state": cloud.kind if cloud else "ready",
                "reason": cloud.reason if cloud else "",
                "hint": cloud.hint if cloud else "",
                "model": config.openai.model,
            },
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

    async def call(self, asker: Asker, request: Params) -> Json:
        """Carry out a request of this process."""
        reply: Any = await self.handlers[request.method](asker, request)  # type: ignore[arg-type]
        return dict(reply or {})


@asynccontextmanager
async def open_service(home: Home, rng: Random | None = None) -> AsyncIterator[Service]:
    """The service of a home whose lock is held; closed when the block ends."""
    rng = rng or SystemRandom()
    async with AsyncExitStack() as stack:
        home.create()
        database = stack.enter_context(Database(home.database))
        reader = stack.enter_context(Database(home.database, read_only=True))
        settings = Settings(home, database)
        _ = settings.home
        news = News()
        stack.callback(news.close)
        ledger = Ledger(database, time.time, _warning(news))
        await ledger.load()
        stack.push_async_callback(ledger.flush)
        learning = Learning(
            home, database, lambda: settings.home, Jobs(home), on_progress=news.tell
        )
        stack.push_async_callback(learning.close)
        listed = prices.load(home.prices_file)
        cloud = OpenAIProvider(
            lambda: settings.home.openai,
            _key_of(home),
            lambda: listed,
            ledger.spent,
            time.monotonic,
        )
        providers: dict[str, Provider] = {
            "openai": cloud,
            "markov": MarkovProvider(learning.voice, _rules(settings), rng),
        }
        for provider in providers.values():
            stack.push_async_callback(provider.close)
        rungs = Rungs(providers, ledger, lambda: settings.home, time.perf_counter)
        replier = Replier(database, settings, rungs, learning, rng)
        parts = Parts(
            home,
            database,
            reader,
            settings,
            learning,
            ledger,
            cloud,
            providers,
            listed,
            replier,
            news,
        )
        await learning.start()
        yield Service(parts)


def _warning(news: News) -> Callable[[str], None]:
    def warn(text: str) -> None:
        log.warning("%s", text)
        news.event(text)

    return warn


def _key_of(home: Home) -> Callable[[Address], str | None]:
    """The key that belongs to an address: OpenAI's goes to OpenAI alone."""

    def key(address: Address) -> str | None:
        return secrets.get(home, "openai_key" if address.is_openai else "server_key")

    return key


def _rules(settings: Settings) -> Callable[[int], Awaitable[Rules]]:
    async def rules(guild: int) -> Rules:
        return rules_of(await settings.of(guild))

    return rules
