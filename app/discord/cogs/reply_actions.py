"""Stops a reply, and asks for another one in its place: commands and buttons."""

import discord

from app.discord import answers
from app.discord.actions.again import (
    NOT_YOURS,
    again_for,
    may_steer,
    replace_reply,
)
from app.discord.actions.reply_buttons import AGAIN, stopped_by
from app.discord.actions.under_way import ReplyUnderWay
from app.discord.answers import ONLY_IN_SERVERS, answer_error
from app.discord.client import MynahBot
from app.discord.messages import Talk, place_of
from app.discord.permissions import Person

IN_GUILDS = {discord.InteractionContextType.guild}
NOTHING_TO_STOP = "I am not writing anything here."
NO_REPLY = "I have not replied in this channel yet."
STOPPED = "Stopped."


class ReplyActionsCog(discord.Cog):
    """`/stop` and `/again`, and the buttons that do the same."""

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @discord.slash_command(
        name="stop",
        description="Stop the reply that the bot is writing here.",
        contexts=IN_GUILDS,
    )
    async def stop(self, context: discord.ApplicationContext) -> None:
        """Stop what the person may stop in this channel."""
        found = self.bot.delivery.under_way.here(context.channel_id or 0)
        text = self._stop(context.author, found)
        await answers.respond(context, text, is_hidden=True)

    @discord.slash_command(
        name="again",
        description="Replace the bot's last reply here with another one.",
        contexts=IN_GUILDS,
    )
    async def again(self, context: discord.ApplicationContext) -> None:
        """Make another version of the last reply in this channel."""
        place, channel = place_of(context.channel), context.channel
        if place is None or not isinstance(channel, Talk):
            raise discord.CheckFailure(ONLY_IN_SERVERS)
        await context.defer(ephemeral=True)
        last = await self.bot.ports.replies.last_sent(place)
        if last is None:
            raise discord.CheckFailure(NO_REPLY)
        try:
            message = await channel.fetch_message(last)
        except discord.NotFound:
            raise discord.CheckFailure(NO_REPLY) from None
        await again_for(self.bot, context, message)

    @discord.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Carry out a press of a button, also of one from before a restart."""
        guild = interaction.guild
        if interaction.type is not discord.InteractionType.component:
            return
        if guild is None or self.bot.strangers.is_one(guild.id):
            # The bot itself tells the person why it does nothing.
            return
        custom_id = interaction.custom_id or ""
        trigger = stopped_by(custom_id)
        try:
            if trigger is not None:
                await self._press_stop(interaction, trigger)
            elif custom_id == AGAIN:
                await self._press_again(interaction)
        except discord.DiscordException as error:
            await answer_error(interaction, error)

    async def _press_stop(self, interaction: discord.Interaction, trigger: int) -> None:
        found = self.bot.delivery.under_way.find(trigger)
        if found is not None:
            text = self._stop(interaction.user, [found])
            if text != STOPPED:
                await answers.refuse(interaction, text)
            else:
                # The end of the reply takes the button away.
                await interaction.response.defer(invisible=True)
            return
        message = interaction.message
        if message and await self.bot.ports.records.find_reply(message.id) is None:
            # A restart ended that reply.
            await answers.replace(interaction, message.content)
        await answers.respond(interaction, NOTHING_TO_STOP, is_hidden=True)

    async def _press_again(self, interaction: discord.Interaction) -> None:
        message, person = interaction.message, interaction.user
        if message is None or person is None:
            return
        await interaction.response.defer(invisible=True)
        if interaction.guild is not None:
            await self.bot.know_channels(interaction.guild)
        await replace_reply(self.bot, message, person, interaction.id)

    def _stop(self, person: Person | None, found: list[ReplyUnderWay]) -> str:
        """Stop those replies that a person may stop; return what to say about it."""
        if not found or person is None:
            return NOTHING_TO_STOP
        own = [one for one in found if may_steer(person, one.asker, self.bot)]
        for one in own:
            one.halt.want()
        return STOPPED if own else NOT_YOURS
