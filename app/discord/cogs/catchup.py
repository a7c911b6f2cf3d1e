"""Tells a person what they missed: `/catchup`."""

from typing import Annotated

import discord

from app.discord import answers
from app.discord.actions.report_texts import digest_lines
from app.discord.answers import NOT_ALLOWED, ONLY_IN_SERVERS
from app.discord.client import MynahBot
from app.discord.messages import Talk, place_of
from app.discord.permissions import may_speak_to, seen_by
from app.discord.texts import pages

NOT_YOURS_TO_SEE = "You cannot read the past messages of that channel."
NOT_LISTENED = (
    "I do not listen to {channel}, so I have nothing of it. A moderator can change that"
    " with `/listen add`."
)
STILL_AT_IT = "I am still working on your last `/catchup`."

MOST_HOURS = 24 * 31


class CatchupCog(discord.Cog):
    """A summary of a channel, for the eyes of one person alone."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot
        self._busy: set[int] = set()
        """People whose last question is not answered yet."""

    @discord.slash_command(
        name="catchup",
        description="Sum up what you missed in a channel; only you see it.",
        contexts={discord.InteractionContextType.guild},
    )
    async def catchup(
        self,
        context: discord.ApplicationContext,
        hours: Annotated[
            int | None,
            discord.Option(
                int,
                description="How far back; without it, since your last message.",
                min_value=1,
                max_value=MOST_HOURS,
                required=False,
                default=None,
            ),
        ] = None,
        channel: Annotated[
            discord.TextChannel | discord.Thread | discord.VoiceChannel | None,
            discord.Option(
                discord.SlashCommandOptionType.channel,
                description="Another channel than this one.",
                required=False,
                default=None,
            ),
        ] = None,
    ) -> None:
        """Answer with a summary and links, from what the person may read."""
        here = context.channel
        asked = channel or here
        place = place_of(asked)
        if place is None or not isinstance(here, Talk) or not isinstance(asked, Talk):
            raise discord.CheckFailure(ONLY_IN_SERVERS)
        person = context.author
        if not may_speak_to(person, self.bot.settings.allowed_roles):
            raise discord.CheckFailure(NOT_ALLOWED)
        if person.id in self._busy:
            raise discord.CheckFailure(STILL_AT_IT)
        self._busy.add(person.id)
        try:
            await context.defer(ephemeral=True)
            if not await seen_by(person, [asked.id], here):
                raise discord.CheckFailure(NOT_YOURS_TO_SEE)
            found = await self.bot.ports.messages.digest(place, person.id, hours)
        finally:
            self._busy.discard(person.id)
        if found is None:
            text = NOT_LISTENED.format(channel=asked.mention)
            await answers.respond(context, text, is_hidden=True)
            return
        link = f"https://discord.com/channels/{place.guild}/{place.channel}"
        for page in pages(digest_lines(found, asked.mention, link)):
            await answers.respond(context, page, is_hidden=True)
