"""The servers whose replies are set to come from a host, not from the model here."""

from app.service.app_context import AppContext
from app.store import guilds
from app.store.rows import StoredGuild


async def users(context: AppContext) -> list[StoredGuild]:
    """Return the servers that are set to the host."""
    every = await context.database.run(guilds.every)
    return [
        guild
        for guild in every
        if (await context.settings.of(guild.id)).reply.provider == "openai"
    ]


async def without_consent(context: AppContext) -> list[str]:
    """Return the names of those that nobody agreed to send there.

    A locked server is none of them: it stays here because its owner wants that.
    """
    address = context.settings.home.openai.address
    if not address.is_cloud:
        return []
    return [
        guild.name
        for guild in await users(context)
        if not (await context.settings.of(guild.id)).reply.local_only
        and not await context.settings.has_agreed(guild.id, "replies", address)
    ]
