"""Handlers for servers: lists, imports, forgetting and exports."""

import asyncio
from pathlib import Path

from app.chat import feedback_weights
from app.core.files import ensure_free, size
from app.core.names import named_path
from app.core.paths import Home
from app.ipc import control
from app.service import channel_export
from app.service.app_context import AppContext
from app.service.backups import back_up
from app.service.distinctive_words import own_phrases, own_words
from app.service.events import Asker
from app.service.guild_export import export
from app.service.handlers.channel_actions import keep_quiet, set_learning
from app.settings.host_names import OPENAI
from app.settings.hosts import host_of, hosts_for
from app.settings.schema import Config
from app.settings.speech_rules import is_listed
from app.store import (
    feedback,
    guilds,
    messages,
    overview,
    replies,
)
from app.store.rows import StoredGuild

MATURE = 2000
"""The number of messages from which a voice has plenty to say."""

TEXTS_READ = 50_000
"""The number of newest messages to find typical words in."""


class GuildHandlers:
    """Answers the requests about guilds and their messages."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def guilds(
        self, asker: Asker, request: control.Guilds
    ) -> control.GuildsReply:
        """List the learned guilds, and those that the bot is in.

        One of files alone leaves the list when everything of it is forgotten.
        """
        every = await self._context.database.run(guilds.every)
        listed = [(guild, await self._guild(guild)) for guild in every]
        return control.GuildsReply(
            [
                figures
                for guild, figures in listed
                if figures.messages or (guild.discord_id and guild.left is None)
            ]
        )

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
            written = await asyncio.to_thread(
                export, reader, guild.id, guild.name, target
            )
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

    async def _refused(self, config: Config, guild: int) -> str:
        """Return why the first host may have nothing of a guild; empty if it may."""
        found = [*hosts_for(config), host_of(config, OPENAI)]
        host = next(one for one in found if one.has_address)
        return await self._context.gate.refuses(host.address, "replies", [guild]) or ""

    async def _guild(self, guild: StoredGuild) -> control.GuildFigures:
        context = self._context
        counts = await context.reader.run(guilds.counts, guild.id)
        voice = await context.voices.voice(guild.id)
        config = await context.settings.of(guild.id)
        latest = await context.reader.run(replies.latest, guild.id, limit=1)
        votes = await context.reader.run(feedback.votes_by_source, guild.id)
        return control.GuildFigures(
            row=guild.id,
            id=guild.discord_id,
            guild=guild.name,
            key=guild.discord_id or guild.name,
            messages=counts.messages,
            learned=counts.learned,
            dropped=counts.dropped,
            words=voice.words,
            voice=state_of_voice(voice.messages),
            embeddings=counts.embeddings,
            backlog=(
                max(0, counts.learned - counts.embeddings)
                if config.memory.enabled
                else 0
            ),
            bytes=await asyncio.to_thread(_sizes, context.home, guild.id),
            mode=config.reply.mode,
            provider=config.reply.provider,
            dial=config.reply.dial,
            join_in=config.speak.join_in,
            shadow=config.reply.shadow,
            local_only=config.reply.local_only,
            refused=await self._refused(config, guild.id),
            is_demo=guild.is_demo,
            is_listed=is_listed(context.settings.home.bot.servers, guild.discord_id),
            disliked=len(feedback_weights.weights(votes)),
            opted_out=await context.reader.run(overview.opted_out, guild.id),
            last_reply=latest[0].created / 1000 if latest else None,
        )


def state_of_voice(learned: int) -> str:
    """Describe the state of a voice in words."""
    if not learned:
        return "empty"
    return "speaks well" if learned >= MATURE else "speaks, still learning"


def _telling(
    texts: list[str], limit: int
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    return own_words(texts, limit), own_phrases(texts, limit)


def _newest_texts(guild: int) -> list[str]:
    page = messages.page(guild, limit=TEXTS_READ)
    return [message.text for message in page if message.dropped is None]


def _sizes(home: Home, guild: int) -> dict[str, int]:
    """Return the bytes on disk by part."""
    return {
        "voice": size(home.voice(guild)),
        "tokens": size(home.guild(guild) / "tokens"),
        "index": size(home.index(guild)),
    }
