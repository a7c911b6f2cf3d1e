"""The personas of a guild: written by hand, or taken from character cards."""

import asyncio
from dataclasses import dataclass

from app.core.names import GuildId
from app.service.app_context import AppContext
from app.service.given.character_cards import CharacterCard, character_of
from app.settings.setting_keys import check
from app.store import settings
from app.store.given import lore

NAME, PERSONA = "bot.name", "reply.persona"


@dataclass(frozen=True)
class Persona:
    """The persona of a guild, or of a channel of it."""

    name: str
    about: str
    entries: int
    """The entries of the lorebook that came with its card."""


async def persona_of(context: AppContext, guild: GuildId, channel: int = 0) -> Persona:
    """Return the persona of a guild, or of a channel (row)."""
    config = await context.settings.of(guild, channel)
    stored = await context.lorebooks.entries(guild)
    name = config.bot.name
    count = sum(entry.book == name for entry in stored)
    return Persona(name, config.reply.persona, count)


async def take_card(
    context: AppContext, guild: GuildId, data: bytes, channel: int = 0
) -> CharacterCard:
    """Give a guild, or a channel (row) alone, the persona and lore of a card.

    Raises:
        AppError: If the file is no card, or its lorebook has no room; then nothing is
            changed.
    """
    card = await asyncio.to_thread(character_of, data)
    kept = await _names_elsewhere(context, guild, channel)
    await context.lorebooks.put_card(guild, card.name, card.lore, kept)
    change = context.settings.change
    await change(PERSONA, card.persona or None, guild, channel)
    await change(NAME, card.name, guild, channel)
    return card


async def drop_persona(
    context: AppContext, guild: GuildId, channel: int = 0
) -> Persona:
    """Take the persona of a guild, or of a channel, away with its card's lore."""
    gone = await persona_of(context, guild, channel)
    for name in (PERSONA, NAME):
        await context.settings.change(name, None, guild, channel)
    kept = await _names_elsewhere(context, guild, channel)
    await context.lorebooks.put_card(guild, lore.OWN, [], kept)
    return gone


def checked_dial(dial: int | None) -> int | None:
    """Return a dial that is one.

    Raises:
        ConfigError: If it is not.
    """
    return None if dial is None else int(str(check("reply.dial", dial)))


async def _names_elsewhere(
    context: AppContext, guild: GuildId, channel: int
) -> list[str]:
    """Return names of the bot in other places of a guild, and of its characters."""
    named = await context.database.run(settings.values_of, guild, NAME)
    names = [str(name) for place, name in named.items() if place != channel]
    return [*names, *(one.name for one in await context.cast.of(guild))]
