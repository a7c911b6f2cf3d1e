"""Chooses the channels to learn from: `/listen`, with a menu for many of them."""

from collections.abc import Sequence
from typing import Annotated

import discord

from app.core.labels import many
from app.discord import answers
from app.discord.answers import ONLY_IN_SERVERS
from app.discord.channel_menu import ChannelMenu
from app.discord.client import MynahBot
from app.discord.messages import Listenable, channels_of, place_of
from app.discord.permissions import may_see, require_manager
from app.discord.texts import pages

UNSEEN = (
    "I cannot see {}. Give me the right “View Channel” there (and “Connect” in a voice"
    " channel), then try again."
)

One = Annotated[
    Listenable | discord.Thread | None,
    discord.Option(
        discord.SlashCommandOptionType.channel,
        name="channel",
        description="A channel or private thread; leave it out for a menu of channels.",
        channel_types=[
            discord.ChannelType.text,
            discord.ChannelType.news,
            discord.ChannelType.voice,
            discord.ChannelType.stage_voice,
            discord.ChannelType.forum,
            discord.ChannelType.media,
            discord.ChannelType.private_thread,
        ],
        required=False,
        default=None,
    ),
]


class ListenCog(discord.Cog):
    """Adding, removing and showing the listened channels."""

    listen = discord.SlashCommandGroup(
        "listen",
        "Choose the channels that the bot listens to and learns from.",
        contexts={discord.InteractionContextType.guild},
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @listen.command(
        name="add",
        description="Learn from channels. Use /train for their past messages.",
    )
    async def add(
        self, context: discord.ApplicationContext, channel: One = None
    ) -> None:
        """Switch learning on for a channel, or offer a menu of the others."""
        require_manager(context.author, self.bot.settings)
        if channel is not None and not may_see(channel):
            raise discord.CheckFailure(UNSEEN.format(channel.mention))
        if channel is not None:
            await self.set_learning(channel, on=True)
            await answers.respond(
                context,
                f"I now listen to {channel.mention}. Everybody there can opt out with"
                " `/privacy opt-out`; `/train` reads the past messages.",
            )
            return
        guild = _guild(context)
        listened = await self.bot.ports.guilds.learning_channels(guild.id)
        offered = [one for one in channels_of(guild) if one.id not in listened]
        await self._offer(context, offered, listened, "Select the channels to add")

    @listen.command(
        name="remove",
        description="Stop learning from channels. Learned messages stay.",
    )
    async def remove(
        self, context: discord.ApplicationContext, channel: One = None
    ) -> None:
        """Switch learning off for a channel, or offer a menu of the listened ones."""
        require_manager(context.author, self.bot.settings)
        if channel is not None:
            await self.set_learning(channel, on=False)
            await answers.respond(context, f"I no longer listen to {channel.mention}.")
            return
        guild = _guild(context)
        listened = await self.bot.ports.guilds.learning_channels(guild.id)
        offered = [one for one in channels_of(guild) if one.id in listened]
        title = "Select the channels to remove"
        await self._offer(context, offered, listened, title, removes=True)

    @listen.command(
        name="list", description="Show the channels that the bot listens to."
    )
    async def show(self, context: discord.ApplicationContext) -> None:
        """List them, by name."""
        guild = _guild(context)
        listened = await self.bot.ports.guilds.learning_channels(guild.id)
        channels: list[Listenable | discord.Thread] = [
            *channels_of(guild),
            *guild.threads,
        ]
        found = [one for one in channels if one.id in listened]
        lines = [f"I listen to and learn from {many(len(found), 'channel')}."]
        lines += [f"- {channel.mention}" for channel in found]
        for page in pages(lines):
            await answers.respond(context, page)

    @listen.command(name="modify", description="Choose the channels in a menu.")
    async def modify(self, context: discord.ApplicationContext) -> None:
        """Offer every channel, with the listened ones selected."""
        require_manager(context.author, self.bot.settings)
        guild = _guild(context)
        listened = await self.bot.ports.guilds.learning_channels(guild.id)
        title = "Select the channels to listen to and learn from"
        await self._offer(context, channels_of(guild), listened, title)

    async def _offer(
        self,
        context: discord.ApplicationContext,
        channels: Sequence[Listenable],
        listened: set[int],
        title: str,
        *,
        removes: bool = False,
    ) -> None:
        channels = [one for one in channels if removes or may_see(one)]
        if not channels:
            which = "no channel" if removes else "every channel"
            await answers.respond(
                context, f"I already listen to {which}.", is_hidden=True
            )
            return
        menu = ChannelMenu(self.set_learning, channels, listened, title, removes)
        await answers.respond(context, menu.text, view=menu, is_hidden=True)

    async def set_learning(
        self, channel: Listenable | discord.Thread, *, on: bool
    ) -> None:
        """Switch one channel."""
        place = place_of(channel)
        if place is not None:
            await self.bot.ports.guilds.set_learning(place, on)


def _guild(context: discord.ApplicationContext) -> discord.Guild:
    if context.guild is None:
        raise discord.CheckFailure(ONLY_IN_SERVERS)
    return context.guild
