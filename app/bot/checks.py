"""What commonly breaks, checked one by one, each with what to do about it."""

import asyncio
import os
import shutil
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app import catalogue, gguf, secrets
from app.bot.parts import Parts
from app.errors import AppError, ConfigError
from app.memory.embedder import BUILT_IN, Embedder, Floats
from app.providers.address import parse
from app.store import guilds, messages

LEAST_FREE = 500 << 20
MOST_CLOCK_SECONDS = 300.0
SAFE_SQLITE = (3, 51, 3)


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


async def check_all(parts: Parts) -> list[Check]:
    """Every check, in the order in which one would mend things."""
    found = []
    for check in CHECKS:
        try:
            found.append(await check(parts))
        except (AppError, OSError) as error:
            name = check.__name__.removeprefix("_")
            hint = getattr(error, "hint", "")
            detail = getattr(error, "message", str(error))
            found.append(Check(name, False, detail, hint))
    return found


async def _settings(parts: Parts) -> Check:
    _ = parts.settings.home
    if trouble := parts.settings.trouble:
        raise trouble
    return Check("settings", True, f"{parts.home.config_file} is in order.")


async def _home(parts: Parts) -> Check:
    mode = parts.home.root.stat().st_mode
    if os.name == "posix" and mode & 0o077:
        hint = f"Run `chmod 700 {parts.home.root}`."
        return Check("home", False, "Others on this computer can look into it.", hint)
    return Check("home", True, f"{parts.home.root} is yours alone.")


async def _clock(parts: Parts) -> Check:
    """A clock that went back would date new messages before old ones."""
    ahead = parts.home.database.stat().st_mtime - time.time()
    if ahead > MOST_CLOCK_SECONDS:
        hint = "Set this computer's clock, or let it be set over the network."
        return Check("clock", False, "The database was changed in the future.", hint)
    return Check("clock", True, time.strftime("It is %Y-%m-%d %H:%M %Z here."))


async def _keyring(parts: Parts) -> Check:
    if place := await asyncio.to_thread(secrets.keyring_name):
        return Check("keyring", True, f"Secrets are kept in {place}.")
    detail = f"None here; secrets are kept in {parts.home.secrets_file}."
    file = parts.home.secrets_file
    is_open = file.exists() and os.name == "posix" and file.stat().st_mode & 0o077
    hint = f"Run `chmod 600 {file}`; others can read it." if is_open else ""
    return Check("keyring", not is_open, detail, hint)


async def _disk(parts: Parts) -> Check:
    free = shutil.disk_usage(parts.home.root).free
    detail = f"{free >> 20:,} MB are free for {parts.home.root}."
    hint = "" if free > LEAST_FREE else "Make room on that disk."
    return Check("disk", free > LEAST_FREE, detail, hint)


async def _database(parts: Parts) -> Check:
    if await asyncio.to_thread(parts.reader.is_sound):
        return Check("database", True, "SQLite finds no fault in it.")
    hint = "Restore a copy with `mynah restore`."
    return Check("database", False, "SQLite finds it damaged.", hint)


async def _sqlite(parts: Parts) -> Check:
    # Versions before can corrupt a log that two processes checkpoint at once, which
    # Mynah never lets happen; other programs on the same file could.
    detail = f"SQLite {sqlite3.sqlite_version}."
    if sqlite3.sqlite_version_info >= SAFE_SQLITE:
        return Check("sqlite", True, detail)
    hint = "Never open mynah.db with another program while Mynah runs."
    return Check("sqlite", True, detail, hint)


async def _guilds(parts: Parts) -> Check:
    every = await parts.database.run(guilds.every)
    learned = [
        guild for guild in every if await parts.reader.run(messages.count, guild.id)
    ]
    if learned:
        names = ", ".join(guild.name for guild in learned[:5])
        return Check("servers", True, f"Learned from: {names}.")
    hint = "Learn one with `mynah import NAME FILE`, or try `mynah demo`."
    return Check("servers", False, "Nothing is learned yet.", hint)


async def _model(parts: Parts) -> Check:
    name = parts.settings.home.model.name
    path = catalogue.locate(parts.home, name)
    if path is None:
        hint = f"Fetch it with `mynah models pull {name}`."
        return Check("model", False, f"The model {name} is not here.", hint)
    running = parts.local.status()["model"]
    if running["state"] == "crashed":
        hint = f"Try again with `mynah models use {name}`, or choose another so."
        return Check("model", False, f"{name}: {running['reason']}.", hint)
    if running["state"] != "ready":
        context = parts.settings.home.model.context
        await asyncio.to_thread(
            gguf.check, path, context, parts.settings.home.model.gpu_layers
        )
    size = path.stat().st_size >> 20
    return Check("model", True, f"{name} is here, {size:,} MB, and fits the memory.")


async def _embedding(parts: Parts) -> Check:
    settings = parts.settings.home.memory
    if not settings.enabled:
        return Check("memory", True, "Switched off.")
    if settings.model != BUILT_IN and not any(parts.home.embedding_models.glob("*")):
        hint = f"It is fetched when it is used; or set memory.model to {BUILT_IN}."
        return Check("memory", False, f"{settings.model} is not here yet.", hint)
    vectors = await asyncio.to_thread(_embed, parts)
    return Check(
        "memory", True, f"{settings.model} gives {vectors.shape[1]} numbers a text."
    )


def _embed(parts: Parts) -> Floats:
    name = parts.settings.home.memory.model
    return Embedder.open(name, cache=parts.home.embedding_models).embed(["all is well"])


async def _bot_token(parts: Parts) -> Check:
    from app.bot.bot_token import test_bot_token

    token = await asyncio.to_thread(secrets.get, parts.home, "bot_token")
    if not token:
        hint = "To go on Discord: `mynah config set bot_token`, token on stdin."
        return Check("bot token", True, "None; Mynah is not on Discord.", hint)
    found = await test_bot_token(token)
    return Check("bot token", found["ok"], found["detail"], found["hint"])


async def _cloud(parts: Parts) -> Check:
    home = parts.settings.home
    address = parse(home.openai.base_url)
    key = await asyncio.to_thread(secrets.get, parts.home, "openai_key")
    if home.reply.provider != "openai" and not key:
        return Check("cloud", True, "Not used; everything stays here.")
    if address.is_openai and not key:
        hint = "Enter one with `mynah config set openai_key`, key on stdin."
        return Check("cloud", False, "No OpenAI key is kept.", hint)
    try:
        models = await parts.cloud.models()
    except AppError as error:
        hint = error.hint or "Check openai.base_url and the connection."
        return Check("cloud", False, error.message, hint)
    wanted = home.openai.model
    if wanted in models:
        return Check("cloud", True, f"{address.host} offers {wanted}.")
    hint = "Choose one with `mynah config set openai.model NAME`."
    raise ConfigError(f"{address.host} does not offer {wanted}.", hint)


CHECKS: tuple[Callable[[Parts], Awaitable[Check]], ...] = (
    _settings,
    _home,
    _disk,
    _clock,
    _keyring,
    _database,
    _sqlite,
    _guilds,
    _model,
    _embedding,
    _bot_token,
    _cloud,
)
