"""Handlers for model hosts: list, add, remove, test, find and use."""

import asyncio

from app.core.errors import AppError, ProviderError, UsageError
from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.hosts.host_checks import price_question, why_unfused
from app.service.hosts.host_users import users
from app.settings import base_url, host_keys
from app.settings.consent import ConsentError, what_leaves, what_own_means
from app.settings.host_names import OPENAI, host_name, names_in, section_of
from app.settings.host_presets import CUSTOMER_ADDRESS, PRESETS, Preset
from app.settings.hosts import Host, host_of, hosts_of, needs_key, preset_of
from app.settings.model_sections import HostSettings

FIND_SECONDS = 3.0


class HostHandlers:
    """Answers the requests about hosts."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    def _host(self, name: str) -> Host:
        return host_of(self._context.settings.home, name)

    async def hosts(self, asker: Asker, request: control.Hosts) -> control.HostsReply:
        """List the hosts; none is contacted."""
        found = [
            await self._entry(host) for host in hosts_of(self._context.settings.home)
        ]
        return control.HostsReply(found)

    async def _entry(self, host: Host) -> control.HostEntry:
        context = self._context
        try:
            address = host.address
        except AppError as error:
            return control.HostEntry(
                host.name, host.settings.base_url, "", "cloud", host.model, "",
                has_key=False, needs_key=False, price="", servers=[],
                trouble=str(error),
            )  # fmt: skip
        key = await asyncio.to_thread(host_keys.get, context.home, host)
        servers = await users(context, host.name)
        if host.name in names_in(context.settings.home):
            servers = ["*", *servers]
        trouble = context.providers.host(host.name).trouble
        return control.HostEntry(
            name=host.name,
            address=address.url,
            host=address.name,
            reach=address.reach,
            model=host.model,
            key_name=host.key_name,
            has_key=key is not None,
            needs_key=needs_key(address),
            price=self._price(host),
            servers=servers,
            trouble=str(trouble) if trouble else "",
            fusing=self._fusing(host),
        )

    def _fusing(self, host: Host) -> str:
        if not host.settings.fused:
            return ""
        why_not = why_unfused(self._context, host)
        return f"without the voice: {why_not}" if why_not else "with the voice"

    def _price(self, host: Host) -> str:
        if not host.address.is_cloud:
            return "free"
        if host.own_price:
            return f"${host.own_price[0]:g} in, ${host.own_price[1]:g} out"
        if host.daily_tokens:
            return f"{host.daily_tokens:,} tokens a day"
        if price_question(self._context, host):
            return "unknown"
        preset = preset_of(host.address)
        if preset is not None and preset.reports_cost:
            return "as it bills"
        price = self._context.prices.of(host.model)
        return f"${price.input:g} in, ${price.output:g} out"

    async def host_add(
        self, asker: Asker, request: control.HostAdd
    ) -> control.HostEntry:
        """Add a host, or change its address or model."""
        name = request.name.strip().lower()
        name = name if name == OPENAI else host_name(name)
        url, model = self._filled(name, request)
        settings = self._context.settings
        section = section_of(name)
        address = base_url.parse(url, setting=f"{section}.base_url")
        own = settings.home.openai.own_hosts
        is_new = request.is_own and address.is_cloud and address.host not in own
        if is_new and not request.agreed:
            raise ConsentError(what_own_means(address.host))
        await settings.change(f"{section}.base_url", url)
        if is_new:
            hosts = ", ".join([*own, address.host])
            await settings.change("openai.own_hosts", hosts, agreed=True)
        model = model or await self._first_model(name)
        if model:
            await settings.change(f"{section}.model", model)
        self._context.providers.host(name).forget_troubles()
        return await self._entry(self._host(name))

    def _filled(self, name: str, request: control.HostAdd) -> tuple[str, str]:
        """Return address and model: what was said, is set already, or is usual."""
        home, preset = self._context.settings.home, PRESETS.get(name)
        known = home.openai if name == OPENAI else home.hosts.get(name)
        url = request.address or (known.base_url if known else "")
        url = url or (preset.base_url if preset else "")
        if not url:
            example = CUSTOMER_ADDRESS if preset else "http://gpu.lan:8000/v1/"
            hint = f"Write it after the name: {name} {example}"
            raise UsageError(f"The address of {name} is missing.", hint)
        url = url if "://" in url else f"http://{url}"
        model = request.model or (known.model if known else "")
        is_usual = preset is not None and url == preset.base_url
        if preset is not None and is_usual and not preset.port:
            model = model or preset.model
        return url, model

    async def _first_model(self, name: str) -> str:
        """Ask one of the owner's computers for its models, and take the first."""
        host = self._host(name)
        if host.address.is_cloud:
            return ""
        try:
            found = await self._context.host_finder.look(host)
        except ProviderError:
            return ""
        return found[0] if found else ""

    async def host_remove(
        self, asker: Asker, request: control.HostRemove
    ) -> control.HostRemoved:
        """Remove a host with its key, unless replies come from it."""
        context, name = self._context, request.name
        if name == OPENAI:
            raise UsageError(
                "The host openai is built in.",
                "`mynah hosts list` shows those that you added.",
            )
        host = self._host(name)
        used = await users(context, name)
        if name in names_in(context.settings.home):
            used = ["all servers", *used]
        if used:
            raise UsageError(
                f"Replies of {', '.join(used)} come from {name}.",
                "Choose another place first: `mynah config set reply.provider local`.",
            )
        await asyncio.to_thread(host_keys.put, context.home, host, None)
        await context.settings.remove_host(name)
        return control.HostRemoved(name)

    async def host_test(
        self, asker: Asker, request: control.HostTest
    ) -> control.HostTestReply:
        """Ask a host for a word."""
        loop = asyncio.get_running_loop()
        host = self._host(request.name)
        provider = self._context.providers.host(request.name)
        provider.forget_troubles()
        began = loop.time()
        try:
            await self._greet(host)
        except AppError as error:
            return control.HostTestReply(False, error.message, error.hint)
        seconds = loop.time() - began
        host = self._host(request.name)
        told = f"{host.address.described} answers as {host.model};"
        told += f" first word after {seconds:.1f} s."
        return control.HostTestReply(True, told, seconds=seconds)

    async def _greet(self, host: Host) -> None:
        """Ask for a word; at a wrong address, look for the right one and ask again."""
        provider = self._context.providers.host(host.name)
        try:
            await provider.greet()
        except ProviderError:
            await self._context.host_finder.look(host)
            if self._host(host.name).address == host.address:
                raise
            provider.forget_troubles()
            await provider.greet()

    async def hosts_find(
        self, asker: Asker, request: control.HostsFind
    ) -> control.HostsFindReply:
        """Knock at the usual ports of this computer; nothing else is contacted."""
        local = [preset for preset in PRESETS.values() if preset.port]
        found = await asyncio.gather(*map(self._knock, local))
        return control.HostsFindReply([one for one in found if one])

    async def _knock(self, preset: Preset) -> control.FoundHost | None:
        settings = HostSettings(base_url=preset.base_url, model=preset.model)
        host = Host(preset.name, settings)
        try:
            async with asyncio.timeout(FIND_SECONDS):
                finder = self._context.host_finder
                models = await finder.models(host, preset.base_url)
        except (ProviderError, TimeoutError):
            return None
        home = self._context.settings.home
        urls = {one.settings.base_url for one in hosts_of(home)}
        return control.FoundHost(
            preset.name, preset.title, preset.base_url, models, preset.base_url in urls
        )

    async def host_use(
        self, asker: Asker, request: control.HostUse
    ) -> control.HostUseReply:
        """Have a host write, or, where it does, agree to it."""
        context, settings = self._context, self._context.settings
        host = self._host(request.name)
        row = (await context.guild(request.guild)).id if request.guild else None
        config = settings.home if row is None else await settings.of(row)
        if request.name not in names_in(config):
            done = await settings.change(
                "reply.provider", request.name, row, agreed=request.agreed
            )
            return control.HostUseReply(str(done.value))
        if host.address.is_cloud:
            if not request.agreed:
                where = host.address.name
                everywhere = row is None
                raise ConsentError(
                    what_leaves(where, "replies", is_everywhere=everywhere)
                )
            await settings.agree(row, "replies", host.address)
        return control.HostUseReply(config.reply.provider)
