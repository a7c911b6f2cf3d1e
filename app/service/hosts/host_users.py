"""The servers whose replies come from a host, not only from the model here."""

from app.core.names import GuildId
from app.service.app_context import AppContext
from app.settings.host_names import OPENAI, names_in
from app.settings.hosts import Host, host_of, hosts_for, hosts_of
from app.store import guilds
from app.store.rows import StoredGuild


async def users(context: AppContext, host: str | None = None) -> list[StoredGuild]:
    """Return the servers that are set to a host, or to any."""
    every = await context.database.run(guilds.every)
    return [guild for guild in every if _uses(await _names(context, guild), host)]


def _uses(names: list[str], host: str | None) -> bool:
    return bool(names) if host is None else host in names


async def _names(context: AppContext, guild: StoredGuild) -> list[str]:
    return names_in(await context.settings.of(guild.id))


async def without_consent(context: AppContext, host: Host) -> list[str]:
    """Return the names of those that nobody agreed to send to a host.

    A locked server is none of them: it stays here because its owner wants that.
    """
    if not host.address.is_cloud:
        return []
    return [
        guild.name
        for guild in await users(context, host.name)
        if not (await context.settings.of(guild.id)).reply.local_only
        and not await context.settings.has_agreed(guild.id, "replies", host.address)
    ]


async def hosts_in_use(context: AppContext) -> list[Host]:
    """Return the hosts that replies anywhere come from, those of the home first."""
    home = context.settings.home
    names = names_in(home)
    for guild in await users(context):
        names += await _names(context, guild)
    known = {host.name for host in hosts_of(home)}
    return [host_of(home, name) for name in dict.fromkeys(names) if name in known]


async def shown_host(context: AppContext) -> Host:
    """Return the host that the state is about: the first in use, or `openai`."""
    found = [*await hosts_in_use(context), host_of(context.settings.home, OPENAI)]
    return next(host for host in found if host.has_address)


async def host_to_ask(context: AppContext, guild: GuildId) -> Host:
    """Return the host to try for a guild: its own first one, or else the shown one."""
    hosts = hosts_for(await context.settings.of(guild))
    own = next((host for host in hosts if host.has_address), None)
    return own or await shown_host(context)


async def models_in_use(context: AppContext) -> set[tuple[str, str]]:
    """Return the hosts and models that replies come from, as names."""
    settings = context.settings
    configs = [settings.home]
    for guild in await users(context):
        configs.append(await settings.of(guild.id))
    return {(host.name, host.model) for one in configs for host in hosts_for(one)}
