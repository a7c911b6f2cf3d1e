"""Handlers for servers: lists, imports, forgetting and exports."""

import asyncio
from pathlib import Path

from app.core.files import ensure_free
from app.core.names import GuildId, named_path
from app.ipc import control
from app.service import channel_export
from app.service.app_context import AppContext
from app.service.backups import back_up
from app.service.events import Asker
from app.service.guild_export import export
from app.service.handlers.channel_actions import keep_quiet, set_learning
from app.service.handlers.guild_list import GuildList
from app.service.words.distinctive_words import own_phrases, own_words
from app.store import messages

TEXTS_READ = 50_000
"""The number of newest messages to find typical words in."""


class GuildHandlers:
    """Answers the requests about guilds and their messages."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._list = GuildList(context)

    async def guilds(
        self, asker: Asker, request: control.Guilds
    ) -> control.GuildsReply:
        """List a page of the learned guilds."""
        return await self._list.page(request)

    async def export(
        self, asker: Asker, request: control.Export
    ) -> control.ExportReply:
        """Write a guild's messages to a file or folder."""
        guild = await self._context.guild(request.guild)
        target, reader = named_path(request.to), self._context.reader
        if request.kind in channel_export.KINDS:
            written = await asyncio.to_thread(
                channel_export.export,
                reader,
                guild,
                target,
                request.kind,
                overwrite=request.overwrite,
            )
        else:
            ensure_free(target, overwrite=request.overwrite)
            written = await asyncio.to_thread(export, reader, guild, target)
        return control.ExportReply(guild.name, written, str(target))

    async def backup(
        self, asker: Asker, request: control.Backup
    ) -> control.BackupReply:
        """Write the home to one file."""
        target = Path(request.to)
        ensure_free(target, overwrite=request.overwrite)
        bytes_written = await asyncio.to_thread(
            back_up, self._context.home, self._context.reader, target
        )
        return control.BackupReply(str(target), bytes_written)

    async def phrases(
        self, asker: Asker, request: control.Phrases
    ) -> control.PhrasesReply:
        """Return words and phrases that are typical of this guild."""
        guild = await self._context.guild(request.guild)
        texts = await self._context.reader.run(_newest_texts, guild.id)
        words, phrases = await asyncio.to_thread(_telling, texts, request.limit)
        return control.PhrasesReply(
            [control.CountedText(*one) for one in words],
            [control.CountedText(*one) for one in phrases],
        )

    async def listen(
        self, asker: Asker, request: control.Listen
    ) -> control.ListenReply:
        """Start or stop learning from a channel."""
        guild = await self._context.guild(request.guild)
        channel = await self._context.channel(guild.id, request.channel)
        await set_learning(self._context, channel.id, request.learn)
        return control.ListenReply(channel.name, request.learn)

    async def quiet(self, asker: Asker, request: control.Quiet) -> control.QuietReply:
        """Begin or end a channel's silence."""
        guild = await self._context.guild(request.guild)
        channel = await self._context.channel(guild.id, request.channel)
        until = await keep_quiet(self._context, channel, request.seconds)
        return control.QuietReply(channel.name, until)


def _telling(
    texts: list[str], limit: int
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    return own_words(texts, limit), own_phrases(texts, limit)


def _newest_texts(guild: GuildId) -> list[str]:
    page = messages.page(guild, limit=TEXTS_READ)
    return [message.text for message in page if message.dropped is None]
