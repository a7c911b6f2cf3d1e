"""Checks for common problems, each with its remedy."""

import asyncio
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from app import __version__
from app.core import secrets
from app.core.errors import AppError, explain_os_error
from app.core.paths import Home
from app.core.system import private
from app.ipc.control import Check
from app.memory.embedder import Embedder, Floats
from app.modelfiles import catalogue
from app.modelfiles.catalogue import BUILT_IN
from app.service import updates
from app.service.app_context import AppContext
from app.service.hosts.host_checks import check_hosts
from app.settings.declaration import AUTO
from app.store.engines import sqlite
from app.store.engines.address import StoreAddress, place_of
from app.store.search import guild_pages

C = TypeVar("C")

LEAST_FREE = 500 << 20
MOST_CLOCK_SECONDS = 300.0


class HasHome(Protocol):
    """The part of an open home that needs no database."""

    @property
    def home(self) -> Home: ...


@dataclass(frozen=True)
class ClosedHome:
    """A home that cannot be opened."""

    home: Home


async def check_all(context: AppContext) -> list[Check]:
    """Run every check, in the order in which to fix problems."""
    found = [await _run(check, context) for check in CHECKS]
    try:
        return [*found, *await check_hosts(context)]
    except (AppError, OSError) as error:
        return [*found, _failed("cloud", error)]


async def check_closed(home: Home, error: AppError | OSError) -> list[Check]:
    """Tell why a home cannot be opened, and run the checks that need no more."""
    closed = ClosedHome(home)
    found = [await _run(check, closed) for check in CLOSED_CHECKS]
    return [_failed("start", error), *found]


async def _run(check: "Callable[[C], Awaitable[Check]]", where: C) -> Check:
    try:
        return await check(where)
    except (AppError, OSError) as error:
        return _failed(check.__name__.removeprefix("_"), error)


def _failed(name: str, error: AppError | OSError) -> Check:
    known = explain_os_error(error) if isinstance(error, OSError) else error
    if known is None:
        return Check(name, False, str(error))
    return Check(name, False, known.message, known.hint)


async def _settings(context: AppContext) -> Check:
    _ = context.settings.home
    _ = context.prices
    if trouble := context.settings.trouble:
        raise trouble
    return Check("settings", True, f"{context.home.config_file} is in order.")


async def _home(context: HasHome) -> Check:
    if private.is_open(context.home.root):
        hint = f"Run `{private.remedy(context.home.root)}`."
        return Check("home", False, "Other people on this computer can read it.", hint)
    return Check("home", True, f"Only you can read {context.home.root}.")


async def _clock(context: AppContext) -> Check:
    """Check the clock: a clock set back would date new messages before old ones."""
    place = context.database.place
    changed = place.stat().st_mtime if isinstance(place, Path) else 0.0
    if changed - time.time() > MOST_CLOCK_SECONDS:
        hint = "Set this computer's clock, or switch on network time."
        return Check(
            "clock", False, "The clock is behind the database's last change.", hint
        )
    return Check("clock", True, time.strftime("It is %Y-%m-%d %H:%M %Z here."))


async def _keyring(context: HasHome) -> Check:
    if place := await asyncio.to_thread(secrets.keyring_name):
        return Check("keyring", True, f"Secrets are stored in {place}.")
    secrets.kept(context.home)  # Raises if the file cannot be used.
    detail = f"No keyring here; secrets are stored in {context.home.secrets_file}."
    file = context.home.secrets_file
    is_open = file.exists() and private.is_open(file)
    hint = f"Run `{private.remedy(file)}`; other people can read it." if is_open else ""
    return Check("keyring", not is_open, detail, hint)


async def _disk(context: HasHome) -> Check:
    free = shutil.disk_usage(context.home.root).free
    detail = f"{free >> 20:,} MB are free for {context.home.root}."
    hint = "" if free > LEAST_FREE else "Free some space on that disk."
    return Check("disk", free > LEAST_FREE, detail, hint)


async def _database(context: AppContext) -> Check:
    if await asyncio.to_thread(context.reader.is_sound):
        about = await asyncio.to_thread(context.reader.about)
        return Check("database", True, f"The database is sound: {about}.")
    hint = "Restore a backup with `mynah restore`."
    return Check("database", False, "The database is damaged.", hint)


async def _sqlite(context: HasHome) -> Check:
    if isinstance(place := place_of(context.home), StoreAddress):
        return Check("postgresql", True, f"The database is at {place}.")
    if not sqlite.can_lose_commits():
        return Check("sqlite", True, f"SQLite {sqlite.VERSION}.")
    detail = f"SQLite {sqlite.VERSION} can lose data when two programs open a file."
    hint = (
        "Mynah avoids that: never open mynah.db with another program while it runs."
        " A Python with SQLite 3.51.3 or newer has no such fault."
    )
    return Check("sqlite", True, detail, hint)


async def _guilds(context: AppContext) -> Check:
    if learned := await context.reader.run(guild_pages.learned):
        return Check("servers", True, f"Learned servers: {learned}.")
    hint = "Teach it one with `mynah import NAME FILE`, or try `mynah demo`."
    return Check("servers", False, "Mynah has not learned a server yet.", hint)


async def _model(context: AppContext) -> Check:
    name = context.settings.home.model.name
    path = catalogue.locate(context.home, name)
    if path is None:
        hint = f"Fetch it with `mynah models pull {name}`."
        return Check("model", False, f"The model {name} is not on this computer.", hint)
    running = context.local.status().model
    if running.state == "crashed":
        hint = f"Try it again with `mynah models use {name}`, or choose another model."
        return Check("model", False, f"{name}: {running.reason}.", hint)
    if running.state != "ready":
        await asyncio.to_thread(context.local.check, path)
    size = path.stat().st_size >> 20
    return Check("model", True, f"{name} is here, {size:,} MB, and fits into memory.")


async def _gpu(context: AppContext) -> Check:
    wanted = context.settings.home.model.gpu_layers
    if wanted == 0:
        return Check("graphics card", True, "Switched off (model.gpu_layers is 0).")
    local = context.local
    used = local.gpu
    if used.layers:
        part = f"{used.layers} of {used.all_layers} layers run on {used.name}."
        return Check("graphics card", True, f"{part} model.gpu_layers is {wanted}.")
    if not used.trouble or used.name:
        used = await local.find_gpu()
    if used.name:
        free = f", {used.free_bytes >> 20:,} MB free" if used.free_bytes else ""
        detail = f"{used.name} takes layers of the model when it is loaded{free}."
        return Check("graphics card", True, detail)
    detail = f"The processor does all the work: {used.trouble}."
    hint = "`mynah help models` says what a graphics card needs."
    if local.gpu.trouble.startswith("it crashed"):
        again = f"`mynah models use {local.model}`"
        hint = f"After a new driver, try the card again with {again}."
        return Check("graphics card", False, detail, hint)
    return Check("graphics card", wanted == AUTO, detail, hint)


async def _embedding(context: AppContext) -> Check:
    settings = context.settings.home.memory
    if not settings.enabled:
        return Check("memory", True, "Switched off.")
    if settings.model != BUILT_IN and not any(context.home.embedding_models.glob("*")):
        hint = f"It is fetched on first use; or set memory.model to {BUILT_IN}."
        return Check("memory", False, f"{settings.model} is not here yet.", hint)
    vectors = await asyncio.to_thread(_embed, context)
    return Check(
        "memory", True, f"{settings.model} gives {vectors.shape[1]} numbers per text."
    )


def _embed(context: AppContext) -> Floats:
    name = context.settings.home.memory.model
    return Embedder.open(name, cache=context.home.embedding_models).embed(
        ["all is well"]
    )


async def _bot_token(context: AppContext) -> Check:
    from app.service.token_check import test_bot_token

    token = await asyncio.to_thread(secrets.get, context.home, "bot_token")
    if not token:
        hint = "Enter it with `mynah config set bot_token`."
        return Check("bot token", True, "No bot token; Mynah is not on Discord.", hint)
    proxy = await asyncio.to_thread(lambda: context.discord_proxy)
    found = await test_bot_token(token, proxy)
    return Check("bot token", found.ok, found.detail, found.hint)


async def _updates(context: AppContext) -> Check:
    if not (config := context.settings.home).bot.updates:
        return Check("updates", True, "Switched off (bot.updates).")
    release = await updates.news(config)
    if release is None:
        return Check("updates", True, "This Mynah runs from its source.")
    if release.is_newer:
        hint = "`mynah update` installs it."
        return Check("updates", True, f"Mynah {release.version} is out.", hint)
    return Check("updates", True, f"Mynah {__version__} is the newest.")


CLOSED_CHECKS: tuple[Callable[[HasHome], Awaitable[Check]], ...] = (
    _home,
    _disk,
    _keyring,
    _sqlite,
)

CHECKS: tuple[Callable[[AppContext], Awaitable[Check]], ...] = (
    _settings,
    _home,
    _disk,
    _clock,
    _keyring,
    _database,
    _sqlite,
    _guilds,
    _model,
    _gpu,
    _embedding,
    _bot_token,
    _updates,
)
