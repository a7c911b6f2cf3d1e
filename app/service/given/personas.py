"""The persona of a guild: written by hand, or taken from a character card."""

import asyncio
from dataclasses import dataclass

from app.core.names import GuildId
from app.service.app_context import AppContext
from app.service.given.character_cards import CharacterCard, character_of
from app.store.given import lore

NAME, PERSONA = "bot.name", "reply.persona"


@dataclass(frozen=True)
class Persona:
    """A guild's persona."""

    name: str
    about: str
    entries: int
    """The entries of the lorebook that came with its card."""


async def persona_of(context: AppContext, guild: GuildId) -> Persona:
    """Return a guild's persona."""
    config = await context.settings.of(guild)
    stored = await context.lorebooks.entries(guild)
    count = sum(entry.book != lore.OWN for entry in stored)
    return Persona(config.bot.name, config.reply.persona, count)


async def take_card(context: AppContext, guild: GuildId, data: bytes) -> CharacterCard:
    """Give a guild the name, the persona and the lorebook of a character card.

    Raises:
        AppError: If the file is no card, or its lorebook has no room; then nothing is
            changed.
    """
    card = await asyncio.to_thread(character_of, data)
    await context.lorebooks.put_card(guild, card.name, card.lore)
    await context.settings.change(PERSONA, card.persona or None, guild)
    await context.settings.change(NAME, card.name, guild)
    return card


async def drop_persona(context: AppContext, guild: GuildId) -> Persona:
    """Take a guild's persona away, with what came with its card, and return it."""
    gone = await persona_of(context, guild)
    await context.lorebooks.put_card(guild, lore.OWN, [])
    for name in (PERSONA, NAME):
        await context.settings.change(name, None, guild)
    return gone
