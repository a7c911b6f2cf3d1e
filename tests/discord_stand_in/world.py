"""What the stand-in's Discord contains: users, guilds, channels and messages."""

import itertools
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

EPOCH_MS = 1_420_070_400_000
BOT_ID = 900_000_000_000_000_001
APPLICATION_ID = 900_000_000_000_000_002
OWNER_ID = 900_000_000_000_000_003

MANAGE_GUILD = 1 << 5
VIEW_CHANNEL = 1 << 10
MANAGE_THREADS = 1 << 34
MEMBER_PERMISSIONS = (1 << 10) | (1 << 11) | (1 << 16) | (1 << 6) | (1 << 31)
"""View channel, send messages, read history, add reactions, use commands."""

TEXT_CHANNEL = 0
DIRECT_MESSAGE = 1
PUBLIC_THREAD = 11
PRIVATE_THREAD = 12
THREADS = (PUBLIC_THREAD, PRIVATE_THREAD)

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
class Channel:
    """A text channel, thread or direct message, with its messages by id."""

    name: str
    guild: "Guild | None"
    id: int = field(default_factory=snowflake)
    type: int = TEXT_CHANNEL
    parent: "Channel | None" = None
    readable: bool = True
    """Whether the bot may read its history; `False` answers 403."""
    archived: bool = False
    """Archived threads are not told at the start of a session."""
    for_moderators: bool = False
    """Hidden from those who have no role of their own."""
    is_age_restricted: bool = False
    thread_members: set[int] = field(default_factory=set)
    """Users in a private thread; Discord shows it to nobody else but moderators."""
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "id": str(self.id),
            "type": self.type,
            "name": self.name,
            "position": 0,
            "permission_overwrites": self._overwrites(),
            "nsfw": self.is_age_restricted,
            "parent_id": str(self.parent.id) if self.parent else None,
            "last_message_id": None,
            "rate_limit_per_user": 0,
        }
        if self.guild is not None:
            body["guild_id"] = str(self.guild.id)
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
                    "locked": False,
                },
            }
        return body

    def _overwrites(self) -> list[dict[str, Any]]:
        if not self.for_moderators or self.guild is None:
            return []
        # The role of everyone has the guild's own id.
        hidden = {"id": str(self.guild.id), "type": 0, "allow": "0"}
        return [hidden | {"deny": str(VIEW_CHANNEL)}]


@dataclass
class Guild:
    """A Discord server: channels by id, the roles of its members, custom emoji."""

    name: str
    id: int = field(default_factory=snowflake)
    owner_id: int = OWNER_ID
    channels: dict[int, Channel] = field(default_factory=dict)
    roles: dict[int, tuple[str, int]] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    emojis: list[dict[str, Any]] = field(default_factory=list)
    available: bool = True

    def channel(self, name: str, *, readable: bool = True) -> Channel:
        """Add a text channel."""
        made = Channel(name, self, readable=readable)
        self.channels[made.id] = made
        return made

    def thread(self, parent: Channel, name: str) -> Channel:
        """Add a public thread below a channel."""
        made = Channel(name, self, type=PUBLIC_THREAD, parent=parent)
        self.channels[made.id] = made
        return made

    def private_thread(self, parent: Channel, name: str, *users: User) -> Channel:
        """Add a private thread below a channel, with its members."""
        made = Channel(name, self, type=PRIVATE_THREAD, parent=parent)
        made.thread_members = {user.id for user in users}
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
        return user

    def permissions(self, user: User) -> int:
        """What a user may do in this guild, as Discord's permission bits."""
        if user.id == self.owner_id:
            return (1 << 50) - 1
        bits = MEMBER_PERMISSIONS
        for role_id in self.members.get(user.id, ()):
            bits |= self.roles[role_id][1]
        return bits

    def member_payload(self, user: User) -> dict[str, Any]:
        return {
            "roles": [str(role) for role in self.members.get(user.id, ())],
            "joined_at": created_at(self.id),
            "deaf": False,
            "mute": False,
            "flags": 0,
            "nick": None,
        }

    def payload(self, bot: User) -> dict[str, Any]:
        """The body of GUILD_CREATE."""
        plain = [c for c in self.channels.values() if c.type == TEXT_CHANNEL]
        threads = [
            c for c in self.channels.values() if c.type in THREADS and not c.archived
        ]
        everyone = _role_payload(self.id, "@everyone", MEMBER_PERMISSIONS)
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "unavailable": False,
            "member_count": len(self.members) + 1,
            "large": False,
            "joined_at": created_at(self.id),
            "roles": [everyone]
            + [_role_payload(i, name, bits) for i, (name, bits) in self.roles.items()],
            "emojis": self.emojis,
            "stickers": [],
            "features": [],
            "channels": [c.payload() for c in plain],
            "threads": [c.payload() for c in threads],
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


def message_payload(
    channel: Channel,
    author: User,
    content: str,
    *,
    message_id: int,
    mentions: Iterable[User] = (),
    reply_to: dict[str, Any] | None = None,
    attachments: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The body of MESSAGE_CREATE."""
    body: dict[str, Any] = {
        "id": str(message_id),
        "channel_id": str(channel.id),
        "author": author.payload(),
        "content": content,
        "timestamp": created_at(message_id),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [user.payload() for user in mentions],
        "mention_roles": [],
        "attachments": list(attachments),
        "embeds": [],
        "components": [],
        "pinned": False,
        "flags": 0,
        "type": 0,
    }
    if channel.guild is not None:
        body["guild_id"] = str(channel.guild.id)
        body["member"] = channel.guild.member_payload(author)
    if reply_to is not None:
        body["type"] = 19
        body["message_reference"] = {
            "message_id": reply_to["id"],
            "channel_id": reply_to["channel_id"],
            "guild_id": reply_to.get("guild_id"),
        }
        body["referenced_message"] = {
            key: value
            for key, value in reply_to.items()
            if key not in ("referenced_message", "member", "guild_id")
        }
    return body
