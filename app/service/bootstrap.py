"""Opens what all parts of one home's bot stand on, and closes it again."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from app.core import telemetry
from app.core.paths import Home
from app.service.app_context import AppContext
from app.service.events import Events
from app.settings.effective import Settings
from app.store.database import Database

log = logging.getLogger(__name__)


@asynccontextmanager
async def assemble(home: Home, rng: Random) -> AsyncIterator[AppContext]:
    """The parts of a home whose lock is held.

    Raises:
        AppError: If the database or the settings cannot be used.
    """
    async with AsyncExitStack() as stack:
        home.create()
        if telemetry.remove_left_behind(home):
            log.info(
                "Deleted what onnxruntime's telemetry had left in your cache folder"
            )
        database = stack.enter_context(Database(home.database))
        reader = stack.enter_context(Database(home.database, read_only=True))
        news = Events()
        stack.callback(news.close)
        settings = Settings(home, database, news.warn)
        _ = settings.home  # What is wrong with the file is said now.
        yield AppContext(home, database, reader, settings, news, rng, stack)
