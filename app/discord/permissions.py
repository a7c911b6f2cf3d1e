"""Permissions, from Discord's own and the owner's settings."""

from collections.abc import Collection, Sequence

import discord
from discord.http import Route

from app.discord.answers import NOT_ALLOWED
from app.discord.messages import Spoken, Talk, is_hidden, place_of, places_of
from app.settings.owner_rules import OWNERS_ONLY
from app.settings.speech_sections import BotSettings
from app.store.audience import EVERYONE

Person = discord.Member | discord.User

NO_RIGHT = "I do not have permission to write here"


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


def may_write(channel: object) -> bool:
    """Return whether the bot itself may write in a channel or thread."""
    if not isinstance(channel, Talk):
        return True
    me = channel.guild.me
    if me is None:
        return True
    rights = channel.permissions_for(me)
    if me.timed_out or not may_see(channel):
        return False
    if isinstance(channel, discord.Thread):
        is_open = not channel.locked or rights.manage_threads
        return is_open and rights.send_messages_in_threads
    return rights.send_messages


def may_speak_aloud(channel: object) -> bool:
    """Return whether the bot itself may send voice messages in a channel or thread."""
    if not isinstance(channel, Talk) or channel.guild.me is None:
        return True
    rights = channel.permissions_for(channel.guild.me)
    return rights.send_voice_messages and rights.attach_files


def may_see(channel: object) -> bool:
    """Return whether the bot itself sees a channel, and so what people write there."""
    if is_hidden(channel):
        return False
    if not isinstance(channel, Talk | discord.ForumChannel):
        return True
    me = channel.guild.me
    if me is None:
        return True
    rights = channel.permissions_for(me)
    # Discord keeps the text of a voice channel from those who may not connect.
    is_closed = isinstance(channel, Spoken) and not rights.connect
    return rights.view_channel and not is_closed


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


def open_channels(guild: discord.Guild, here: object) -> list[int]:
    """Return ids of the channels whose words may be said in one of the guild."""
    place = place_of(here)
    readers = place.audience if place else EVERYONE
    return [one.channel for one in places_of(guild) if readers.may_hear(one.audience)]


async def seen_by(person: Person, asked: Collection[int], here: Talk) -> list[int]:
    """Return those channels and threads that a member can read, when asking here."""
    if not isinstance(person, discord.Member):
        return []
    found = []
    for number in asked:
        channel = person.guild.get_channel_or_thread(number)
        if not isinstance(channel, Talk):
            continue
        if channel.is_nsfw() and not here.is_nsfw():
            continue
        if await _can_read(person, channel):
            found.append(number)
    return found


async def _can_read(person: discord.Member, channel: Talk) -> bool:
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return False
    held = channel.permissions_for(person)
    if not (held.view_channel and held.read_message_history):
        return False
    if not isinstance(channel, discord.Thread) or not channel.is_private():
        return True
    return held.manage_threads or await _is_in_thread(person, channel)


async def _is_in_thread(person: discord.Member, thread: discord.Thread) -> bool:
    """Ask Discord, which tells a bot of no members of threads by itself."""
    route = Route(
        "GET",
        "/channels/{channel_id}/thread-members/{user_id}",
        channel_id=thread.id,
        user_id=person.id,
    )
    try:
        await thread._state.http.request(route)
    except discord.HTTPException:
        return False
    return True
