"""A server's lorebook: `/lore`."""

from typing import Annotated

import discord

from app.core.labels import many
from app.core.names import is_same
from app.discord import answers
from app.discord.answers import place_here
from app.discord.client import MynahBot
from app.discord.permissions import may_manage, require_manager
from app.discord.texts import cut, pages, quote, told_alone
from app.service.given.lorebooks import (
    MOST_NAME_CHARS,
    MOST_TEXT_CHARS,
    MOST_WORD_CHARS,
    MOST_WORDS,
)
from app.store.rows import StoredLoreEntry

MAX_SUGGESTIONS = 25
SHOWN_CHARS = 60

NONE = "There is no entry yet. `/lore add` writes one."
NO_SUCH = "There is no entry {}. `/lore list` shows all."


async def suggest_entries(context: discord.AutocompleteContext) -> list[str]:
    """Return names of entries that contain the typed text, to those who may read."""
    typed, bot = str(context.value or "").casefold(), context.bot
    author, guild = context.interaction.user, context.interaction.guild_id
    if not isinstance(bot, MynahBot) or author is None or guild is None:
        return []
    if not may_manage(author, bot.settings):
        return []
    names = [entry.name for entry in await bot.ports.guilds.lore(guild)]
    return [name for name in names if typed in name.casefold()][:MAX_SUGGESTIONS]


Name = Annotated[
    str,
    discord.Option(
        str,
        description="The name of the entry.",
        max_length=MOST_NAME_CHARS,
        autocomplete=suggest_entries,
    ),
]


class LoreCog(discord.Cog):
    """Writing, showing and removing the facts that replies of a server know."""

    lore = discord.SlashCommandGroup(
        "lore",
        "For moderators: what my replies know of this server.",
        contexts={discord.InteractionContextType.guild},
    )

    def __init__(self, bot: MynahBot) -> None:
        self.bot = bot

    @lore.command(
        name="add", description="Tell my replies something when a talk comes to it."
    )
    async def add(
        self,
        context: discord.ApplicationContext,
        name: Name,
        text: Annotated[
            str,
            discord.Option(
                str, description="The text for my replies.", max_length=MOST_TEXT_CHARS
            ),
        ],
        words: Annotated[
            str,
            discord.Option(
                str,
                description="Words that bring it up, with commas; * always. Left out:"
                " the meaning of a talk.",
                max_length=MOST_WORDS * (MOST_WORD_CHARS + 2),
            ),
        ] = "",
    ) -> None:
        """Write an entry, or replace the one of that name."""
        guild, guilds = self._guild(context), self.bot.ports.guilds
        entry = await guilds.add_lore(guild, name, words.split(","), text)
        config = await guilds.settings(place_here(context))
        told = f"My replies now know this.\n{_line(entry)}"
        told = told_alone(told, config, "nothing reads it now")
        await answers.respond(context, told, is_hidden=True)

    @lore.command(name="list", description="List the entries.")
    async def list_all(self, context: discord.ApplicationContext) -> None:
        """List the entries, for the person who asks alone."""
        entries = await self.bot.ports.guilds.lore(self._guild(context))
        lines = [f"{many(len(entries), 'entry')}:", *map(_line, entries)]
        for page in pages(lines) if entries else [NONE]:
            await answers.respond(context, page, is_hidden=True)

    @lore.command(name="show", description="Show an entry.")
    async def show(self, context: discord.ApplicationContext, name: Name) -> None:
        """Show one entry whole."""
        entries = await self.bot.ports.guilds.lore(self._guild(context))
        found = [entry for entry in entries if is_same(entry.name, name)]
        if not found:
            raise discord.CheckFailure(NO_SUCH.format(quote(name)))
        text = f"{_head(found[0])}\n> {quote(found[0].text, MOST_TEXT_CHARS)}"
        await answers.respond(context, cut(text), is_hidden=True)

    @lore.command(name="remove", description="Remove an entry.")
    async def remove(self, context: discord.ApplicationContext, name: Name) -> None:
        """Remove one entry."""
        guild = self._guild(context)
        entry = await self.bot.ports.guilds.remove_lore(guild, name)
        text = f"My replies no longer know {quote(entry.name)}."
        await answers.respond(context, text, is_hidden=True)

    def _guild(self, context: discord.ApplicationContext) -> int:
        """Return the server of a command that is for moderators."""
        require_manager(context.author, self.bot.settings)
        return place_here(context).guild


def _head(entry: StoredLoreEntry) -> str:
    words = ", ".join(map(quote, entry.words)) or "by meaning"
    book = f", from {quote(entry.book)}" if entry.book else ""
    return f"**{quote(entry.name)}** ({words}{book})"


def _line(entry: StoredLoreEntry) -> str:
    return f"- {cut(_head(entry), 300)}: {quote(entry.text, SHOWN_CHARS)}"
