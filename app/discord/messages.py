"""From py-cord's objects to what the ports take, with Discord's markup spelled out."""

import re
from collections.abc import Collection, Mapping
from typing import Literal

import discord

from app.discord.ports import Attached, Incoming, MessagePlace

Action = Literal["speak", "train", "help", "invite", "debug", "tts"]
ACTIONS: Mapping[str, Action] = {
    "": "speak",
    "train": "train",
    "help": "help",
    "invite": "invite",
    "debug": "debug",
    "tts": "tts",
}
"""The second words of commands typed as messages."""

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_CHANNEL = re.compile(r"<#(\d+)>")
_DELETED = re.compile(r"deleted_user_[0-9a-f]{8,16}|Deleted User(?: [0-9a-f]{8})?")
"""The names that Discord gives deleted accounts, instead of telling of them."""

OBFUSCATED = 1 << 17
"""The flag of a channel whose name Discord keeps from the bot: it cannot see it."""

Spoken = discord.VoiceChannel | discord.StageChannel
"""The channels where people talk, and write beside it."""

Talk = discord.TextChannel | discord.Thread | Spoken
"""The channels where people of a guild write."""

Writable = Talk | discord.DMChannel
"""A place to write in: among people of a guild, or to one person."""

Listenable = discord.TextChannel | Spoken | discord.ForumChannel
"""The channels that can be listened to; media channels are forums to py-cord.

Of a forum only its posts have messages, and they are threads.
"""


def channels_of(guild: discord.Guild) -> list[Listenable]:
    """Return the channels of a guild that can be listened to, hidden ones as well."""
    spoken: list[Spoken] = [*guild.voice_channels, *guild.stage_channels]
    return [*guild.text_channels, *spoken, *guild.forum_channels]


def place_of(channel: object) -> MessagePlace | None:
    """Return the place of a guild's channel or thread; None for anything else.

    A hidden channel has no name; the store keeps the one it knows.
    """
    if not isinstance(channel, Talk | discord.ForumChannel):
        return None
    parent = channel.parent if isinstance(channel, discord.Thread) else None
    return MessagePlace(
        guild=channel.guild.id,
        guild_name=channel.guild.name,
        channel=channel.id,
        channel_name=_name_of(channel),
        parent=parent.id if parent else None,
        parent_name=_name_of(parent) if parent else "",
        is_private=_is_private(channel),
        is_parent_private=parent is not None and _is_private(parent),
        is_age_restricted=channel.is_nsfw(),
    )


def is_hidden(channel: object) -> bool:
    """Return whether the bot cannot see a channel, whose name then says nothing."""
    flags = getattr(channel, "flags", None)
    is_thread = isinstance(channel, discord.Thread)
    return flags is not None and not is_thread and bool(flags.value & OBFUSCATED)


def _name_of(channel: discord.abc.GuildChannel | discord.Thread) -> str:
    return "" if is_hidden(channel) else str(channel.name)


def _is_private(channel: Talk | discord.ForumChannel) -> bool:
    """Tell if not everyone can see a channel, or if a thread is private."""
    if isinstance(channel, discord.Thread):
        return channel.is_private() or channel.parent is None
    everyone = channel.permissions_for(channel.guild.default_role)
    return is_hidden(channel) or not everyone.view_channel


def places_of(guild: discord.Guild) -> list[MessagePlace]:
    """Return the channels and open threads of a guild."""
    found = (place_of(channel) for channel in (*channels_of(guild), *guild.threads))
    return [place for place in found if place is not None]


def incoming(message: discord.Message, bot_id: int) -> Incoming | None:
    """The message as the ports take it.

    None outside guilds, for notices, and for the bot's own: of these only replies
    matter, and those the ports know from sending them.
    """
    place = place_of(message.channel)
    if place is None or message.author.id == bot_id:
        return None
    # py-cord does not count the empty first message of a thread as a notice.
    is_starter = message.type is discord.MessageType.thread_starter_message
    if message.is_system() or is_starter:
        return None
    reference = message.reference
    return Incoming(
        place=place,
        id=message.id,
        author=message.author.id,
        author_name=message.author.display_name,
        text=spell_out(message, bot_id),
        at_ms=int(message.created_at.timestamp() * 1000),
        is_bot=message.author.bot or message.webhook_id is not None,
        reply_to=reference.message_id if reference else None,
        files=tuple(
            Attached(file.id, file.filename, file.url) for file in message.attachments
        ),
        is_account_deleted=_is_deleted(message.author),
        is_webhook=is_by_webhook(message),
    )


def is_by_webhook(message: discord.Message) -> bool:
    """Return whether a webhook wrote it under a name, as proxies do.

    Answers to commands and published announcements come by webhooks as well.
    """
    is_answer = message.interaction_metadata is not None
    is_own_name = message.author.id == message.webhook_id
    return is_own_name and not (is_answer or message.flags.is_crossposted)


def _is_deleted(author: discord.User | discord.Member) -> bool:
    """Tell if Discord shows an account as deleted."""
    return (
        isinstance(author, discord.User)
        and not author.bot
        and author.avatar is None
        and author.global_name in (None, author.name)
        and _DELETED.fullmatch(author.name) is not None
    )


def spell_out(message: discord.Message, bot_id: int, words: str | None = None) -> str:
    """Replace ids by names, and remove the bot's own mention.

    Args:
        words: Other words than the message's own.
    """
    users = {user.id: user.display_name for user in message.mentions}
    guild = message.guild

    def user(match: re.Match[str]) -> str:
        user_id = int(match[1])
        return "" if user_id == bot_id else "@" + users.get(user_id, "someone")

    def role(match: re.Match[str]) -> str:
        found = guild.get_role(int(match[1])) if guild else None
        if guild is not None and found is not None and found == guild.self_role:
            return ""
        return "@" + (found.name if found else "role")

    def channel(match: re.Match[str]) -> str:
        found = guild.get_channel(int(match[1])) if guild else None
        return "#" + ((_name_of(found) if found else "") or "channel")

    text = _USER.sub(user, message.content if words is None else words)
    return _CHANNEL.sub(channel, _ROLE.sub(role, text)).strip()


def mentions_bot(message: discord.Message, bot_id: int) -> bool:
    """Return whether the text itself names the bot, beyond replying to it.

    Discord offers the role that the invitation made before the bot. A message without
    words of its own speaks by what it forwards, or by its embeds.
    """
    words = shown_words(message)
    if any(int(found) == bot_id for found in _USER.findall(words)):
        return True
    own = message.guild.self_role if message.guild else None
    named = {int(found) for found in _ROLE.findall(words)}
    return own is not None and (own.id in named or own in message.role_mentions)


def shown_words(message: discord.Message) -> str:
    """Return the words of a message, or those of a forward or an embed without any."""
    if message.content:
        return message.content
    said = [one.message.content for one in message.snapshots if one.message]
    for embed in message.embeds:
        said += [embed.title or "", embed.description or ""]
    return "\n".join(text for text in said if text)


def answered_message(message: discord.Message) -> discord.Message | None:
    """Return the message that one answers, if Discord sent it along."""
    answered = message.reference.resolved if message.reference else None
    return answered if isinstance(answered, discord.Message) else None


def replies_to_bot(message: discord.Message, own: Collection[int]) -> bool:
    """Return whether the message answers one of the bot's own.

    Args:
        own: The ids under which the bot writes.
    """
    answered = answered_message(message)
    return answered is not None and answered.author.id in own


def is_to_others(
    bot: discord.Client, message: discord.Message, own: Collection[int]
) -> bool:
    """Return whether a message mentions, answers or first names another than the bot.

    Names are those of people who lately wrote in the channel.

    Args:
        own: The ids under which the bot writes.
    """
    mine = {*own, message.author.id}
    if {user.id for user in message.mentions} - mine or message.role_mentions:
        return True
    if message.type is discord.MessageType.reply:
        answered = answered_message(message)
        if answered is None or answered.author.id not in mine:
            return True
    names = {
        name
        for one in bot.cached_messages
        if one.channel.id == message.channel.id and one.author.id not in mine
        for name in (one.author.display_name, one.author.name)
    }
    text = message.content.lstrip(" @").casefold()
    return any(_begins_with(text, name.casefold()) for name in names if name)


def _begins_with(text: str, name: str) -> bool:
    """Tell if a text begins with a name as a whole word."""
    return text.startswith(name) and not text[len(name) :][:1].isalnum()


def own_line(message: discord.Message, bot_id: int) -> Incoming | None:
    """Return one of the bot's own messages; None for another's, or outside guilds."""
    place = place_of(message.channel)
    if place is None or message.author.id != bot_id:
        return None
    return Incoming(
        place=place,
        id=message.id,
        author=bot_id,
        author_name=message.author.display_name,
        text=spell_out(message, bot_id),
        at_ms=int(message.created_at.timestamp() * 1000),
        is_bot=True,
    )


def prefix_action(text: str, prefix: str) -> Action | None:
    """Return the action of a command such as `!mark train`, or None."""
    words = text.casefold().split()
    if not prefix or words[:1] != [prefix.casefold()]:
        return None
    return ACTIONS.get(words[1] if len(words) > 1 else "")
