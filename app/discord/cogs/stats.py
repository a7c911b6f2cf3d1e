"""A guild's own week: `/stats`."""

import asyncio
import io

import discord

from app.discord import answers
from app.discord.answers import ONLY_IN_SERVERS
from app.discord.client import MynahBot
from app.discord.permissions import open_channels
from app.discord.texts import MAX_ALT_CHARS, week_text


class StatsCog(discord.Cog):
    """A server's words, its top teachers, and the bot's success."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot
        self._counting = asyncio.Lock()
        """The wait between counts, so that frequent askers delay no reply."""

    @discord.slash_command(
        name="stats",
        description="Show this server's words of the week, and who taught them.",
        contexts={discord.InteractionContextType.guild},
    )
    async def stats(self, context: discord.ApplicationContext) -> None:
        """Show the week of the channels that everybody here can see."""
        guild = context.guild
        if guild is None:
            raise discord.CheckFailure(ONLY_IN_SERVERS)
        await context.defer()
        # Drawing code takes a tenth of a second to load, and few ever need it.
        from app.discord.pictures.week_picture import draw

        channels = open_channels(guild, context.channel)
        async with self._counting:
            week = await self.bot.ports.guilds.week(guild.id, channels)
        text = week_text(week)
        if not sum(week.days):
            await answers.respond(context, text)
            return
        picture = await asyncio.to_thread(draw, week, guild.name)
        file = discord.File(
            io.BytesIO(picture), "week.png", description=text[:MAX_ALT_CHARS]
        )
        await answers.respond(context, text, files=[file])
