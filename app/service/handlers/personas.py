"""Handlers for a server's persona."""

import asyncio
from dataclasses import asdict
from pathlib import Path

from app.core.errors import UsageError
from app.core.names import named_path
from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.given import personas
from app.service.given.card_file import MOST_BYTES


class PersonaHandlers:
    """Answers the requests about personas."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def persona_show(
        self, asker: Asker, request: control.PersonaShow
    ) -> control.ShownPersona:
        """Return a server's persona."""
        guild = await self._context.guild(request.guild)
        found = await personas.persona_of(self._context, guild.id)
        return control.ShownPersona(**asdict(found))

    async def persona_import(
        self, asker: Asker, request: control.PersonaImport
    ) -> control.TakenCard:
        """Take a persona from the file of a card."""
        guild = await self._context.guild(request.guild)
        data = await asyncio.to_thread(_read, named_path(request.file))
        before = await personas.persona_of(self._context, guild.id)
        card = await personas.take_card(self._context, guild.id, data)
        return control.TakenCard(
            card.name, card.persona, len(card.lore), [*card.unused], before.about
        )

    async def persona_remove(
        self, asker: Asker, request: control.PersonaRemove
    ) -> control.ShownPersona:
        """Take a server's persona away."""
        guild = await self._context.guild(request.guild)
        gone = await personas.drop_persona(self._context, guild.id)
        return control.ShownPersona(**asdict(gone))


def _read(path: Path) -> bytes:
    """Return a file's bytes, and one more than may be of one that is too large."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise UsageError(f"{path} is a folder.", "Name the file of a card.") from error
