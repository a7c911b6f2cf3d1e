"""A server's persona, also from a character card: `/persona`."""

from typing import Annotated

import aiohttp
import discord

from app.core.labels import many
from app.discord import answers
from app.discord.answers import place_here
from app.discord.client import MynahBot
from app.discord.permissions import require_manager
from app.discord.ports import MessagePlace
from app.discord.texts import cut, quote
from app.service.given.card_file import MOST_BYTES
from app.service.given.personas import Persona

GONE = "Discord does not give me {name} any more. Attach it again."
TOO_LARGE = f"A card has at most {MOST_BYTES >> 20} MB."
PERSONA_CHARS = 900


ChannelAlone = Annotated[
    bool,
    discord.Option(bool, description="Only for this channel, not the whole server."),
]


class PersonaCog(discord.Cog):
    """Showing, taking and removing a server's persona."""

    persona = discord.SlashCommandGroup(
        "persona",
        "For moderators: my character in this server.",
        contexts={discord.InteractionContextType.guild},
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @persona.command(name="show", description="Show my character here.")
    async def show(self, context: discord.ApplicationContext) -> None:
        """Show name and persona of the channel."""
        place = self._place(context)
        persona = await self.bot.ports.guilds.persona(place, channel_only=True)
        await answers.respond(context, _shown(persona), is_hidden=True)

    @persona.command(
        name="import",
        description="Become the character of a card, such as SillyTavern's.",
    )
    async def take(
        self,
        context: discord.ApplicationContext,
        card: Annotated[
            discord.Attachment,
            discord.Option(discord.Attachment, description="The card, PNG or JSON."),
        ],
        channel: ChannelAlone = False,
    ) -> None:
        """Take name, persona and lorebook from a card."""
        place = self._place(context)
        if card.size > MOST_BYTES:
            raise discord.CheckFailure(TOO_LARGE)
        await context.defer()
        try:
            data = await card.read()
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            await answers.respond(context, GONE.format(name=quote(card.filename)))
            return
        take = self.bot.ports.guilds.take_card
        taken = await take(place, data, channel_only=channel)
        text = _shown(Persona(taken.name, taken.persona, len(taken.lore)))
        if taken.unused:
            text += f"\nNot used: {quote('; '.join(taken.unused), 400)}."
        await answers.respond(context, cut(text))

    @persona.command(name="remove", description="Be myself again.")
    async def remove(
        self, context: discord.ApplicationContext, channel: ChannelAlone = False
    ) -> None:
        """Take the persona away, and what came with its card."""
        drop = self.bot.ports.guilds.drop_persona
        gone = await drop(self._place(context), channel_only=channel)
        text = f"I am myself again, and no longer {quote(gone.name)}."
        await answers.respond(context, text)

    def _place(self, context: discord.ApplicationContext) -> MessagePlace:
        """Return the place of a command that is for moderators."""
        require_manager(context.author, self.bot.settings)
        return place_here(context)


def _shown(persona: Persona) -> str:
    about = quote(persona.about, PERSONA_CHARS) or "I have no persona here."
    text = f"**{quote(persona.name)}**: {about}"
    if persona.entries:
        text += f"\nThe card gave my lorebook {many(persona.entries, 'entry')}."
    return text
