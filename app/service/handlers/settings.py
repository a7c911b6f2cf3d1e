"""Handlers for settings and secrets."""

import asyncio
from collections.abc import Callable

from app.core import secrets
from app.core.errors import UsageError
from app.core.names import GuildId
from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.hosts.host_checks import test_key, test_proxy
from app.settings import consent, host_keys
from app.settings.effective import ResolvedSetting
from app.settings.hosts import Host, hosts_of

NO_PROXY = "There is no proxy on the way to Discord."


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
            wanted = request.key
            explained = [
                one
                for one in explained
                if one.key.name == wanted or one.key.name.startswith(f"{wanted}.")
            ]
            if not explained:
                from app.settings.setting_keys import find_key

                find_key(request.key)
        idle = await self._idle(guild, channel)
        return control.ConfigGetReply([_setting(one, idle) for one in explained])

    async def config_set(
        self, asker: Asker, request: control.ConfigSet
    ) -> control.ShownSetting:
        """Change a setting; it takes effect with the next reply."""
        guild, channel = await self._place(request.guild, request.channel)
        one = await self._context.settings.change(
            request.key, request.value, guild, channel, agreed=request.agreed
        )
        for host in hosts_of(self._context.settings.home):
            if request.key.startswith(f"{host.section}."):
                self._context.providers.host(host.name).forget_troubles()
        return _setting(one, await self._idle(guild, channel))

    async def _idle(self, guild: GuildId | None, channel: int) -> Callable[[str], str]:
        """Return a function that tells why a setting has no effect there."""
        from app.service import idle_settings

        settings = self._context.settings
        config = await settings.of(guild, channel) if guild else settings.home
        local = self._context.local
        facts = await asyncio.to_thread(
            idle_settings.facts_of, local, config.model.adapter
        )
        return lambda key: idle_settings.why_idle(key, config, facts)

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
        name = request.name
        home, value = self._context.home, request.value
        if name.endswith("_proxy_login") and value and ":" not in value:
            raise UsageError(
                "The login of a proxy is a name and a password.",
                "Write it as NAME:PASSWORD.",
            )
        if name in secrets.ENVIRONMENT or (value is None and await self._is_left(name)):
            place = await asyncio.to_thread(secrets.put, home, name, value)
        else:
            host = self._host_of_key(name)
            place = await asyncio.to_thread(host_keys.put, home, host, value)
        for host in hosts_of(self._context.settings.home):
            if host.key_name == name:
                self._context.providers.host(host.name).forget_troubles()
        return control.SecretSetReply(name, place)

    async def secret_test(
        self, asker: Asker, request: control.SecretTest
    ) -> control.SecretTestReply:
        """Test a secret once, with a request that carries it."""
        name = request.name
        has_proxy = bool(self._context.settings.home.bot.proxy)
        if name == "discord_proxy_login" and not has_proxy:
            hint = "Set bot.proxy to its address."
            return control.SecretTestReply(False, NO_PROXY, hint)
        if name in ("bot_token", "discord_proxy_login"):
            return await self._test_token()
        if name == "model_proxy_login":
            return await test_proxy(self._context)
        return await test_key(self._context, self._host_of_key(name))

    async def _test_token(self) -> control.SecretTestReply:
        from app.service.token_check import test_bot_token

        home = self._context.home
        token = await asyncio.to_thread(secrets.get, home, "bot_token")
        proxy = await asyncio.to_thread(lambda: self._context.discord_proxy)
        return await test_bot_token(token, proxy)

    async def _is_left(self, name: str) -> bool:
        """Return whether it is the key of a host that is gone."""
        context = self._context
        hosts = hosts_of(context.settings.home)
        return name in await asyncio.to_thread(host_keys.left_over, context.home, hosts)

    def _host_of_key(self, name: str) -> Host:
        """Return the host that a key is for.

        Raises:
            UsageError: If no host takes a key of that name.
        """
        hosts = hosts_of(self._context.settings.home)
        taken = {host.key_name: host for host in reversed(hosts)}
        if name in taken:
            return taken[name]
        known = ", ".join(["bot_token", *dict.fromkeys(h.key_name for h in hosts)])
        if name in secrets.ENVIRONMENT:
            address = hosts[0].address
            raise UsageError(
                f"{name} would help nowhere: the key for openai.base_url, which is"
                f" {address.url}, is {hosts[0].key_name}.",
                f"Use one of {known}.",
            )
        raise UsageError(f"There is no secret {name}.", f"Known secrets: {known}.")

    async def _place(
        self, guild: str | None, channel: str | None
    ) -> tuple[GuildId | None, int]:
        if guild is None:
            if channel is not None:
                raise UsageError("A channel belongs to a server.", "Add --guild.")
            return None, 0
        row = (await self._context.guild(guild)).id
        if channel is None:
            return row, 0
        return row, (await self._context.channel(row, channel)).id


def _setting(one: ResolvedSetting, idle: Callable[[str], str]) -> control.ShownSetting:
    name = one.key.name
    return control.ShownSetting(name, one.value, one.origin, one.key.doc, idle(name))
