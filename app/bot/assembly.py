"""Puts the parts of one home's bot together, and takes them apart again."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

from app import catalogue, secrets
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
from app.paths import Home
from app.providers import prices, registry
from app.providers.address import Address
from app.providers.registry import Means
from app.state_file import StateFile
from app.store.database import Database
from app.voice.voice import Rules


@asynccontextmanager
async def assemble(home: Home, rng: Random) -> AsyncIterator[Parts]:
    """The parts of a home whose lock is held.

    Raises:
        AppError: If the database, the settings or the prices cannot be used.
    """
    async with AsyncExitStack() as stack:
        home.create()
        database = stack.enter_context(Database(home.database))
        reader = stack.enter_context(Database(home.database, read_only=True))
        news = News()
        stack.callback(news.close)
        settings = Settings(home, database, news.warn)
        _ = settings.home
        ledger = Ledger(database, time.time, news.warn)
        await ledger.load()
        stack.push_async_callback(ledger.flush)
        memory = Remembering(home, database, reader, settings, news)
        stack.push_async_callback(memory.close)
        jobs = Jobs(home)
        token_voices = TokenVoices(
            home,
            database,
            jobs,
            lambda: catalogue.locate(home, settings.home.model.name),
            news.tell,
        )
        stack.push_async_callback(token_voices.close)
        learning = Learning(
            home,
            database,
            lambda: settings.home,
            jobs,
            on_progress=news.tell,
            on_forgotten=[memory.forget, token_voices.forget],
        )
        stack.push_async_callback(learning.close)
        providers = registry.make(
            _means(home, settings, learning, token_voices, ledger, rng, news.event)
        )
        stack.push_async_callback(providers.close)
        token_voices.attach(providers.local)
        memory.attach(providers.local)
        rungs = Rungs(
            providers.every,
            ledger,
            lambda: settings.home,
            time.perf_counter,
            providers.local,
        )
        replier = Replier(database, settings, rungs, learning, rng, memory)
        yield Parts(
            home=home,
            database=database,
            reader=reader,
            settings=settings,
            learning=learning,
            token_voices=token_voices,
            ledger=ledger,
            providers=providers,
            prices=prices.load(home.prices_file),
            replier=replier,
            memory=memory,
            jobs=jobs,
            news=news,
        )


def _means(
    home: Home,
    settings: Settings,
    learning: Learning,
    token_voices: TokenVoices,
    ledger: Ledger,
    rng: Random,
    on_event: Callable[[str], None],
) -> Means:
    async def rules(guild: int) -> Rules:
        return rules_of(await settings.of(guild))

    def key(address: Address) -> str | None:
        """OpenAI's key goes to OpenAI alone."""
        return secrets.get(home, "openai_key" if address.is_openai else "server_key")

    def locate(name: str) -> Path | None:
        return catalogue.locate(home, name)

    return Means(
        config=lambda: settings.home,
        voice=learning.voice,
        rules=rules,
        rng=rng,
        locate_model=locate,
        token_voice=token_voices.get,
        aside=StateFile(home.crashed_models_file),
        on_event=on_event,
        key=key,
        prices=prices.load(home.prices_file),
        on_spent=ledger.spent,
    )
