"""Explains failed commands to people; the bug itself goes to the log."""

import logging

import aiohttp
import discord

from app.chat.postprocess import neutralise
from app.core.errors import AppError

log = logging.getLogger(__name__)

NOT_ALLOWED = "You do not have permission for this action."
OWNERS_ONLY = "Only the owner of this bot may change that."
ONLY_IN_SERVERS = "This only works in a server."


async def answer_error(
    context: discord.ApplicationContext | discord.Interaction,
    error: discord.DiscordException,
) -> None:
    """Tell the person in words what went wrong, visible only to them."""
    try:
        await context.respond(neutralise(_in_words(error))[0], ephemeral=True)
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
    log.error("A command failed", exc_info=cause)
    return "Something went wrong on my side. The owner can find the reason in the log."
