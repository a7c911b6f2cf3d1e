"""Tells whether the owner wants the bot on a server."""

from app.settings.speech_sections import BotSettings


def is_listed(bot: BotSettings, guild: str | int | None) -> bool:
    """Return whether a server (Discord's id) is on the owner's list.

    An empty list means every server; one that is not on Discord is the owner's own.
    """
    return not bot.servers or guild is None or str(guild) in bot.servers
