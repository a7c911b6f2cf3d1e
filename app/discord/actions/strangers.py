"""Leaves servers that are not on the owner's list, or keeps silent there."""

import logging
from collections.abc import Callable

import aiohttp
import discord

from app.core.supervisor import Troubles
from app.settings.speech_rules import is_listed
from app.settings.speech_sections import BotSettings

log = logging.getLogger(__name__)

NOT_LISTED = "this server is not on the owner's list"
SILENT_HERE = "I keep silent here, as this server is not on my owner's list."
HINT = (
    "Add its id to `bot.servers`, or let the bot leave such servers with"
    " `bot.other_servers`."
)
STAYS = "Remove the bot there; until then, it tries again every five minutes."

LEAVE_AGAIN_SECONDS = 300.0
"""The time before it tries again to leave a server."""


class Strangers:
    """Servers that the owner did not list."""

    def __init__(
        self,
        settings: Callable[[], BotSettings],
        troubles: Troubles,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._troubles = troubles
        self._clock = clock
        self._tried: dict[int, float] = {}
        """When it last tried to leave a server, if it could not."""

    def is_one(self, guild: int) -> bool:
        """Return whether the bot must be silent on a server (Discord's id)."""
        return not is_listed(self._settings().servers, guild)

    async def look(self, guild: discord.Guild) -> bool:
        """Leave a server that is not listed, or tell the owner; return if it is one."""
        name = f"server {guild.id}"
        if not self.is_one(guild.id):
            self._troubles.end(name)
            self._tried.pop(guild.id, None)
            return False
        called = f"{guild.name or 'A server'} ({guild.id})"
        if self._settings().other_servers != "leave":
            detail = f"The bot is silent on {called}, which is not on your list."
            self._troubles.begin(name, detail, HINT)
            return True
        if self._clock() - self._tried.get(guild.id, 0.0) < LEAVE_AGAIN_SECONDS:
            return True
        self._tried[guild.id] = self._clock()
        try:
            await guild.leave()
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            detail = f"The bot could not leave {called}: {error}."
            self._troubles.begin(name, detail, STAYS)
        else:
            del self._tried[guild.id]
            log.warning("The bot left %s, which is not on the owner's list", called)
            self._troubles.end(name)
        return True
