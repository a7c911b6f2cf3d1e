"""Which channels are learned: `/listen`, and the menu behind `/listen modify`."""

from collections.abc import Sequence
from typing import Annotated

import discord

from app.bot.discord_bot import MynahBot
from app.bot.discord_errors import ONLY_IN_SERVERS
from app.bot.discord_messages import place_of
from app.bot.discord_permissions import require_manager
from app.bot.discord_words import pages

IN_GUILDS = {discord.InteractionContextType.guild}
PAGE = 25
"""Entries that Discord allows in one menu."""

Chosen = discord.TextChannel | None
FIRST = discord.Option(discord.TextChannel, name="channel-1", description="A channel")


def _more(number: int) -> discord.Option:
    return discord.Option(
        discord.TextChannel,
        name=f"channel-{number}",
        description="Another channel",
        required=False,
        default=None,
    )


class Listen(discord.Cog):
    """Adding, removing and showing the channels that are listened to."""

    listen = discord.SlashCommandGroup(
        "listen",
        "Change what channels are listened to and learned.",
        contexts=IN_GUILDS,
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @listen.command(
        name="add",
        description="Learn from channels. For their past messages use /train.",
    )
    async def add(
        self,
        context: discord.ApplicationContext,
        channel_1: Annotated[discord.TextChannel, FIRST],
        channel_2: Annotated[Chosen, _more(2)] = None,
        channel_3: Annotated[Chosen, _more(3)] = None,
        channel_4: Annotated[Chosen, _more(4)] = None,
        channel_5: Annotated[Chosen, _more(5)] = None,
    ) -> None:
        """Switch learning on."""
        require_manager(context.author, self.bot.settings)
        given = (channel_1, channel_2, channel_3, channel_4, channel_5)
        channels = await self._set(given, on=True)
        await context.respond(
            f"Now listening to {_names(channels)}. Everybody there can opt out with"
            " `/privacy opt-out`; `/train` reads the past messages."
        )

    @listen.command(
        name="remove",
        description="Learn no longer from channels. What is learned stays.",
    )
    async def remove(
        self,
        context: discord.ApplicationContext,
        channel_1: Annotated[discord.TextChannel, FIRST],
        channel_2: Annotated[Chosen, _more(2)] = None,
        channel_3: Annotated[Chosen, _more(3)] = None,
        channel_4: Annotated[Chosen, _more(4)] = None,
        channel_5: Annotated[Chosen, _more(5)] = None,
    ) -> None:
        """Switch learning off."""
        require_manager(context.author, self.bot.settings)
        given = (channel_1, channel_2, channel_3, channel_4, channel_5)
        channels = await self._set(given, on=False)
        await context.respond(f"No longer listening to {_names(channels)}.")

    @listen.command(name="list", description="Show the channels that are listened to.")
    async def show(self, context: discord.ApplicationContext) -> None:
        """List them, by name."""
        guild = _guild(context)
        listened = await self.bot.host.learning_channels(guild.id)
        found = [one for one in guild.text_channels if one.id in listened]
        lines = [f"This bot is listening to and learning from {len(found)} channel(s)."]
        lines += [f"- {channel.mention}" for channel in found]
        for page in pages(lines):
            await context.respond(page)

    @listen.command(name="modify", description="Choose the channels in a menu.")
    async def modify(self, context: discord.ApplicationContext) -> None:
        """Show every channel in a menu of 25 a page, with the listened ones chosen."""
        require_manager(context.author, self.bot.settings)
        guild = _guild(context)
        listened = await self.bot.host.learning_channels(guild.id)
        view = ChannelMenu(self, guild.text_channels, listened)
        await context.respond(view.title, view=view, ephemeral=True)

    async def _set(
        self, given: Sequence[Chosen], *, on: bool
    ) -> list[discord.TextChannel]:
        channels = list(dict.fromkeys(one for one in given if one is not None))
        for channel in channels:
            await self.set_learning(channel, on=on)
        return channels

    async def set_learning(self, channel: discord.TextChannel, *, on: bool) -> None:
        """Switch one channel."""
        place = place_of(channel)
        if place is not None:
            await self.bot.host.set_learning(place, on)


class ChannelMenu(discord.ui.View):
    """A menu over all channels of a guild, 25 a page."""

    def __init__(
        self,
        cog: Listen,
        channels: Sequence[discord.TextChannel],
        listened: set[int],
        page: int = 0,
    ) -> None:
        super().__init__(timeout=600.0)
        self.cog = cog
        self.channels = list(channels)
        self.listened = set(listened)
        self.page = page
        self._fill()

    @property
    def title(self) -> str:
        pages_in_all = -(-len(self.channels) // PAGE)
        where = f" (page {self.page + 1} of {pages_in_all})" if pages_in_all > 1 else ""
        return f"Select the channels to listen to and learn from{where}."

    def shown(self) -> list[discord.TextChannel]:
        """The channels of the current page."""
        return self.channels[self.page * PAGE : (self.page + 1) * PAGE]

    def _fill(self) -> None:
        """Put the current page's menu and the buttons to the other pages."""
        self.clear_items()
        if self.shown():
            self.add_item(ChannelSelect(self))
        if len(self.channels) > PAGE:
            self.add_item(TurnButton(self, "◀", "listen-back", -1))
            self.add_item(TurnButton(self, "▶", "listen-on", +1))

    async def choose(self, chosen: set[int]) -> None:
        """Make the page's channels what was chosen."""
        shown = {channel.id for channel in self.shown()}
        for channel in self.shown():
            if (channel.id in chosen) != (channel.id in self.listened):
                await self.cog.set_learning(channel, on=channel.id in chosen)
        self.listened = (self.listened - shown) | chosen
        self._fill()

    def turn(self, step: int) -> None:
        """Show another page."""
        self.page += step
        self._fill()


class ChannelSelect(discord.ui.Select[ChannelMenu]):
    """The channels of one page, the listened ones chosen."""

    def __init__(self, menu: ChannelMenu) -> None:
        shown = menu.shown()
        super().__init__(
            custom_id="listen-channels",
            placeholder="Nothing selected",
            min_values=0,
            max_values=len(shown),
            options=[
                discord.SelectOption(
                    label=f"#{one.name}",
                    value=str(one.id),
                    default=one.id in menu.listened,
                )
                for one in shown
            ],
        )
        self.menu = menu

    async def callback(self, interaction: discord.Interaction) -> None:
        require_manager(interaction.user, self.menu.cog.bot.settings)
        await self.menu.choose({int(str(value)) for value in self.values or ()})
        count = len(self.menu.listened)
        text = f"{self.menu.title}\nListening to {count} channel(s)."
        await interaction.response.edit_message(content=text, view=self.menu)


class TurnButton(discord.ui.Button[ChannelMenu]):
    """Turns the menu to the page before or after."""

    def __init__(
        self, menu: ChannelMenu, label: str, custom_id: str, step: int
    ) -> None:
        last = (len(menu.channels) - 1) // PAGE
        is_end = not 0 <= menu.page + step <= last
        super().__init__(label=label, custom_id=custom_id, disabled=is_end)
        self.menu = menu
        self.step = step

    async def callback(self, interaction: discord.Interaction) -> None:
        self.menu.turn(self.step)
        await interaction.response.edit_message(content=self.menu.title, view=self.menu)


def _guild(context: discord.ApplicationContext) -> discord.Guild:
    if context.guild is None:
        raise discord.CheckFailure(ONLY_IN_SERVERS)
    return context.guild


def _names(channels: Sequence[discord.TextChannel]) -> str:
    return ", ".join(channel.mention for channel in channels)
