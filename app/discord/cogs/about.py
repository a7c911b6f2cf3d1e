"""The bot's answers about itself: `/help`, `/invite`, `/why` and `/quiet`."""

from dataclasses import replace
from typing import Annotated

import discord

from app.core.time_units import parse_silence
from app.discord import answers
from app.discord.actions.why_texts import decision_text, earlier_text
from app.discord.answers import ONLY_IN_SERVERS
from app.discord.client import MynahBot
from app.discord.messages import Action, place_of
from app.discord.permissions import require_manager
from app.discord.ports import MessagePlace
from app.discord.talk.direct_talk import NO_SERVER
from app.discord.texts import (
    direct_help_text,
    help_text,
    invite_text,
    pages,
)
from app.service.handlers.channel_actions import whole

SHOWN_DECISIONS = 5
NO_CALL = "I have seen no message and no call in this channel."
IN_GUILDS = {discord.InteractionContextType.guild}


class AboutCog(discord.Cog):
    """Help, the invitation, and the reasons for speaking or keeping quiet."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.slash_command(name="help", description="Show how to use this bot.")
    async def help(self, context: discord.ApplicationContext) -> None:
        """Show help for this place."""
        place = place_of(context.channel)
        if place is None:
            await context.defer()
            await answers.respond(context, await self._direct_help(context.author))
            return
        await answers.respond(context, await self._help(place))

    @discord.slash_command(name="invite", description="Get the invite link.")
    async def invite(self, context: discord.ApplicationContext) -> None:
        """Show the link that invites the bot to another server."""
        await answers.respond(context, self._invite())

    @discord.slash_command(
        name="why",
        description="Show why the bot recently spoke or kept quiet here.",
        contexts=IN_GUILDS,
    )
    async def why(self, context: discord.ApplicationContext) -> None:
        """Show the last decisions of this channel, visible only to the asker."""
        place, replies = answers.place_here(context), self.bot.ports.replies
        speak = (await self.bot.ports.guilds.settings(place)).speak
        judged = self.bot.speaker.judged
        here = [one for one in judged if one.channel == place.channel]
        lines = []
        for one in here[-SHOWN_DECISIONS:]:
            tuned = refusal = ""
            if one.decision.speak:
                tuned = await self.bot.ports.records.how_tuned(one.message)
                refusal = await replies.refusal(one.message)
            name = speak.sayable_name(one.author_name)
            lines.append(decision_text(name, one.decision, tuned, refusal))
        if len(lines) < SHOWN_DECISIONS:
            known = {one.message for one in here}
            # From before it started.
            lines = [
                earlier_text(replace(one, name=speak.sayable_name(one.name)))
                for one in await replies.earlier(place)
                if one.trigger not in known
            ] + lines
        text = pages([f"- {line}" for line in lines[-SHOWN_DECISIONS:]]) or [NO_CALL]
        await answers.respond(context, text[0], is_hidden=True)

    @discord.slash_command(
        name="quiet",
        description="Keep quiet for a while, here or everywhere; off ends the silence.",
        contexts=IN_GUILDS,
    )
    async def quiet(
        self,
        context: discord.ApplicationContext,
        time: Annotated[
            str, discord.Option(str, description="For example 30m, 8h or off.")
        ] = "1h",
        server: Annotated[
            bool, discord.Option(bool, description="In the whole server.")
        ] = False,
    ) -> None:
        """Silence everything except commands."""
        place = answers.place_here(context)
        require_manager(context.author, self.bot.settings)
        seconds = parse_silence(time)
        if seconds is None:
            await answers.respond(
                context, "Please write 30m, 8h, 1d or off.", is_hidden=True
            )
            return
        where = whole(str(place.guild)) if server else str(place.root)
        until = int(self.bot.speaker.silences.begin(where, seconds))
        here = "in this server" if server else "here"
        text = (
            f"I will keep quiet {here} until <t:{until}:t>."
            if seconds
            else "I may speak again."
        )
        await answers.respond(context, text)

    @discord.Cog.listener()
    async def on_typed_command(self, message: discord.Message, action: Action) -> None:
        """Carry out the message forms: `!mark help` and `!mark invite`."""
        if action == "help":
            await answers.reply(message, await self._help(place_of(message.channel)))
        elif action == "invite":
            await answers.reply(message, self._invite())

    async def _help(self, place: MessagePlace | None) -> str:
        if place is None:
            raise discord.CheckFailure(ONLY_IN_SERVERS)
        config = await self.bot.ports.guilds.settings(place)
        listened = await self.bot.ports.guilds.learning_channels(place.guild)
        return help_text(self.bot.settings, config, len(listened), self._name)

    async def _direct_help(self, person: discord.User | discord.Member) -> str:
        refusal = self.bot.direct.refusal(person)
        if refusal:
            return direct_help_text(self._name, refusal)
        shared = await self.bot.direct.shared(person)
        member = await self.bot.direct.speaker(person)
        names = [one.guild.name for one in shared]
        voice = member.guild.name if member else ""
        return direct_help_text(
            self._name, NO_SERVER if not voice else "", voice, names
        )

    def _invite(self) -> str:
        return invite_text(self.bot.application_id or 0, self._name)

    @property
    def _name(self) -> str:
        return self.bot.user.display_name if self.bot.user else "Mynah"
