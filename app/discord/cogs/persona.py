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
from app.discord.texts import cut, pages, quote, told_alone
from app.service.given.card_file import MOST_BYTES
from app.service.given.character_cards import CharacterCard
from app.service.given.personas import Persona
from app.store.rows import StoredCharacter

GONE = "Discord does not give me {name} any more. Attach it again."
TOO_LARGE = f"A card has at most {MOST_BYTES >> 20} MB."
PERSONA_CHARS = 900
NOBODY = "There is no character beside me. `/persona add` adds one."


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
        place, data = self._place(context), await _read(context, card)
        take = self.bot.ports.guilds.take_card
        taken = await take(place, data, channel_only=channel)
        await self._tell(context, place, taken)

    @persona.command(
        name="add", description="Add a character that is called by its name."
    )
    async def add(
        self,
        context: discord.ApplicationContext,
        card: Annotated[
            discord.Attachment,
            discord.Option(discord.Attachment, description="The card, PNG or JSON."),
        ],
        channel: ChannelAlone = False,
        dial: Annotated[
            int | None,
            discord.Option(
                int,
                description="Its own voice dial.",
                min_value=0,
                max_value=100,
                required=False,
                default=None,
            ),
        ] = None,
    ) -> None:
        """Add a character beside the bot itself."""
        place, data = self._place(context), await _read(context, card)
        add = self.bot.ports.guilds.add_character
        taken = await add(place, data, channel_only=channel, dial=dial)
        await self.bot.delivery.hooks.tidy(place.guild)
        await self._tell(context, place, taken)

    async def _tell(
        self,
        context: discord.ApplicationContext,
        place: MessagePlace,
        taken: CharacterCard,
    ) -> None:
        """Say what was taken from a card, and what counts of it."""
        config = await self.bot.ports.guilds.settings(place)
        effect = "only its name and rules of case and length count"
        await answers.respond(context, told_alone(_taken(taken), config, effect))

    @persona.command(name="list", description="List the characters beside me.")
    async def list_all(self, context: discord.ApplicationContext) -> None:
        """List the characters that are called by their names."""
        place = self._place(context)
        there = await self.bot.ports.guilds.cast(place.guild)
        lines = [_character(one) for one in there] or [NOBODY]
        for page in pages(lines):
            await answers.respond(context, page, is_hidden=True)

    @persona.command(name="dismiss", description="Remove a character.")
    async def dismiss(
        self,
        context: discord.ApplicationContext,
        name: Annotated[str, discord.Option(str, description="Its name.")],
    ) -> None:
        """Remove a character, and what came with its card."""
        place = self._place(context)
        gone = await self.bot.ports.guilds.dismiss(place.guild, name)
        await self.bot.delivery.hooks.tidy(place.guild)
        await answers.respond(context, f"{quote(gone.name)} has left.")

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


async def _read(context: discord.ApplicationContext, card: discord.Attachment) -> bytes:
    """Return a card's bytes, once Discord knows that an answer comes.

    Raises:
        CheckFailure: If it is too large, or Discord does not have it any more.
    """
    if card.size > MOST_BYTES:
        raise discord.CheckFailure(TOO_LARGE)
    await context.defer()
    try:
        return await card.read()
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        gone = GONE.format(name=quote(card.filename))
        raise discord.CheckFailure(gone) from error


def _taken(card: CharacterCard) -> str:
    text = _shown(Persona(card.name, card.persona, len(card.lore)))
    if card.unused:
        text += f"\nNot used: {quote('; '.join(card.unused), 400)}."
    return cut(text)


def _character(one: StoredCharacter) -> str:
    where = many(len(one.channels), "channel") if one.channels else "all channels"
    dial = "" if one.dial is None else f", voice {one.dial} %"
    return f"- **{quote(one.name)}** ({where}{dial}): {quote(one.about)}"


def _shown(persona: Persona) -> str:
    about = quote(persona.about, PERSONA_CHARS) or "I have no persona here."
    text = f"**{quote(persona.name)}**: {about}"
    if persona.entries:
        text += f"\nThe card gave my lorebook {many(persona.entries, 'entry')}."
    return text
