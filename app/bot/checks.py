"""What commonly breaks, checked one by one, each with what to do about it."""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app import catalogue, secrets
from app.bot.parts import Parts
from app.errors import AppError, ConfigError
from app.providers.address import parse
from app.store import guilds, messages

LEAST_FREE = 500 << 20
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
    return Check("sqlite", True, detail + " Open the database with Mynah alone.")


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
    size = path.stat().st_size >> 20
    return Check("model", True, f"{name} is here, {size:,} MB.")


async def _bot_token(parts: Parts) -> Check:
    from app.bot.bot_token import test_bot_token

    token = secrets.get(parts.home, "bot_token")
    if not token:
        hint = "To go on Discord: `mynah config set bot_token`, token on stdin."
        return Check("bot token", True, "None; Mynah is not on Discord.", hint)
    found = await test_bot_token(token)
    return Check("bot token", found["ok"], found["detail"], found["hint"])


async def _cloud(parts: Parts) -> Check:
    home = parts.settings.home
    address = parse(home.openai.base_url)
    key = secrets.get(parts.home, "openai_key")
    if home.reply.provider != "openai" and not key:
        return Check("cloud", True, "Not used; everything stays here.")
    if address.is_openai and not key:
        hint = "Enter one with `mynah config set openai_key`, key on stdin."
        return Check("cloud", False, "No OpenAI key is kept.", hint)
    models = await parts.cloud.models()
    wanted = home.openai.model
    if wanted in models:
        return Check("cloud", True, f"{address.host} offers {wanted}.")
    hint = "Choose one with `mynah config set openai.model NAME`."
    raise ConfigError(f"{address.host} does not offer {wanted}.", hint)


CHECKS: tuple[Callable[[Parts], Awaitable[Check]], ...] = (
    _settings,
    _disk,
    _database,
    _sqlite,
    _guilds,
    _model,
    _bot_token,
    _cloud,
)
