"""Opens what all parts of one home's bot stand on, and closes it again."""

import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

from app.core import telemetry
from app.core.errors import UsageError
from app.core.paths import TREE, Home
from app.core.system.disk_reserve import DiskReserve
from app.service.app_context import AppContext
from app.service.events import Events
from app.settings.effective import Settings
from app.store.database import Database
from app.store.engines.address import StoreAddress, place_of
from app.store.engines.shards import ALL, Shards
from app.store.engines.turns import HomeTurn

log = logging.getLogger(__name__)

NEEDS_SERVER = (
    "Several processes cannot share a file: --shards needs a database on PostgreSQL."
)


@asynccontextmanager
async def assemble(
    home: Home, rng: Random, *, is_forgiving: bool = False, shards: Shards = ALL
) -> AsyncIterator[AppContext]:
    """Build the parts of a home whose lock is held.

    Args:
        is_forgiving: Go on with the defaults when the settings cannot be used.
        shards: Those that this process holds, if it shares the database.

    Raises:
        AppError: If the database or the settings cannot be used.
    """
    async with AsyncExitStack() as stack:
        home.create()
        _sweep(home)
        if telemetry.remove_left_behind(home):
            log.info(
                "Deleted leftovers of onnxruntime's telemetry from your cache folder"
            )
        place = place_of(home)
        reserve = DiskReserve(home.reserve_file) if isinstance(place, Path) else None
        turn = None
        if isinstance(place, StoreAddress):
            turn = HomeTurn(place, home.guilds, shards)
        elif not shards.are_all:
            raise UsageError(NEEDS_SERVER, "Run `mynah help postgresql`.")
        database = stack.enter_context(Database(place, reserve=reserve, turn=turn))
        reader = stack.enter_context(Database(place, read_only=True))
        news = Events()
        stack.callback(news.close)
        settings = Settings(home, database, news.warn, is_forgiving=is_forgiving)
        _ = settings.home  # Report errors in the file at once.
        yield AppContext(home, database, reader, settings, news, rng, stack, shards)


def _sweep(home: Home) -> None:
    """Remove what a killed process left unfinished, by the names of all versions."""
    if home.temporary.is_symlink():
        # What is written there must not land where others read.
        home.temporary.unlink()
    shutil.rmtree(home.temporary, ignore_errors=True)
    parts = (home.root / f"{name}.part" for name in TREE)
    for left in (*home.root.glob("backup.tmp*"), *parts):
        left.unlink(missing_ok=True)
    for upload in home.root.glob("tmp*/upload*"):
        shutil.rmtree(upload.parent, ignore_errors=True)
