"""Tells a person what they missed: `/catchup`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import discord

from app.discord import answers
from app.discord.actions.report_texts import digest_lines
from app.discord.answers import NOT_ALLOWED, ONLY_IN_SERVERS
from app.discord.client import MynahBot
from app.discord.messages import Talk, place_of
from app.discord.permissions import may_speak_to, seen_by
from app.discord.ports import MessagePlace
from app.discord.texts import pages
from app.service.digest import Digest

NOT_YOURS_TO_SEE = "You cannot read the past messages of that channel."
NOT_LISTENED = (
    "I do not listen to {channel}, so I know none of its messages. A moderator can"
    " change that with `/listen add`."
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
                description="Hours to look back. Left out: since your last message.",
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
                description="A different channel.",
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
        with self._one_at_a_time(person.id):
            await context.defer(ephemeral=True)
            if not await seen_by(person, [asked.id], here):
                raise discord.CheckFailure(NOT_YOURS_TO_SEE)
            found = await self.bot.ports.messages.digest(place, person.id, hours)
        await self._answer(context, found, asked.mention, place)

    @contextmanager
    def _one_at_a_time(self, person: int) -> Iterator[None]:
        """Refuse a second wish of somebody until this block ends."""
        if person in self._busy:
            raise discord.CheckFailure(STILL_AT_IT)
        self._busy.add(person)
        try:
            yield
        finally:
            self._busy.discard(person)

    async def _answer(
        self,
        context: discord.ApplicationContext,
        found: Digest | None,
        channel: str,
        place: MessagePlace,
    ) -> None:
        if found is None:
            text = NOT_LISTENED.format(channel=channel)
            await answers.respond(context, text, is_hidden=True)
            return
        link = f"https://discord.com/channels/{place.guild}/{place.channel}"
        for page in pages(digest_lines(found, channel, link)):
            await answers.respond(context, page, is_hidden=True)
