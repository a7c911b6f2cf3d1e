"""Handlers for a server's lorebook."""

from dataclasses import asdict

from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker


class LoreHandlers:
    """Answers the requests about the entries of lorebooks."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def lore(self, asker: Asker, request: control.Lore) -> control.LoreReply:
        """Return a server's entries."""
        guild = await self._context.guild(request.guild)
        stored = await self._context.lorebooks.entries(guild.id)
        return control.LoreReply([control.ShownLore(**asdict(one)) for one in stored])

    async def lore_show(
        self, asker: Asker, request: control.LoreShow
    ) -> control.ShownLore:
        """Return an entry."""
        guild = await self._context.guild(request.guild)
        entry = await self._context.lorebooks.find(guild.id, request.name)
        return control.ShownLore(**asdict(entry))

    async def lore_add(
        self, asker: Asker, request: control.LoreAdd
    ) -> control.ShownLore:
        """Write an entry."""
        guild = await self._context.guild(request.guild)
        add = self._context.lorebooks.add
        entry = await add(guild.id, request.name, request.words, request.text)
        return control.ShownLore(**asdict(entry))

    async def lore_remove(
        self, asker: Asker, request: control.LoreRemove
    ) -> control.ShownLore:
        """Delete an entry."""
        guild = await self._context.guild(request.guild)
        entry = await self._context.lorebooks.remove(guild.id, request.name)
        return control.ShownLore(**asdict(entry))
