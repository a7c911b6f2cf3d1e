"""Puts the parts of one home's bot together, and takes them apart again."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app import catalogue, secrets, telemetry
from app.bot.illustrating import rules_of
from app.bot.job_calls import Jobs
from app.bot.learning import Learning
from app.bot.ledger import Ledger
from app.bot.news import News
from app.bot.parts import Parts
from app.bot.remembering import Remembering
from app.bot.replying import Replier
from app.bot.rungs import Rungs
from app.bot.settings import Settings
from app.bot.token_voices import TokenVoices
from app.config import Config
from app.paths import Home
from app.providers import prices, registry
from app.providers.address import Address
from app.providers.prices import Prices
from app.providers.registry import Means, Providers
from app.state_file import StateFile
from app.store.database import Database
from app.voice.voice import Rules

log = logging.getLogger(__name__)


@asynccontextmanager
async def assemble(home: Home, rng: Random) -> AsyncIterator[Parts]:
    """The parts of a home whose lock is held.

    Raises:
        AppError: If the database, the settings or the prices cannot be used.
    """
    async with AsyncExitStack() as stack:
        ground = await _open(home, stack)
        jobs = Jobs(home)
        memory, token_voices, learning = _learners(ground, jobs, stack)
        providers = registry.make(_means(ground, learning, token_voices, rng))
        stack.push_async_callback(providers.close)
        token_voices.attach(providers.local)
        memory.attach(providers.local)
        yield Parts(
            home=home,
            database=ground.database,
            reader=ground.reader,
            settings=ground.settings,
            learning=learning,
            token_voices=token_voices,
            ledger=ground.ledger,
            providers=providers,
            prices=ground.prices,
            replier=_replier(ground, providers, learning, memory, rng),
            memory=memory,
            jobs=jobs,
            news=ground.news,
        )


@dataclass(frozen=True)
class _Ground:
    """What all other parts stand on."""

    home: Home
    database: Database
    reader: Database
    news: News
    settings: Settings
    ledger: Ledger
    prices: Prices

    def config(self) -> Config:
        """The home's settings as they are now."""
        return self.settings.home

    def locate_model(self, name: str) -> Path | None:
        """The file of a model, if it is here."""
        return catalogue.locate(self.home, name)


async def _open(home: Home, stack: AsyncExitStack) -> _Ground:
    home.create()
    if telemetry.remove_left_behind(home):
        log.info("Deleted what onnxruntime's telemetry had left in your cache folder")
    database = stack.enter_context(Database(home.database))
    reader = stack.enter_context(Database(home.database, read_only=True))
    news = News()
    stack.callback(news.close)
    ledger = Ledger(database, time.time, news.warn)
    await ledger.load()
    stack.push_async_callback(ledger.flush)
    settings = Settings(home, database, news.warn)
    found = prices.load(home.prices_file)
    ground = _Ground(home, database, reader, news, settings, ledger, found)
    ground.config()  # What is wrong with the file is said now.
    return ground


def _learners(
    ground: _Ground, jobs: Jobs, stack: AsyncExitStack
) -> tuple[Remembering, TokenVoices, Learning]:
    home, database, news = ground.home, ground.database, ground.news
    memory = Remembering(home, database, ground.reader, ground.settings, news)
    stack.push_async_callback(memory.close)
    token_voices = TokenVoices(
        home,
        database,
        jobs,
        lambda: ground.locate_model(ground.config().model.name),
        news.tell,
    )
    stack.push_async_callback(token_voices.close)
    learning = Learning(
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
    learning: Learning,
    memory: Remembering,
    rng: Random,
) -> Replier:
    rungs = Rungs(
        providers.every,
        ground.ledger,
        ground.config,
        time.perf_counter,
        providers.local,
    )
    return Replier(ground.database, ground.settings, rungs, learning, rng, memory)


def _means(
    ground: _Ground, learning: Learning, token_voices: TokenVoices, rng: Random
) -> Means:
    home = ground.home

    async def rules(guild: int) -> Rules:
        return rules_of(await ground.settings.of(guild))

    def key(address: Address) -> str | None:
        """OpenAI's key goes to OpenAI alone."""
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
