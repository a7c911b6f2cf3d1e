"""Permissions, from Discord's own and the owner's settings."""

from collections.abc import Sequence

import discord

from app.discord.errors import NOT_ALLOWED, OWNERS_ONLY
from app.settings.schema import BotSettings

Person = discord.Member | discord.User


def is_owner(user: Person, settings: BotSettings) -> bool:
    """Return whether the owner's settings name this person."""
    return str(user.id) in settings.owners


def may_manage(user: Person, settings: BotSettings) -> bool:
    """Return whether a member may control the bot: a moderator, or an owner."""
    if is_owner(user, settings):
        return True
    if not isinstance(user, discord.Member):
        return False
    held = user.guild_permissions
    return (
        held.administrator
        or held.manage_guild
        or held.manage_channels
        or held.kick_members
        or held.move_members
    )


def may_speak_to(user: Person, allowed_roles: Sequence[str]) -> bool:
    """Return whether a member may make the bot speak: everyone, or holders of a role.

    Roles are given by name or id; moderators do not bypass this.
    """
    if not allowed_roles:
        return True
    roles = user.roles if isinstance(user, discord.Member) else ()
    return any(
        role.name in allowed_roles or str(role.id) in allowed_roles for role in roles
    )


def require_manager(user: Person | None, settings: BotSettings) -> None:
    """Refuse people who may not control the bot.

    Raises:
        CheckFailure: With a message for the person.
    """
    if user is None or not may_manage(user, settings):
        raise discord.CheckFailure(NOT_ALLOWED)


def require_owner(user: Person, settings: BotSettings) -> None:
    """Refuse everybody except the owners named in the settings.

    Raises:
        CheckFailure: With a message for the person.
    """
    if not is_owner(user, settings):
        raise discord.CheckFailure(OWNERS_ONLY)


def open_channels(guild: discord.Guild, here: int) -> list[int]:
    """Return ids of channels everybody may read, and of the present one."""
    everyone = guild.default_role
    channels = [
        one.id
        for one in guild.text_channels
        if one.permissions_for(everyone).view_channel
    ]
    threads = [
        one.id
        for one in guild.threads
        if one.parent_id in channels and not one.is_private()
    ]
    return [*channels, *threads, here]


def seen_by(person: Person) -> list[int]:
    """Return ids of the channels and threads that a member can see."""
    if not isinstance(person, discord.Member):
        return []
    guild = person.guild
    places: list[discord.TextChannel | discord.Thread] = [*guild.text_channels]
    places += guild.threads
    return [one.id for one in places if one.permissions_for(person).view_channel]
