"""Follows what happens to messages, channels and guilds, and tells the ports."""

import re
from dataclasses import replace

import discord

from app.discord.client import MynahBot
from app.discord.messages import (
    incoming,
    is_by_webhook,
    place_of,
    places_of,
    spell_out,
)
from app.discord.ports import Incoming, MessagePlace
from app.discord.talk.proxies import ProxiedOriginal

LIKES = {"👍": 1, "👎": -1}

_SHADES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0e\ufe0f]")
"""Skin tones, and the marks for a colored or a plain emoji."""


def liked(emoji: discord.PartialEmoji) -> int | None:
    """Return the value of a thumb in any skin tone; None for another emoji."""
    return LIKES.get(_SHADES.sub("", str(emoji)))


class EventsCog(discord.Cog):
    """Live learning, edits, deletions, feedback, and the bot's guilds."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Learn a message, and decide whether to answer it, unless it is a command."""
        if message.guild is not None and await self.bot.strangers.look(message.guild):
            return
        if self.bot.delivery.hooks.is_own(message):
            return
        self.bot.proxies.note(message)
        original = self.bot.proxies.original_of(message)
        if isinstance(message.channel, discord.DMChannel):
            await self.bot.clock.check(message.id)
            await self.bot.missed_direct.hear(message)
            return
        action = self.bot.prefix_action(message)
        if action is not None:
            self.bot.dispatch("typed_command", message, action)
        said = incoming(message, self.bot.own_id)
        await self.bot.clock.check(message.id)
        if message.guild is not None:
            await self.bot.know_channels(message.guild)
        if said is None or action is not None:
            return
        if original is not None and await self._takes_place(said, original):
            return
        found = None
        try:
            found = await self.bot.ports.messages.hear_live(said)
        finally:
            # Whatever keeps a message from being learned, it is answered.
            if original is None:
                await self.bot.speaker.consider(message, said, found)

    async def _takes_place(self, said: Incoming, original: ProxiedOriginal) -> bool:
        """Let a proxied line take its original's place, and the decision on it.

        False where names of webhooks are no people, or if the original stays.
        """
        if not await self._has_proxies(said.place):
            return False
        if not await self.bot.proxies.goes(original):
            return False
        self.bot.speaker.follow(original.message.id, said.id)
        line = replace(said, account=original.message.author.id)
        try:
            await self.bot.ports.messages.proxied(line, original.message.id)
        finally:
            original.is_settled.set()
        return True

    async def _has_proxies(self, place: MessagePlace | None) -> bool:
        if place is None:
            return False
        config = await self.bot.ports.guilds.settings(place)
        return config.learn.proxied

    @discord.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Replace the old text by the new one."""
        message = event.new_message
        self.bot.talk.note_edit(message)
        if event.guild_id is None:
            if message.edited_at is not None:
                await self.bot.ports.messages.direct_edited(event.message_id)
            return
        is_own = self.bot.delivery.hooks.is_own(message)
        if is_own or (message.author.bot and not is_by_webhook(message)):
            return
        said = incoming(message, self.bot.own_id)
        if said is not None and said.is_withheld:
            return
        text = spell_out(message, self.bot.own_id)
        await self.bot.ports.messages.edited(
            event.guild_id,
            event.message_id,
            text,
            is_edit=message.edited_at is not None,
        )

    @discord.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Forget a deleted message; a deleted reply of the bot counts as a dislike."""
        self.bot.talk.forget([event.message_id])
        original = self.bot.proxies.gone(event.message_id)
        if event.guild_id is None:
            self.bot.direct.forget(event.message_id)
            await self.bot.ports.messages.direct_deleted(event.message_id)
            return
        if original is not None:
            place = place_of(original.message.channel)
            if await self._has_proxies(place):
                await self.bot.proxies.settle(original)
        await self.bot.ports.messages.deleted(event.guild_id, [event.message_id])
        # This may wait until a reply is noted, which no forgetting does.
        reply_of = self.bot.delivery.reply_of
        reply = await reply_of(event.message_id, event.channel_id)
        if reply is not None:
            await self.bot.ports.records.rate(reply, 0, -1, "deleted")

    @discord.Cog.listener()
    async def on_raw_bulk_message_delete(
        self, event: discord.RawBulkMessageDeleteEvent
    ) -> None:
        """Forget messages that a moderator removed together."""
        self.bot.talk.forget(event.message_ids)
        if event.guild_id is not None:
            await self.bot.ports.messages.deleted(
                event.guild_id, sorted(event.message_ids)
            )

    @discord.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Forget a deleted thread."""
        await self.bot.ports.guilds.channel_deleted(event.guild_id, event.thread_id)

    @discord.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Forget a deleted channel."""
        await self.bot.ports.guilds.channel_deleted(channel.guild.id, channel.id)

    @discord.Cog.listener()
    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        """Count a thumb on one of the bot's replies as feedback."""
        reply, value = await self._rated(event)
        if reply is not None:
            await self.bot.ports.records.rate(reply, event.user_id, value)

    @discord.Cog.listener()
    async def on_raw_reaction_remove(
        self, event: discord.RawReactionActionEvent
    ) -> None:
        """Withdraw the feedback of a removed thumb."""
        reply, value = await self._rated(event)
        if reply is not None:
            await self.bot.ports.records.take_back(reply, event.user_id, value)

    async def _rated(
        self, event: discord.RawReactionActionEvent
    ) -> tuple[int | None, int]:
        """Return the reply of a thumb, if any, and the thumb's value."""
        value = liked(event.emoji)
        if value is None or event.user_id == self.bot.own_id:
            return None, 0
        reply_of = self.bot.delivery.reply_of
        return await reply_of(event.message_id, event.channel_id), value

    @discord.Cog.listener()
    async def on_raw_reaction_clear(self, event: discord.RawReactionClearEvent) -> None:
        """Withdraw all thumbs of a reply whose reactions a moderator removed."""
        await self._withdraw(event, None)

    @discord.Cog.listener()
    async def on_raw_reaction_clear_emoji(
        self, event: discord.RawReactionClearEmojiEvent
    ) -> None:
        """Withdraw the thumbs of the removed kind."""
        value = liked(event.emoji)
        if value is not None:
            await self._withdraw(event, value)

    async def _withdraw(
        self,
        event: discord.RawReactionClearEvent | discord.RawReactionClearEmojiEvent,
        value: int | None,
    ) -> None:
        reply_of = self.bot.delivery.reply_of
        reply = await reply_of(event.message_id, event.channel_id)
        if reply is not None:
            await self.bot.ports.records.take_all_back(reply, value)

    @discord.Cog.listener()
    async def on_guild_update(
        self, before: discord.Guild, after: discord.Guild
    ) -> None:
        """Follow a server's name."""
        if after.name and after.name != before.name:
            await self.bot.ports.guilds.joined(after.id, after.name)

    @discord.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        if await self.bot.strangers.look(guild):
            return
        await self.bot.ports.guilds.joined(guild.id, guild.name)
        self.bot.tell_servers()
        await self.bot.ports.guilds.channels_seen(places_of(guild))

    @discord.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Read what was missed in a guild that had an outage."""
        await self.bot.back_again(guild)

    @discord.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """Offer a new channel at once."""
        await self._see(channel)

    @discord.Cog.listener()
    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        """Follow a channel's name and its readers."""
        self._reopen(after.guild)
        await self._see(after)

    @discord.Cog.listener()
    async def on_guild_role_update(
        self, before: discord.Role, after: discord.Role
    ) -> None:
        """Follow who reads which channel, when everyone's rights change."""
        self._reopen(after.guild)
        if after.is_default() and before.permissions != after.permissions:
            await self.bot.ports.guilds.channels_seen(places_of(after.guild))

    @discord.Cog.listener()
    async def on_member_update(
        self, before: discord.Member, after: discord.Member
    ) -> None:
        """Follow the bot's own rights, as when its time-out ends."""
        if after.id == self.bot.own_id:
            self._reopen(after.guild)

    def _reopen(self, guild: discord.Guild) -> None:
        """Try what was refused before, since somebody changed rights."""
        self.bot.delivery.reopen()
        if self.bot.catch_up.reopen(guild):
            self.bot.session_start.try_again()

    async def _see(self, channel: discord.abc.GuildChannel) -> None:
        place = place_of(channel)
        if place is not None:
            await self.bot.ports.guilds.channels_seen([place])

    @discord.Cog.listener()
    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Mark how far the channels of a server are complete that Discord lost."""
        await self.bot.catch_up.mark([guild.id])

    @discord.Cog.listener()
    async def on_member_ban(
        self, guild: discord.Guild, user: discord.User | discord.Member
    ) -> None:
        """Forget a banned member, where the owner wants it."""
        await self.bot.ports.messages.banned(guild.id, user.id)

    @discord.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Start the grace period; an unavailable guild never triggers this."""
        await self.bot.ports.guilds.left(guild.id)
        self.bot.tell_servers()
