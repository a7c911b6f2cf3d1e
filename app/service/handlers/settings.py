"""Handlers for settings and secrets."""

import asyncio
from typing import Literal, cast

from app.core import secrets
from app.core.errors import AppError, UsageError
from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker
from app.settings import consent
from app.settings.effective import ResolvedSetting

SecretName = Literal["bot_token", "openai_key", "server_key"]


class SettingsHandlers:
    """Answers the requests reserved for the owner."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def config_get(
        self, asker: Asker, request: control.ConfigGet
    ) -> control.ConfigGetReply:
        """Return settings with their origin."""
        guild, channel = await self._place(request.guild, request.channel)
        explained = await self._context.settings.explain(guild, channel)
        if request.key:
            explained = [one for one in explained if one.key.name == request.key]
            if not explained:
                from app.settings.setting_keys import find_key

                find_key(request.key)
        return control.ConfigGetReply([_setting(one) for one in explained])

    async def config_set(
        self, asker: Asker, request: control.ConfigSet
    ) -> control.ShownSetting:
        """Change a setting; it takes effect with the next reply."""
        guild, channel = await self._place(request.guild, request.channel)
        one = await self._context.settings.change(
            request.key, request.value, guild, channel, agreed=request.agreed
        )
        if request.key.startswith("openai."):
            self._context.cloud.forget_troubles()
        return _setting(one)

    async def withdraw_consent(
        self, asker: Asker, request: control.WithdrawConsent
    ) -> control.WithdrawConsentReply:
        """Take back consents; the next request to those hosts is refused."""
        guild, _ = await self._place(request.guild, None)
        found = await self._context.settings.withdraw(guild)
        told = consent.withdrawn(found or ())
        return control.WithdrawConsentReply(told, is_everywhere=found is None)

    async def secret_set(
        self, asker: Asker, request: control.SecretSet
    ) -> control.SecretSetReply:
        """Store a secret, or delete it."""
        name = _secret_name(request.name)
        place = await asyncio.to_thread(
            secrets.put, self._context.home, name, request.value
        )
        self._context.cloud.forget_troubles()
        return control.SecretSetReply(name, place)

    async def secret_test(
        self, asker: Asker, request: control.SecretTest
    ) -> control.SecretTestReply:
        """Test a secret once."""
        name = _secret_name(request.name)
        if name == "bot_token":
            from app.service.token_check import test_bot_token

            token = await asyncio.to_thread(secrets.get, self._context.home, name)
            return await test_bot_token(token)
        try:
            found = await self._context.cloud.models()
        except AppError as error:
            return control.SecretTestReply(False, error.message, error.hint)
        detail = f"The key works; the server offers {len(found)} models."
        return control.SecretTestReply(True, detail, models=found)

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


def _setting(one: ResolvedSetting) -> control.ShownSetting:
    return control.ShownSetting(one.key.name, one.value, one.origin, one.key.doc)


def _secret_name(name: str) -> SecretName:
    if name not in secrets.ENVIRONMENT:
        known = ", ".join(secrets.ENVIRONMENT)
        raise UsageError(f"There is no secret {name}.", f"Known secrets: {known}.")
    return cast(SecretName, name)
