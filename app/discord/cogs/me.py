"""A member's own portrait: `/me`."""

from typing import Annotated

import discord

from app.core.labels import many
from app.discord import answers
from app.discord.answers import ONLY_IN_SERVERS, place_here
from app.discord.client import MynahBot
from app.discord.texts import pages, quote, told_alone
from app.service.words.member_portrait import Portrait, ShownFact

NOTHING = "I know nothing that you told of yourself."
IS_OFF = (
    "This server does not want me to note what members tell of themselves:"
    " `memory.people` in `/config`."
)
UNUSED = "I note no more, and use none of it now."

Number = Annotated[
    int, discord.Option(int, description="Its number in /me show.", min_value=1)
]


class MeCog(discord.Cog):
    """Showing, correcting and deleting what a member told of themselves."""

    me = discord.SlashCommandGroup(
        "me",
        "See, correct or delete what I know of you.",
        contexts={discord.InteractionContextType.guild},
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @me.command(name="show", description="Show what I know of you; only you see it.")
    async def show(self, context: discord.ApplicationContext) -> None:
        """Show the asker's portrait."""
        await context.defer(ephemeral=True)
        members, guild = self.bot.ports.members, _guild_id(context)
        portrait = await members.portrait(guild, context.author.id)
        lines = _lines(portrait)
        if portrait.is_on and portrait.facts:
            config = await self.bot.ports.guilds.settings(place_here(context))
            lines[-1] = told_alone(lines[-1], config, "no reply uses it now")
        for page in pages(lines):
            await answers.respond(context, page, is_hidden=True)

    @me.command(name="correct", description="Correct something that I know of you.")
    async def correct(
        self,
        context: discord.ApplicationContext,
        number: Number,
        value: Annotated[
            str, discord.Option(str, description="The true value.", max_length=60)
        ],
    ) -> None:
        """Give a fact another value."""
        await context.defer(ephemeral=True)
        members, guild = self.bot.ports.members, _guild_id(context)
        await members.correct_fact(guild, context.author.id, number, value)
        text = f"I know better now: {quote(value)}."
        await answers.respond(context, text, is_hidden=True)

    @me.command(name="delete", description="Delete something that I know of you.")
    async def delete(
        self,
        context: discord.ApplicationContext,
        number: Annotated[
            int,
            discord.Option(
                int, description="Its number in /me show; 0 is all.", min_value=0
            ),
        ],
    ) -> None:
        """Delete a fact, or all."""
        await context.defer(ephemeral=True)
        members, guild = self.bot.ports.members, _guild_id(context)
        gone = await members.forget_fact(guild, context.author.id, number)
        text = f"Deleted: {many(gone, 'fact')}. Your messages stay as they are."
        await answers.respond(context, text, is_hidden=True)


def _lines(portrait: Portrait) -> list[str]:
    lines = [_line(at, one) for at, one in enumerate(portrait.facts, 1)]
    if not portrait.is_on:
        lines = [IS_OFF, *lines, *([UNUSED] if lines else [])]
    elif not lines:
        lines = [NOTHING]
    if portrait.talks_with:
        names = ", ".join(quote(name) for name, _ in portrait.talks_with)
        lines.append(f"You answer these people most: {names}.")
    if portrait.words:
        lines.append(f"Words of yours: {quote(', '.join(portrait.words), 300)}.")
    return lines


def _line(number: int, one: ShownFact) -> str:
    where = f" https://discord.com/channels/{one.link}" if one.link else ""
    told = f" ({many(one.messages, 'message')})" if one.messages > 1 else ""
    return f"{number}. {quote(one.title)}: **{quote(one.value)}**{told}{where}"


def _guild_id(context: discord.ApplicationContext) -> int:
    if context.guild_id is None:
        raise discord.CheckFailure(ONLY_IN_SERVERS)
    return context.guild_id
