"""Games that only a learned voice can play: `/origin`."""

import asyncio
import io
from typing import Annotated

import discord

from app.chat.postprocess import neutralise
from app.discord import answers
from app.discord.answers import NOT_ALLOWED, place_here
from app.discord.client import MynahBot
from app.discord.permissions import may_speak_to
from app.discord.texts import MAX_ALT_CHARS, origin_text, quote

LEAST_CHARS, MOST_CHARS = 3, 100
OFF = "A moderator switched `/origin` off here: `games.origin` in `/config`."
NEVER_SAID = "That phrase has a word that I never say here."
NOT_FOUND = (
    "I know no message with {phrase} that may be told here. I look for whole words, in"
    " the channels that I learn from, and leave out members who opted out."
)


class GamesCog(discord.Cog):
    """Games with what a server said."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot
        self._looking = asyncio.Lock()
        """One look at a time, so that frequent askers delay no reply."""

    @discord.slash_command(
        name="origin",
        description="Show who said a phrase first here, and how it spread.",
        contexts={discord.InteractionContextType.guild},
    )
    async def origin(
        self,
        context: discord.ApplicationContext,
        phrase: Annotated[
            str,
            discord.Option(
                str,
                description="One word or a few.",
                min_length=LEAST_CHARS,
                max_length=MOST_CHARS,
            ),
        ],
    ) -> None:
        """Show the first message with a phrase, and a picture of its spread."""
        place, guilds = place_here(context), self.bot.ports.guilds
        if not may_speak_to(context.author, self.bot.settings.allowed_roles):
            raise discord.CheckFailure(NOT_ALLOWED)
        config = await guilds.settings(place)
        if not config.games.origin:
            raise discord.CheckFailure(OFF)
        asked = " ".join(phrase.split())
        # What nobody may say is not found either, or its first speaker would be told.
        if config.speak.forbids(asked) or neutralise(asked)[0] != asked:
            raise discord.CheckFailure(NEVER_SAID)
        await context.defer()
        async with self._looking:
            found = await guilds.origin(place, asked)
        if found is None:
            await answers.respond(context, NOT_FOUND.format(phrase=quote(asked)))
            return
        from app.discord.pictures.origin_picture import draw

        text = origin_text(found, place.guild)
        picture = await asyncio.to_thread(draw, found)
        file = discord.File(
            io.BytesIO(picture), "origin.png", description=text[:MAX_ALT_CHARS]
        )
        await answers.respond(context, text, files=[file])
