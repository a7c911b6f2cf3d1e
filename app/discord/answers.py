"""The one way out of answers to commands, buttons and menus: no ping, no secret."""

import logging
from collections.abc import Sequence
from typing import Protocol

import aiohttp
import discord

from app.chat.postprocess import neutralise
from app.core.errors import AppError
from app.discord.messages import Talk, place_of
from app.discord.ports import MessagePlace
from app.discord.safe_sender import reference_to

log = logging.getLogger(__name__)

NOT_ALLOWED = "You do not have permission for this action."
ONLY_IN_SERVERS = "This only works in a server."

Sent = discord.Interaction | discord.WebhookMessage
"""Discord has one for the first answer to a command, the other for later ones."""


class Changeable(Protocol):
    """A message of the bot."""

    async def edit(self, *, content: str | None) -> object: ...


class Endable(Protocol):
    """A message of the bot that loses its buttons."""

    async def edit(self, *, content: str | None, view: None) -> object: ...


async def respond(
    context: discord.ApplicationContext | discord.Interaction,
    text: str,
    *,
    is_hidden: bool = False,
    view: discord.ui.View | None = None,
    files: Sequence[discord.File] = (),
    tts: bool = False,
) -> Sent:
    """Answer a command, or another interaction.

    Args:
        is_hidden: Only the person who asked sees it.
        view: Buttons or a menu.
    """
    safe, sent = neutralise(text)[0], list(files)
    if view is None:
        # py-cord fails over a view of None where nobody else sees the answer.
        return await context.respond(safe, ephemeral=is_hidden, tts=tts, files=sent)
    return await context.respond(
        safe, ephemeral=is_hidden, tts=tts, files=sent, view=view
    )


Shown = discord.InteractionMessage | discord.WebhookMessage
"""The message of the bot that an answer became."""


async def message_of(sent: Sent | Shown) -> Shown:
    """Return the message that an answer became."""
    if isinstance(sent, discord.Interaction):
        return await sent.original_response()
    return sent


async def reply(
    message: discord.Message, text: str, view: discord.ui.View | None = None
) -> discord.Message:
    """Answer a command that was typed as a message."""
    channel = message.channel
    to = reference_to(channel, message.id) if isinstance(channel, Talk) else None
    # py-cord's types do not allow None for these two, though it is valid.
    return await channel.send(
        neutralise(text)[0],
        reference=to,  # type: ignore[arg-type]
        view=view,  # type: ignore[arg-type]
    )


async def change(told: Changeable, text: str) -> None:
    """Put other words into an answer."""
    await told.edit(content=neutralise(text)[0])


async def finish(told: Endable, text: str) -> None:
    """Put other words into an answer, and take its buttons away."""
    await told.edit(content=neutralise(text)[0], view=None)


async def replace(
    interaction: discord.Interaction, text: str, view: discord.ui.View | None = None
) -> None:
    """Put other words, and another menu or none, where somebody pressed a button."""
    await interaction.response.edit_message(content=neutralise(text)[0], view=view)


async def refuse(interaction: discord.Interaction, text: str) -> None:
    """Answer a button with words that only the person who pressed it sees."""
    await interaction.response.send_message(neutralise(text)[0], ephemeral=True)


def place_here(context: discord.ApplicationContext) -> MessagePlace:
    """Return the place of a command.

    Raises:
        CheckFailure: If that is outside a server.
    """
    place = place_of(context.channel)
    if place is None:
        raise discord.CheckFailure(ONLY_IN_SERVERS)
    return place


async def answer_error(
    asked: discord.ApplicationContext | discord.Interaction | discord.Message,
    error: Exception,
) -> None:
    """Tell the person in words what went wrong, if possible to them alone."""
    try:
        if isinstance(asked, discord.Message):
            await reply(asked, _in_words(error))
        else:
            await respond(asked, _in_words(error), is_hidden=True)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as untold:
        # Mostly the three seconds are over in which Discord takes an answer.
        log.warning("A command's failure could not be told: %s", untold)


def _in_words(error: Exception) -> str:
    cause = getattr(error, "original", error)
    if isinstance(error, discord.CheckFailure):
        return str(error) or NOT_ALLOWED
    if isinstance(cause, AppError):
        return str(cause)
    if isinstance(cause, discord.Forbidden):
        return "Discord does not let me do that here; check my permissions."
    if isinstance(cause, aiohttp.ClientError | ConnectionError | TimeoutError):
        log.warning("A command failed: %s", cause)
        return "I lost the connection to Discord. Try again in a moment."
    log.error("A command failed", exc_info=cause)
    return "Something went wrong on my side. The owner can find the reason in the log."
