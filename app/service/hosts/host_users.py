"""The servers whose replies come from a host, not only from the model here."""

from app.core.names import GuildId
from app.service.app_context import AppContext
from app.settings.host_names import OPENAI, names_in
from app.settings.hosts import Host, host_of, hosts_for, hosts_of
from app.store import guilds
from app.store import settings as stored_settings
from app.store.search import guild_pages


async def users(context: AppContext, host: str) -> list[str]:
    """Return the names of the servers that choose a host by themselves."""
    own = await _own_names(context)
    chosen = [guild for guild, names in own.items() if host in names]
    return sorted((await context.reader.run(guild_pages.names, chosen)).values())


async def _own_names(context: AppContext) -> dict[GuildId, list[str]]:
    """Return the hosts of the few servers that choose them, or have a consent."""
    own = await context.reader.run(stored_settings.guilds_with_hosts)
    of = context.settings.of
    await context.settings.read_ahead(own)
    return {guild: names_in(await of(guild)) for guild in sorted(own)}


async def without_consent(context: AppContext, host: Host) -> str:
    """Name some of those that nobody agreed to send to a host; empty if all agreed.

    A locked server is none of them: it stays here because its owner wants that.
    """
    if not host.address.is_cloud:
        return ""
    own = await _own_names(context)
    lacking = {
        guild
        for guild, names in own.items()
        if host.name in names and await _lacks_consent(context, guild, host)
    }
    in_home = host.name in names_in(context.settings.home)
    if in_home and await _lacks_consent(context, None, host):
        others = own.keys() - lacking
        return await context.reader.run(guilds.names_but, others)
    return await context.reader.run(guilds.names_of, lacking)


async def _lacks_consent(
    context: AppContext, guild: GuildId | None, host: Host
) -> bool:
    """Tell if nobody agreed to a host for a guild; None stands for most of them."""
    settings = context.settings
    config = settings.home if guild is None else await settings.of(guild)
    if config.reply.local_only:
        return False
    return not await settings.has_agreed(guild, "replies", host.address)


async def hosts_in_use(context: AppContext) -> list[Host]:
    """Return the hosts that replies anywhere come from, those of the home first."""
    home = context.settings.home
    names = names_in(home)
    for own in (await _own_names(context)).values():
        names += own
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
    own = await context.reader.run(stored_settings.guilds_of_their_own)
    await settings.read_ahead(own)
    configs = [settings.home, *[await settings.of(guild) for guild in sorted(own)]]
    return {(host.name, host.model) for one in configs for host in hosts_for(one)}
