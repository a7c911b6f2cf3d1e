"""The personas of a guild: written by hand, or taken from character cards."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.names import GuildId
from app.service.app_context import AppContext
from app.service.given.character_cards import CharacterCard, character_of
from app.settings.setting_keys import check, from_text
from app.store import settings
from app.store.given import lore
from app.store.rows import StoredLoreEntry

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
    with_card = context.lorebooks.with_card
    every = await with_card(guild, card.name, card.lore, kept)
    values = {PERSONA: card.persona or None, NAME: card.name}
    await _put(context, guild, channel, every, values)
    return card


async def drop_persona(
    context: AppContext, guild: GuildId, channel: int = 0
) -> Persona:
    """Take the persona of a guild, or of a channel, away with its card's lore."""
    gone = await persona_of(context, guild, channel)
    kept = await _names_elsewhere(context, guild, channel)
    every = await context.lorebooks.with_card(guild, lore.OWN, [], kept)
    await _put(context, guild, channel, every, {PERSONA: None, NAME: None})
    return gone


async def _put(
    context: AppContext,
    guild: GuildId,
    channel: int,
    entries: Sequence[StoredLoreEntry],
    values: Mapping[str, str | None],
) -> None:
    """Store a persona and the guild's whole book, both or neither.

    Raises:
        ConfigError: If a value does not fit.
    """
    checked = {
        name: None if text is None else from_text(name, text)
        for name, text in values.items()
    }
    run = context.database.run
    await run(lore.put_persona, guild, entries, channel, checked)
    context.settings.drop(guild)
    await context.lorebooks.look_again(guild)


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
