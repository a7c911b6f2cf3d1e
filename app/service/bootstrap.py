"""Builds the parts of one home's bot, and closes them again."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.core import secrets, telemetry
from app.core.paths import Home
from app.core.state_file import StateFile
from app.modelfiles import catalogue
from app.providers import registry
from app.providers.openai import prices
from app.providers.openai.prices import Prices
from app.providers.registry import Means, Providers
from app.replies.cloud_examples import rules_of
from app.replies.ladder_builder import LadderBuilder
from app.replies.ledger import Ledger
from app.replies.replier import Replier
from app.service.app_context import AppContext
from app.service.events import Events
from app.service.job_runner import JobRunner
from app.service.memory_keeper import MemoryKeeper
from app.service.token_voices import TokenVoices
from app.service.voice_keeper import VoiceKeeper
from app.settings.base_url import Address
from app.settings.effective import Settings
from app.settings.schema import Config
from app.store.database import Database
from app.voice.voice import Rules

log = logging.getLogger(__name__)


@asynccontextmanager
async def assemble(home: Home, rng: Random) -> AsyncIterator[AppContext]:
    """Build the parts of a home whose lock is held.

    Raises:
        AppError: If the database, the settings or the prices are unusable.
    """
    async with AsyncExitStack() as stack:
        ground = await _open(home, stack)
        jobs = JobRunner(home)
        memory, token_voices, learning = _learners(ground, jobs, stack)
        providers = registry.make(_means(ground, learning, token_voices, rng))
        stack.push_async_callback(providers.close)
        token_voices.attach(providers.local)
        memory.attach(providers.local)
        yield AppContext(
            home=home,
            database=ground.database,
            reader=ground.reader,
            settings=ground.settings,
            voices=learning,
            token_voices=token_voices,
            ledger=ground.ledger,
            providers=providers,
            prices=ground.prices,
            replier=_replier(ground, providers, learning, memory, rng),
            memory=memory,
            jobs=jobs,
            events=ground.news,
        )


@dataclass(frozen=True)
class _Ground:
    """The base of all other parts."""

    home: Home
    database: Database
    reader: Database
    news: Events
    settings: Settings
    ledger: Ledger
    prices: Prices

    def config(self) -> Config:
        """Return the home's present settings."""
        return self.settings.home

    def locate_model(self, name: str) -> Path | None:
        """Return the file of a model, if it is here."""
        return catalogue.locate(self.home, name)


async def _open(home: Home, stack: AsyncExitStack) -> _Ground:
    home.create()
    if telemetry.remove_left_behind(home):
        log.info("Deleted leftovers of onnxruntime's telemetry from your cache folder")
    database = stack.enter_context(Database(home.database))
    reader = stack.enter_context(Database(home.database, read_only=True))
    news = Events()
    stack.callback(news.close)
    ledger = Ledger(database, time.time, news.warn)
    await ledger.load()
    stack.push_async_callback(ledger.flush)
    settings = Settings(home, database, news.warn)
    found = prices.load(home.prices_file)
    ground = _Ground(home, database, reader, news, settings, ledger, found)
    ground.config()  # Report errors in the file at once.
    return ground


def _learners(
    ground: _Ground, jobs: JobRunner, stack: AsyncExitStack
) -> tuple[MemoryKeeper, TokenVoices, VoiceKeeper]:
    home, database, news = ground.home, ground.database, ground.news
    memory = MemoryKeeper(home, database, ground.reader, ground.settings, news)
    stack.push_async_callback(memory.close)
    token_voices = TokenVoices(
        home,
        database,
        jobs,
        lambda: ground.locate_model(ground.config().model.name),
        news.tell,
    )
    stack.push_async_callback(token_voices.close)
    learning = VoiceKeeper(
        home,
        database,
        ground.config,
        jobs,
        on_progress=news.tell,
        on_forgotten=[memory.forget, token_voices.forget],
    )
    stack.push_async_callback(learning.close)
    return memory, token_voices, learning


def _replier(
    ground: _Ground,
    providers: Providers,
    learning: VoiceKeeper,
    memory: MemoryKeeper,
    rng: Random,
) -> Replier:
    rungs = LadderBuilder(
        providers.every,
        ground.ledger,
        ground.config,
        time.perf_counter,
        providers.local,
    )
    return Replier(ground.database, ground.settings, rungs, learning, rng, memory)


def _means(
    ground: _Ground, learning: VoiceKeeper, token_voices: TokenVoices, rng: Random
) -> Means:
    home = ground.home

    async def rules(guild: int) -> Rules:
        return rules_of(await ground.settings.of(guild))

    def key(address: Address) -> str | None:
        """Send OpenAI's key only to OpenAI."""
        return secrets.get(home, "openai_key" if address.is_openai else "server_key")

    return Means(
        config=ground.config,
        voice=learning.voice,
        rules=rules,
        rng=rng,
        locate_model=ground.locate_model,
        token_voice=token_voices.get,
        crashed=StateFile(home.crashed_models_file),
        on_event=ground.news.event,
        key=key,
        prices=ground.prices,
        on_spent=ground.ledger.spent,
    )
