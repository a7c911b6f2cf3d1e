"""Chooses the voice of direct messages: `/direct`."""

from typing import Annotated

import discord

from app.discord import answers
from app.discord.client import MynahBot
from app.discord.talk.direct_talk import NO_SERVER, named
from app.discord.texts import quote

MAX_SUGGESTIONS = 25


async def suggest_servers(context: discord.AutocompleteContext) -> list[str]:
    """Return names of shared servers that contain the typed text."""
    bot, person = context.bot, context.interaction.user
    if not isinstance(bot, MynahBot) or person is None or bot.direct.refusal(person):
        return []
    typed = str(context.value or "").casefold()
    names = [member.guild.name for member in await bot.direct.shared(person)]
    return [name for name in names if typed in name.casefold()][:MAX_SUGGESTIONS]


class DirectCog(discord.Cog):
    """The server in whose voice direct messages are answered."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.slash_command(
        name="direct",
        description="Choose the server in whose voice I answer direct messages.",
        contexts={discord.InteractionContextType.bot_dm},
    )
    async def direct(
        self,
        context: discord.ApplicationContext,
        server: Annotated[
            str,
            discord.Option(
                str,
                description="The name of a server that we are both in.",
                autocomplete=suggest_servers,
            ),
        ],
    ) -> None:
        """Note the choice of a person."""
        refusal = self.bot.direct.refusal(context.author)
        if refusal:
            await answers.respond(context, refusal)
            return
        await context.defer()
        shared = await self.bot.direct.shared(context.author)
        guild = named(shared, server)
        if guild is None:
            names = ", ".join(quote(member.guild.name) for member in shared)
            told = f"Please choose one of these: {names}." if shared else NO_SERVER
            await answers.respond(context, told)
            return
        await self.bot.ports.members.choose_server(context.author.id, guild.id)
        text = f"I answer you here in the voice of **{quote(guild.name)}** from now on."
        await answers.respond(context, text)
