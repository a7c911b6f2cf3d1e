"""What people do on the stand-in's Discord."""

import mimetypes
import re
from collections.abc import Sequence
from typing import Any

from tests.discord_stand_in import rules
from tests.discord_stand_in.gateway import Gateway
from tests.discord_stand_in.payloads import (
    command_answer,
    message_payload,
    poll_of,
    snapshot_of,
    voice_message,
    webhook_author,
)
from tests.discord_stand_in.rest import Rest
from tests.discord_stand_in.rules import Rules
from tests.discord_stand_in.world import (
    DIRECT_MESSAGE,
    PUBLIC_THREAD,
    Channel,
    Guild,
    User,
    created_at,
    snowflake,
)

PINNED, STARTER = 6, 21
"""resources/message#message-object-message-types."""

CROSSPOSTED, IS_CROSSPOST, HAS_THREAD = 1 << 0, 1 << 1, 1 << 5


class People:
    """Messages of every kind, edits, reactions, threads and moderation."""

    bot: User
    force: Rules
    direct: dict[int, Channel]
    gateway: Gateway
    rest: Rest
    base_url: str

    def direct_channel(self, user: User) -> Channel:
        """The direct-message channel of the bot and a user."""
        channel = Channel(user.name, None, type=DIRECT_MESSAGE, person=user)
        self.direct[channel.id] = channel
        return channel

    async def say(
        self,
        channel: Channel,
        author: User,
        content: str,
        *,
        reply_to: int | None = None,
        mentions: Sequence[User] = (),
        files: Sequence[str] = (),
        age_seconds: float = 0.0,
        **extra: Any,
    ) -> int:
        """A user writes a message; returns its id."""
        answered = channel.messages[reply_to] if reply_to is not None else None
        named = list(mentions)
        if self.bot.mention in content and self.bot not in named:
            named.append(self.bot)
        if answered is not None and answered["author"]["id"] == str(self.bot.id):
            named.append(self.bot)
        body = message_payload(
            channel,
            author,
            content,
            message_id=snowflake(age_seconds),
            mentions=named,
            reply_to=answered,
            attachments=[self._attachment(name) for name in files],
        )
        return await self._publish(
            channel, body | self._roles_in(channel, content) | extra
        )

    def _roles_in(self, channel: Channel, content: str) -> dict[str, Any]:
        """The roles that a text mentions, which names none of their members."""
        found = re.findall(r"<@&(\d+)>", content)
        if self.force.hold(rules.ROLE_MENTION):
            return {"mention_roles": found}
        own = str(channel.guild.managed_role) if channel.guild else ""
        return {"mentions": [self.bot.payload()]} if own in found else {}

    def _attachment(self, name: str) -> dict[str, Any]:
        url = f"{self.base_url}/cdn/{name}?ex=fresh"
        size = len(self.rest.files.get(name, b""))
        return {
            "id": str(snowflake()),
            "filename": name,
            "size": size,
            "url": url,
            "proxy_url": url,
            "content_type": mimetypes.guess_type(name)[0],
        }

    async def edit(self, channel: Channel, message_id: int, content: str) -> None:
        """The author edits a message."""
        body = channel.messages[message_id]
        body["content"] = content
        body["edited_timestamp"] = created_at(snowflake())
        await self._update(channel, body, "content", "edited_timestamp")

    async def delete(
        self, channel: Channel, *message_ids: int, together: bool = False
    ) -> None:
        """One message is deleted, or several at once by a moderator."""
        for message_id in message_ids:
            channel.messages.pop(message_id, None)
        where: dict[str, Any] = {"channel_id": str(channel.id)}
        ids = [str(one) for one in message_ids]
        is_one = len(ids) == 1 and not together
        if not is_one and self.force.hold(rules.BULK_DELETE):
            await self._dispatch_in(
                channel, "MESSAGE_DELETE_BULK", where | {"ids": ids}
            )
            return
        for one in ids:
            await self._dispatch_in(channel, "MESSAGE_DELETE", where | {"id": one})

    async def add_channel(self, channel: Channel) -> None:
        """Tell a connected bot of a channel or thread made after it connected."""
        event = "CHANNEL_CREATE" if channel.parent is None else "THREAD_CREATE"
        body = channel.payload() | {"newly_created": True}
        await self._dispatch_in(channel, event, body)

    async def update_channel(self, channel: Channel) -> None:
        """A moderator changed a channel's name, permissions or age restriction."""
        event = "CHANNEL_UPDATE" if channel.parent is None else "THREAD_UPDATE"
        await self._dispatch_in(channel, event, channel.payload())

    async def delete_channel(self, channel: Channel) -> None:
        """A channel or thread is deleted."""
        assert channel.guild is not None
        event = "CHANNEL_DELETE" if channel.parent is None else "THREAD_DELETE"
        await self._dispatch_in(channel, event, channel.payload())
        del channel.guild.channels[channel.id]

    async def say_by_webhook(
        self,
        channel: Channel,
        name: str,
        content: str,
        webhook: int = 0,
        **extra: Any,
    ) -> int:
        """A proxy or another program writes through a webhook."""
        webhook = webhook or snowflake()
        author = User(name, webhook, bot=True)
        body = message_payload(channel, author, content, message_id=snowflake())
        if self.force.hold(rules.WEBHOOK):
            body |= {"webhook_id": str(webhook), "author": webhook_author(author)}
            body.pop("member", None)
        return await self._publish(channel, body | extra)

    async def answer_command(
        self, channel: Channel, robot: User, asker: User, content: str
    ) -> int:
        """Another bot answers a command."""
        body = message_payload(channel, robot, content, message_id=snowflake())
        if self.force.hold(rules.COMMAND_ANSWER):
            body |= command_answer(robot, asker)
        return await self._publish(channel, body)

    async def proxy(
        self,
        channel: Channel,
        user: User,
        name: str,
        content: str,
        *,
        marks: str = "{}",
        webhook: int = 0,
        is_deleted_first: bool = False,
    ) -> tuple[int, int]:
        """A user writes, and a proxy posts it under a name and deletes the original.

        Discord tells of both in any order. Returns the ids of original and copy.
        """
        original = await self.say(channel, user, marks.format(content))
        if is_deleted_first:
            await self.delete(channel, original)
        named = [self.bot.payload()] if self.bot.mention in content else []
        copy = await self.say_by_webhook(
            channel, name, content, webhook, mentions=named
        )
        if not is_deleted_first:
            await self.delete(channel, original)
        return original, copy

    async def forward(
        self, channel: Channel, user: User, source: Channel, message_id: int
    ) -> int:
        """A user forwards a message from another channel."""
        original = source.messages[message_id]
        extra: dict[str, Any] = {}
        if self.force.hold(rules.FORWARD):
            extra = snapshot_of(original)
        content = "" if extra else original["content"]
        return await self.say(channel, user, content, **extra)

    async def ask_poll(
        self, channel: Channel, user: User, question: str, *answers: str
    ) -> int:
        """A user starts a poll."""
        if not self.force.hold(rules.POLL):
            return await self.say(channel, user, question)
        return await self.say(channel, user, "", poll=poll_of(question, answers))

    async def speak(self, channel: Channel, user: User) -> int:
        """A user sends a voice message."""
        sound = voice_message(self.base_url)
        if not self.force.hold(rules.VOICE_MESSAGE):
            return await self.say(channel, user, "a voice message")
        return await self.say(channel, user, "", **sound)

    async def preview(self, channel: Channel, message_id: int, url: str) -> None:
        """Discord adds the preview of a link to a message."""
        body = channel.messages[message_id]
        body["embeds"] = [{"type": "link", "url": url, "title": "A page"}]
        await self._update(channel, body, "embeds")

    async def pin(self, channel: Channel, user: User, message_id: int) -> None:
        """A moderator pins a message."""
        body = channel.messages[message_id]
        body["pinned"] = True
        await self._update(channel, body, "pinned")
        if not self.force.hold(rules.PIN_NOTICE):
            return
        pins = {"channel_id": str(channel.id), "last_pin_timestamp": None}
        await self._dispatch_in(channel, "CHANNEL_PINS_UPDATE", pins)
        reference = {"message_id": str(message_id), "channel_id": str(channel.id)}
        await self.say(channel, user, "", type=PINNED, message_reference=reference)

    async def start_thread(
        self, channel: Channel, user: User, message_id: int, name: str
    ) -> Channel:
        """A user starts a thread from a message; both have one id."""
        assert channel.guild is not None
        thread = Channel(
            name, channel.guild, message_id, type=PUBLIC_THREAD, parent=channel
        )
        channel.guild.channels[thread.id] = thread
        await self.add_channel(thread)
        original = channel.messages[message_id]
        original["flags"] |= HAS_THREAD
        await self._update(channel, original, "flags")
        if self.force.hold(rules.STARTER):
            reference = {
                "message_id": str(message_id),
                "channel_id": str(channel.id),
                "guild_id": str(channel.guild.id),
            }
            await self.say(
                thread, user, "", type=STARTER,
                message_reference=reference, referenced_message=original,
            )  # fmt: skip
        return thread

    async def post(
        self, forum: Channel, user: User, title: str, content: str, **extra: Any
    ) -> Channel:
        """A user opens a post in a forum; its first message has the post's id."""
        assert forum.guild is not None
        thread = forum.guild.thread(forum, title)
        await self.add_channel(thread)
        await self.say(thread, user, content, id=str(thread.id), **extra)
        return thread

    async def publish(
        self, channel: Channel, message_id: int, followers: Sequence[Channel]
    ) -> list[int]:
        """An announcement is published to the channels that follow."""
        body = channel.messages[message_id]
        body["flags"] |= CROSSPOSTED
        await self._update(channel, body, "flags")
        reference = {"message_id": str(message_id), "channel_id": str(channel.id)}
        marks: dict[str, Any] = {}
        if self.force.hold(rules.CROSSPOST):
            marks = {"flags": IS_CROSSPOST, "message_reference": reference}
        return [
            await self.say_by_webhook(one, channel.name, body["content"], **marks)
            for one in followers
        ]

    async def react(
        self, channel: Channel, user: User, message_id: int, emoji: str | dict[str, Any]
    ) -> None:
        """A user reacts to a message."""
        await self._reaction("MESSAGE_REACTION_ADD", channel, user, message_id, emoji)

    async def unreact(
        self, channel: Channel, user: User, message_id: int, emoji: str | dict[str, Any]
    ) -> None:
        """A user takes a reaction back."""
        await self._reaction(
            "MESSAGE_REACTION_REMOVE", channel, user, message_id, emoji
        )

    async def _reaction(
        self,
        event: str,
        channel: Channel,
        user: User,
        message_id: int,
        emoji: str | dict[str, Any],
    ) -> None:
        body: dict[str, Any] = {
            "user_id": str(user.id),
            "channel_id": str(channel.id),
            "message_id": str(message_id),
            "emoji": emoji if isinstance(emoji, dict) else {"id": None, "name": emoji},
            "burst": False,
            "type": 0,
        }
        if channel.guild is not None and event.endswith("ADD"):
            member = channel.guild.member_payload(user)
            body["member"] = member | {"user": user.payload()}
        await self._dispatch_in(channel, event, body)

    async def clear_reactions(
        self, channel: Channel, message_id: int, emoji: str = ""
    ) -> None:
        """A moderator removes the reactions of a message: every one, or one emoji's.

        events/gateway-events#message-reaction-remove-all, -remove-emoji.
        """
        body: dict[str, Any] = {"channel_id": str(channel.id)}
        body |= {"message_id": str(message_id)}
        event = "MESSAGE_REACTION_REMOVE_ALL"
        if emoji:
            event = "MESSAGE_REACTION_REMOVE_EMOJI"
            body |= {"emoji": {"id": None, "name": emoji}}
        await self._dispatch_in(channel, event, body)

    async def rename_guild(self, guild: Guild, name: str) -> None:
        """The owner renames the server; events/gateway-events#guild-update."""
        guild.name = name
        body = guild.payload(self.bot)
        for extra in ("channels", "threads", "members", "presences", "voice_states"):
            body.pop(extra)
        await self.gateway.dispatch("GUILD_UPDATE", body, guild.id)

    async def change_own_member(self, guild: Guild) -> None:
        """A moderator changed the bot as a member (guild-member-update)."""
        body = guild.member_payload(self.bot) | {"user": self.bot.payload()}
        body["guild_id"] = str(guild.id)
        await self.gateway.dispatch("GUILD_MEMBER_UPDATE", body, guild.id)

    async def ban(self, guild: Guild, user: User, delete_seconds: float = 0) -> None:
        """A moderator bans a member, and may delete their last messages."""
        guild.members.pop(user.id, None)
        guild.banned[user.id] = user
        body = {"guild_id": str(guild.id), "user": user.payload()}
        await self.gateway.dispatch("GUILD_BAN_ADD", body, guild.id)
        if not self.force.hold(rules.BAN):
            return
        oldest = snowflake(delete_seconds)
        for channel in guild.channels.values():
            gone = [
                one
                for one, said in channel.messages.items()
                if said["author"]["id"] == str(user.id) and one >= oldest
            ]
            if gone:
                await self.delete(channel, *gone, together=True)

    async def _publish(self, channel: Channel, body: dict[str, Any]) -> int:
        channel.messages[int(body["id"])] = body
        await self._dispatch_in(channel, "MESSAGE_CREATE", body)
        return int(body["id"])

    async def _update(
        self, channel: Channel, body: dict[str, Any], *changed: str
    ) -> None:
        if not self.force.hold(rules.WHOLE_UPDATE):
            kept = ("id", "channel_id", "guild_id", *changed)
            body = {key: body[key] for key in kept if key in body}
        await self._dispatch_in(channel, "MESSAGE_UPDATE", body)

    async def _dispatch_in(
        self, channel: Channel, event: str, body: dict[str, Any]
    ) -> None:
        if channel.guild is not None:
            body = body | {"guild_id": str(channel.guild.id)}
            await self.gateway.dispatch(event, body, channel.guild.id)
        else:
            await self.gateway.dispatch(event, body)
