"""Handlers for the owner: settings, secrets, money and health."""

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Literal, cast

from app import catalogue, gguf, secrets
from app.bot.checks import check_all
from app.bot.news import Asker
from app.bot.parts import Json, Parts
from app.errors import AppError, UsageError
from app.ipc import control
from app.store import usage
from app.store.tables import Usage

DAY_MS = 86_400_000
SecretName = Literal["bot_token", "openai_key", "server_key"]


class Owning:
    """Answers what only the owner asks."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def config_get(self, asker: Asker, request: control.ConfigGet) -> Json:
        """Settings with their origin."""
        guild, channel = await self._place(request.guild, request.channel)
        explained = await self._parts.settings.explain(guild, channel)
        if request.key:
            explained = [one for one in explained if one.key.name == request.key]
            if not explained:
                from app.config_keys import find_key

                find_key(request.key)
        return {
            "settings": [
                {
                    "key": one.key.name,
                    "value": one.value,
                    "origin": one.origin,
                    "doc": one.key.doc,
                }
                for one in explained
            ]
        }

    async def config_set(self, asker: Asker, request: control.ConfigSet) -> Json:
        """Change a setting; it counts from the next reply on."""
        guild, channel = await self._place(request.guild, request.channel)
        if request.key == "model.adapter" and request.value:
            await asyncio.to_thread(self._check_adapter, request.value)
        one = await self._parts.settings.change(
            request.key, request.value, guild, channel, agreed=request.agreed
        )
        if request.key.startswith("openai."):
            self._parts.cloud.forget_troubles()
        return {"key": one.key.name, "value": one.value, "origin": one.origin}

    def _check_adapter(self, name: str) -> None:
        """Refuse an adapter that does not fit the model in use."""
        if not Path(name).is_absolute():
            hint = "Name it from the root of the disk on."
            raise UsageError(f"{name} is not the whole path of an adapter.", hint)
        used = self._parts.settings.home.model.name
        if model := catalogue.locate(self._parts.home, used):
            gguf.check_adapter(Path(name), model)

    async def secret_set(self, asker: Asker, request: control.SecretSet) -> Json:
        """Keep a secret, or delete it."""
        name = _secret_name(request.name)
        place = await asyncio.to_thread(
            secrets.put, self._parts.home, name, request.value
        )
        self._parts.cloud.forget_troubles()
        return {"name": name, "place": place}

    async def secret_test(self, asker: Asker, request: control.SecretTest) -> Json:
        """Try a secret once."""
        name = _secret_name(request.name)
        if name == "bot_token":
            from app.bot.bot_token import test_bot_token

            token = await asyncio.to_thread(secrets.get, self._parts.home, name)
            return await test_bot_token(token)
        try:
            found = await self._parts.cloud.models()
        except AppError as error:
            return {"ok": False, "detail": error.message, "hint": error.hint}
        detail = f"The key works; {len(found)} models are offered."
        return {"ok": True, "detail": detail, "hint": "", "models": found}

    async def usage(self, asker: Asker, request: control.Usage) -> Json:
        """What was spent, and what left the machine."""
        parts = self._parts
        await parts.ledger.flush()
        since = int(time.time() * 1000) - max(1, request.days) * DAY_MS
        days = await parts.reader.run(usage.by_day, since)
        sent = await parts.reader.run(usage.latest)
        budgets = parts.settings.home.openai
        return {
            "days": [asdict(day) for day in days],
            "sent": [_sent(row) for row in sent],
            "today": parts.ledger.today(),
            "month": parts.ledger.month(),
            "daily_budget": budgets.daily_budget,
            "monthly_budget": budgets.monthly_budget,
            "prices_date": parts.prices.date,
        }

    async def doctor(self, asker: Asker, request: control.Doctor) -> Json:
        """Check what commonly breaks."""
        return {"checks": [asdict(check) for check in await check_all(self._parts)]}

    async def _place(
        self, guild: str | None, channel: str | None
    ) -> tuple[int | None, int]:
        if guild is None:
            if channel is not None:
                raise UsageError("A channel belongs to a server.", "Add --guild.")
            return None, 0
        row = (await self._parts.guild(guild)).id
        if channel is None:
            return row, 0
        return row, (await self._parts.channel(row, channel)).id


def _secret_name(name: str) -> SecretName:
    if name not in secrets.ENVIRONMENT:
        known = ", ".join(secrets.ENVIRONMENT)
        raise UsageError(f"There is no secret {name}.", f"Known are: {known}.")
    return cast(SecretName, name)


def _sent(row: Usage) -> Json:
    return {
        "at": row.created / 1000,
        "host": row.host,
        "bytes_sent": row.bytes_sent,
        "reply": row.__data__["reply"],
        "guild": row.__data__["guild"],
        "model": row.model,
        "cost": row.cost,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
    }
