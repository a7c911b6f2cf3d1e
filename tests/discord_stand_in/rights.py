"""Discord's permission bits, and what a member may do in a channel.

The algorithm is that of topics/permissions#permission-overwrites.
"""

from tests.discord_stand_in import rules
from tests.discord_stand_in.rules import Rules
from tests.discord_stand_in.world import (
    PRIVATE_THREAD,
    THREADS,
    Channel,
    Guild,
    User,
)

BAN_MEMBERS = 1 << 2
ADMINISTRATOR = 1 << 3
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
SEND_TTS = 1 << 12
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_HISTORY = 1 << 16
CONNECT = 1 << 20
MANAGE_WEBHOOKS = 1 << 29
MANAGE_THREADS = 1 << 34
SEND_IN_THREADS = 1 << 38
SEND_VOICES = 1 << 46
EVERYTHING = (1 << 53) - 1


def rights_in(channel: Channel, user: User, in_force: Rules) -> int:
    """What a member may do in a channel or thread."""
    guild = channel.guild
    if guild is None:
        return EVERYTHING
    base = guild.permissions(user)
    if base & ADMINISTRATOR or user.id == guild.owner_id:
        return EVERYTHING
    rights = _overwritten(base, channel, user, guild)
    if user.id in guild.timed_out and in_force.hold(rules.TIMED_OUT):
        rights &= VIEW_CHANNEL | READ_HISTORY
    if not rights & VIEW_CHANNEL and in_force.hold(rules.VIEW):
        return 0
    if channel.type == PRIVATE_THREAD and in_force.hold(rules.PRIVATE_THREAD):
        is_in = user.id in channel.thread_members or rights & MANAGE_THREADS
        return rights if is_in else 0
    return rights


def may(channel: Channel, user: User, bits: int, in_force: Rules) -> bool:
    """Whether a member has all of these rights in a channel."""
    return rights_in(channel, user, in_force) & bits == bits


def _overwritten(base: int, channel: Channel, user: User, guild: Guild) -> int:
    # Threads inherit everything from their parent.
    root = channel.parent if channel.type in THREADS and channel.parent else channel
    overwrites = {one.id: one for one in root.overwrites}
    rights = base
    everyone = overwrites.get(guild.id)
    if everyone is not None:
        rights = rights & ~everyone.deny | everyone.allow
    roles = [overwrites[one] for one in guild.roles_of(user) if one in overwrites]
    for one in roles:
        rights &= ~one.deny
    for one in roles:
        rights |= one.allow
    own = overwrites.get(user.id)
    if own is not None:
        rights = rights & ~own.deny | own.allow
    return rights
