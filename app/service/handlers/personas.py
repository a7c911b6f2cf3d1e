"""Handlers for the personas of a server and its channels."""

import asyncio
from dataclasses import asdict
from pathlib import Path

from app.core.errors import UsageError
from app.core.names import GuildId, named_path
from app.ipc import control
from app.service.app_context import AppContext
from app.service.events import Asker
from app.service.given import personas
from app.service.given.card_file import MOST_BYTES
from app.store import guilds


class PersonaHandlers:
    """Answers the requests about personas."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def persona_show(
        self, asker: Asker, request: control.PersonaShow
    ) -> control.ShownPersona:
        """Return a server's persona."""
        guild, channel = await self._place(request.guild, request.channel)
        found = await personas.persona_of(self._context, guild, channel)
        return control.ShownPersona(**asdict(found))

    async def persona_import(
        self, asker: Asker, request: control.PersonaImport
    ) -> control.TakenCard:
        """Take a persona from the file of a card."""
        guild, channel = await self._place(request.guild, request.channel)
        data = await asyncio.to_thread(_read, named_path(request.file))
        before = await personas.persona_of(self._context, guild, channel)
        card = await personas.take_card(self._context, guild, data, channel)
        return control.TakenCard(
            card.name, card.persona, len(card.lore), [*card.unused], before.about
        )

    async def persona_remove(
        self, asker: Asker, request: control.PersonaRemove
    ) -> control.ShownPersona:
        """Take a server's persona away."""
        guild, channel = await self._place(request.guild, request.channel)
        gone = await personas.drop_persona(self._context, guild, channel)
        return control.ShownPersona(**asdict(gone))

    async def persona_cast(
        self, asker: Asker, request: control.PersonaCast
    ) -> control.CastReply:
        """Return a server's characters."""
        guild, _ = await self._place(request.guild, None)
        return await self._cast(guild)

    async def persona_add(
        self, asker: Asker, request: control.PersonaAdd
    ) -> control.TakenCard:
        """Add the character of a card."""
        guild, channel = await self._place(request.guild, request.channel)
        data = await asyncio.to_thread(_read, named_path(request.file))
        take = self._context.cast.take_card
        card = await take(guild, data, channel, personas.checked_dial(request.dial))
        return control.TakenCard(
            card.name, card.persona, len(card.lore), [*card.unused], ""
        )

    async def persona_dismiss(
        self, asker: Asker, request: control.PersonaDismiss
    ) -> control.CastReply:
        """Delete a character."""
        guild, _ = await self._place(request.guild, None)
        await self._context.cast.remove(guild, request.name)
        return await self._cast(guild)

    async def _cast(self, guild: GuildId) -> control.CastReply:
        known = await self._context.reader.run(guilds.channels, guild)
        names = {channel.id: channel.name for channel in known}
        return control.CastReply(
            [
                control.ShownCharacter(
                    one.name,
                    one.about,
                    one.dial,
                    [names.get(row, "?") for row in one.channels],
                )
                for one in await self._context.cast.of(guild)
            ]
        )

    async def _place(self, guild: str, channel: str | None) -> tuple[GuildId, int]:
        """Return the rows of a server and of one of its channels, 0 for none."""
        row = (await self._context.guild(guild)).id
        if not channel:
            return row, 0
        return row, (await self._context.channel(row, channel)).id


def _read(path: Path) -> bytes:
    """Return a file's bytes, and one more than may be of one that is too large."""
    if path.is_dir():  # Windows would only deny permission.
        raise UsageError(f"{path} is a folder.", "Name the file of a card.")
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {path}.") from error
