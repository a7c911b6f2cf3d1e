"""What the stand-in's Discord contains: users, guilds, channels and messages."""

import itertools
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.core import invite_link

EPOCH_MS = 1_420_070_400_000
BOT_ID = 900_000_000_000_000_001
APPLICATION_ID = 900_000_000_000_000_002
OWNER_ID = 900_000_000_000_000_003

MANAGE_GUILD = 1 << 5
VIEW_CHANNEL = 1 << 10
MANAGE_THREADS = 1 << 34
MEMBER_PERMISSIONS = (
    (1 << 10) | (1 << 11) | (1 << 16) | (1 << 6) | (1 << 31) | (1 << 20) | (1 << 38)
)
"""View channel, send messages, read history, add reactions, use commands, connect,
send messages in threads. What the bot needs beyond these its invitation asks for."""

TEXT_CHANNEL, DIRECT_MESSAGE, VOICE_CHANNEL, CATEGORY, ANNOUNCEMENTS = 0, 1, 2, 4, 5
PUBLIC_THREAD, PRIVATE_THREAD, STAGE_CHANNEL = 11, 12, 13
FORUM, MEDIA = 15, 16
"""resources/channel#channel-object-channel-types."""

THREADS = (10, PUBLIC_THREAD, PRIVATE_THREAD)
SILENT = (CATEGORY, FORUM, MEDIA)
"""Channels that hold no messages of their own."""

_counter = itertools.count()


def snowflake(age_seconds: float = 0.0) -> int:
    """A fresh id that says it was made `age_seconds` ago."""
    milliseconds = int((time.time() - age_seconds) * 1000) - EPOCH_MS
    return (milliseconds << 22) | (next(_counter) & 0x3FFFFF)


def created_at(snowflake_id: int) -> str:
    """The ISO 8601 time inside an id."""
    seconds = ((snowflake_id >> 22) + EPOCH_MS) / 1000
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@dataclass
class User:
    """An account."""

    name: str
    id: int = field(default_factory=snowflake)
    bot: bool = False
    takes_direct: bool = True
    """Whether they accept direct messages."""

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def payload(self) -> dict[str, Any]:
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
        }


@dataclass
class Overwrite:
    """Rights that one role (type 0) or member (type 1) has or lacks in a channel."""

    id: int
    type: int = 0
    allow: int = 0
    deny: int = 0

    def payload(self) -> dict[str, Any]:
        allow, deny = str(self.allow), str(self.deny)
        return {"id": str(self.id), "type": self.type, "allow": allow, "deny": deny}


@dataclass
class Channel:
    """A channel of any kind, or a thread, with its messages by id."""

    name: str
    guild: "Guild | None"
    id: int = field(default_factory=snowflake)
    type: int = TEXT_CHANNEL
    parent: "Channel | None" = None
    readable: bool = True
    """Whether the bot may see it."""
    archived: bool = False
    """Archived threads are not told at the start of a session."""
    locked: bool = False
    for_moderators: bool = False
    """Hidden from members who have no role of their own; the bot's role sees it."""
    is_age_restricted: bool = False
    slow_seconds: int = 0
    person: User | None = None
    """The other one in a direct-message channel."""
    thread_members: set[int] = field(default_factory=set)
    """Users in a private thread; Discord shows it to nobody else but moderators."""
    rights: list[Overwrite] = field(default_factory=list)
    """Overwrites besides those that `readable` and `for_moderators` make."""
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def overwrites(self) -> list[Overwrite]:
        """Every overwrite that holds here."""
        found = list(self.rights)
        if self.guild is not None and not self.readable:
            found.append(Overwrite(BOT_ID, 1, deny=VIEW_CHANNEL))
        if self.guild is not None and self.for_moderators:
            # The role of everyone has the guild's own id.
            found.append(Overwrite(self.guild.id, deny=VIEW_CHANNEL))
            chosen = [*self.guild.roles, self.guild.managed_role]
            found += [Overwrite(one, allow=VIEW_CHANNEL) for one in chosen]
        return found

    def deny(self, user: User, bits: int) -> None:
        """Take rights from one member here."""
        self.rights.append(Overwrite(user.id, 1, deny=bits))

    def payload(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "id": str(self.id),
            "type": self.type,
            "name": self.name,
            "position": 0,
            "permission_overwrites": [one.payload() for one in self.overwrites],
            "nsfw": self.is_age_restricted,
            "parent_id": str(self.parent.id) if self.parent else None,
            "last_message_id": str(max(self.messages)) if self.messages else None,
            "rate_limit_per_user": self.slow_seconds,
            "flags": 0,
        }
        if self.guild is not None:
            body["guild_id"] = str(self.guild.id)
        if self.person is not None:
            body["recipients"] = [self.person.payload()]
        if self.type in THREADS:
            body |= {
                "owner_id": str(OWNER_ID),
                "message_count": len(self.messages),
                "member_count": 1,
                "thread_metadata": {
                    "archived": self.archived,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": created_at(self.id),
                    "create_timestamp": created_at(self.id),
                    "locked": self.locked,
                },
            }
        if self.type in (VOICE_CHANNEL, STAGE_CHANNEL):
            body |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
        if self.type in (FORUM, MEDIA):
            body |= {"available_tags": [], "default_reaction_emoji": None}
            body |= {"default_sort_order": None, "default_forum_layout": 0}
        return body

    def hidden_payload(self) -> dict[str, Any]:
        """The same for a bot that may not see it."""
        guild = self.guild.id if self.guild else 0
        denied = Overwrite(guild, deny=VIEW_CHANNEL).payload()
        hidden = {"name": "___hidden___", "flags": 1 << 17, "nsfw": False}
        return self.payload() | hidden | {"permission_overwrites": [denied]}


@dataclass
class Guild:
    """A Discord server: channels by id, the roles of its members, custom emoji."""

    name: str
    id: int = field(default_factory=snowflake)
    owner_id: int = OWNER_ID
    channels: dict[int, Channel] = field(default_factory=dict)
    roles: dict[int, tuple[str, int]] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    accounts: dict[int, User] = field(default_factory=dict)
    banned: dict[int, User] = field(default_factory=dict)
    emojis: list[dict[str, Any]] = field(default_factory=list)
    available: bool = True
    everyone: int = MEMBER_PERMISSIONS
    """The rights of every member, the bot included."""
    managed_role: int = field(default_factory=snowflake)
    """The role that the invitation made; the bot alone has it."""
    bot_rights: int = invite_link.PERMISSIONS
    timed_out: set[int] = field(default_factory=set)
    time_out_seconds: float = 3600
    """How long a time-out lasts that Discord tells of from now on."""
    blocked_words: dict[str, int] = field(default_factory=dict)
    """Words that automatic moderation refuses, with Discord's code."""

    def channel(
        self, name: str, kind: int = TEXT_CHANNEL, *, readable: bool = True
    ) -> Channel:
        """Add a channel."""
        made = Channel(name, self, type=kind, readable=readable)
        self.channels[made.id] = made
        return made

    def thread(self, parent: Channel, name: str, kind: int = PUBLIC_THREAD) -> Channel:
        """Add a thread below a channel."""
        made = Channel(name, self, type=kind, parent=parent)
        self.channels[made.id] = made
        return made

    def private_thread(self, parent: Channel, name: str, *users: User) -> Channel:
        """Add a private thread below a channel, with the bot and others in it."""
        made = Channel(name, self, type=PRIVATE_THREAD, parent=parent)
        made.thread_members = {BOT_ID, *(user.id for user in users)}
        self.channels[made.id] = made
        return made

    def role(self, name: str, permissions: int = 0) -> int:
        """Add a role and return its id."""
        role_id = snowflake()
        self.roles[role_id] = (name, permissions)
        return role_id

    def join(self, user: User, *role_ids: int) -> User:
        """Make a user a member with these roles."""
        self.members[user.id] = list(role_ids)
        self.accounts[user.id] = user
        return user

    def permissions(self, user: User) -> int:
        """What a user may do in this guild, as Discord's permission bits."""
        if user.id == self.owner_id:
            return (1 << 53) - 1
        bits = self.everyone
        if user.id == BOT_ID:
            bits |= self.bot_rights
        for role_id in self.members.get(user.id, ()):
            bits |= self.roles[role_id][1]
        return bits

    def roles_of(self, user: User) -> list[int]:
        """Ids of a member's roles, without that of everyone."""
        own = [self.managed_role] if user.id == BOT_ID else []
        return own + self.members.get(user.id, [])

    def member_payload(self, user: User) -> dict[str, Any]:
        return {
            "roles": [str(role) for role in self.roles_of(user)],
            "joined_at": created_at(self.id),
            "deaf": False,
            "mute": False,
            "flags": 0,
            "nick": None,
            "communication_disabled_until": created_at(
                snowflake(-self.time_out_seconds)
            )
            if user.id in self.timed_out
            else None,
        }

    def payload(self, bot: User) -> dict[str, Any]:
        """The body of GUILD_CREATE, before it is cut to what the bot may see."""
        everyone = _role_payload(self.id, "@everyone", self.everyone)
        own = _role_payload(self.managed_role, bot.name, self.bot_rights)
        own |= {"managed": True, "tags": {"bot_id": str(bot.id)}}
        named = [_role_payload(i, *role) for i, role in self.roles.items()]
        every = self.channels.values()
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "unavailable": False,
            "member_count": len(self.members) + 1,
            "large": False,
            "joined_at": created_at(self.id),
            "roles": [everyone, own, *named],
            "emojis": self.emojis,
            "stickers": [],
            "features": [],
            "channels": [c.payload() for c in every if c.type not in THREADS],
            "threads": [
                c.payload() for c in every if c.type in THREADS and not c.archived
            ],
            "members": [self.member_payload(bot) | {"user": bot.payload()}],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "premium_tier": 0,
            "nsfw_level": 0,
            "system_channel_flags": 0,
            "preferred_locale": "en-US",
            "afk_timeout": 300,
        }


def _role_payload(role_id: int, name: str, permissions: int) -> dict[str, Any]:
    return {
        "id": str(role_id),
        "name": name,
        "permissions": str(permissions),
        "position": 0,
        "color": 0,
        "colors": {
            "primary_color": 0,
            "secondary_color": None,
            "tertiary_color": None,
        },
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }
