"""Bans from while the bot was away, as far as it may see them."""

import logging

import aiohttp
import discord

from app.discord.ports import Ports

log = logging.getLogger(__name__)


async def forget_banned(guild: discord.Guild, ports: Ports) -> None:
    """Forget members who were banned meanwhile, where the owner wants it."""
    if guild.unavailable or not guild.me.guild_permissions.ban_members:
        return
    settings = await ports.guilds.server_settings(guild.id)
    if not settings.learn.forget_banned:
        return
    try:
        banned = [ban.user.id for ban in await guild.bans(limit=None).flatten()]
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.info("The bans of %s cannot be read: %s", guild.id, error)
        return
    for author in await ports.messages.known_among(guild.id, banned):
        await ports.messages.banned(guild.id, author)
