"""Handlers for the owner: settings, secrets, costs and health."""

import asyncio
import time
from dataclasses import asdict
from pathlib import Path
from typing import Literal, cast

from app.core import secrets
from app.core.errors import AppError, UsageError
from app.ipc import control
from app.modelfiles import catalogue, checks
from app.service.app_context import AppContext, Json
from app.service.doctor import check_all
from app.service.events import Asker
from app.store import usage
from app.store.tables import Usage

DAY_MS = 86_400_000
SecretName = Literal["bot_token", "openai_key", "server_key"]


class SettingsHandlers:
    """Answers the requests reserved for the owner."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def config_get(self, asker: Asker, request: control.ConfigGet) -> Json:
        """Return settings with their origin."""
        guild, channel = await self._place(request.guild, request.channel)
        explained = await self._context.settings.explain(guild, channel)
        if request.key:
            explained = [one for one in explained if one.key.name == request.key]
            if not explained:
                from app.settings.setting_keys import find_key

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
        """Change a setting; it takes effect with the next reply."""
        guild, channel = await self._place(request.guild, request.channel)
        if request.key == "model.adapter" and request.value:
            await asyncio.to_thread(self._check_adapter, request.value)
        one = await self._context.settings.change(
            request.key, request.value, guild, channel, agreed=request.agreed
        )
        if request.key.startswith("openai."):
            self._context.cloud.forget_troubles()
        return {"key": one.key.name, "value": one.value, "origin": one.origin}

    def _check_adapter(self, name: str) -> None:
        """Refuse an adapter that does not fit the model in use."""
        if not Path(name).is_absolute():
            hint = "Write its full path, from the root of the disk."
            raise UsageError(f"{name} is not the full path of an adapter.", hint)
        used = self._context.settings.home.model.name
        if model := catalogue.locate(self._context.home, used):
            checks.check_adapter(Path(name), model)

    async def secret_set(self, asker: Asker, request: control.SecretSet) -> Json:
        """Store a secret, or delete it."""
        name = _secret_name(request.name)
        place = await asyncio.to_thread(
            secrets.put, self._context.home, name, request.value
        )
        self._context.cloud.forget_troubles()
        return {"name": name, "place": place}

    async def secret_test(self, asker: Asker, request: control.SecretTest) -> Json:
        """Test a secret once."""
        name = _secret_name(request.name)
        if name == "bot_token":
            from app.service.token_check import test_bot_token

            token = await asyncio.to_thread(secrets.get, self._context.home, name)
            return await test_bot_token(token)
        try:
            found = await self._context.cloud.models()
        except AppError as error:
            return {"ok": False, "detail": error.message, "hint": error.hint}
        detail = f"The key works; the server offers {len(found)} models."
        return {"ok": True, "detail": detail, "hint": "", "models": found}

    async def usage(self, asker: Asker, request: control.UsageReport) -> Json:
        """Return the spending, and the data that left the machine."""
        context = self._context
        await context.ledger.flush()
        since = int(time.time() * 1000) - max(1, request.days) * DAY_MS
        days = await context.reader.run(usage.by_day, since)
        sent = await context.reader.run(usage.latest)
        budgets = context.settings.home.openai
        return {
            "days": [asdict(day) for day in days],
            "sent": [_sent(row) for row in sent],
            "today": context.ledger.today(),
            "month": context.ledger.month(),
            "daily_budget": budgets.daily_budget,
            "monthly_budget": budgets.monthly_budget,
            "prices_date": context.prices.date,
        }

    async def doctor(self, asker: Asker, request: control.Doctor) -> Json:
        """Check for common problems."""
        return {"checks": [asdict(check) for check in await check_all(self._context)]}

    async def _place(
        self, guild: str | None, channel: str | None
    ) -> tuple[int | None, int]:
        if guild is None:
            if channel is not None:
                raise UsageError("A channel belongs to a server.", "Add --guild.")
            return None, 0
        row = (await self._context.guild(guild)).id
        if channel is None:
            return row, 0
        return row, (await self._context.channel(row, channel)).id


def _secret_name(name: str) -> SecretName:
    if name not in secrets.ENVIRONMENT:
        known = ", ".join(secrets.ENVIRONMENT)
        raise UsageError(f"There is no secret {name}.", f"Known secrets: {known}.")
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
