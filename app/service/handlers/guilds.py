"""Handlers for servers: lists, imports, forgetting and exports."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from app.chat import feedback_weights
from app.core.errors import UsageError
from app.core.files import ensure_free, size
from app.core.names import named_path
from app.core.paths import Home
from app.ipc import control
from app.service import channel_export, import_target, receipt
from app.service.app_context import AppContext
from app.service.backups import back_up
from app.service.distinctive_words import own_phrases, own_words
from app.service.events import Asker, WatcherOutbox
from app.service.guild_export import export
from app.service.handlers.channel_actions import keep_quiet, set_learning
from app.service.voices.forgetter import Forgotten
from app.settings.host_names import OPENAI
from app.settings.hosts import host_of, hosts_for
from app.settings.schema import Config
from app.settings.speech_rules import is_listed
from app.store import (
    feedback,
    forgetting,
    guilds,
    members,
    messages,
    overview,
    replies,
    tombstones,
)
from app.store.authors import AuthorKey
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
        """List the learned guilds."""
        every = await self._context.database.run(guilds.every)
        return control.GuildsReply([await self._guild(guild) for guild in every])

    async def import_(
        self, asker: Asker, request: control.Import
    ) -> control.ImportReply:
        """Learn from files, with progress for the asker and all watchers."""
        context, outbox = self._context, WatcherOutbox(asker)

        def report(progress: control.Progress) -> None:
            outbox.put(progress)
            context.events.tell(progress, but_not=asker)

        found = await import_target.look(
            context, request, lambda progress: None, is_deep=False
        )
        chosen = await import_target.choose(context, request, found)
        if chosen is None:
            return _nothing(request.guild, found)
        guild = chosen.guild.id
        try:
            return await context.voices.import_files(
                guild,
                import_target.present(request.paths),
                request.channel,
                report,
                as_format=request.as_format,
                dates=request.dates,
            )
        finally:
            if chosen.is_new:
                await context.database.run(guilds.remove_empty, guild)
            await outbox.drain()

    async def import_preview(
        self, asker: Asker, request: control.ImportPreview
    ) -> control.ImportPreviewReply:
        """Look at files, and tell what an import would learn."""
        outbox = WatcherOutbox(asker)
        try:
            return await import_target.look(
                self._context, request, outbox.put, is_deep=True
            )
        finally:
            await outbox.drain()

    async def forget(
        self, asker: Asker, request: control.Forget
    ) -> control.ForgetReply:
        """Forget everywhere; return when nothing is left."""
        chosen = [request.messages, request.author, request.channel, request.everything]
        if sum(map(bool, chosen)) != 1:
            raise UsageError(
                "Choose one to forget: messages, an author, a channel, everything."
            )
        guild = (await self._context.guild(request.guild)).id
        if request.undo:
            lifted = await self._lift(guild, request)
            return control.ForgetReply(0, 0, 0, complete=True, lifted=lifted)
        texts: list[str] = []

        async def note(rows: Sequence[int]) -> None:
            """Take the texts to search for while they are there."""
            if request.prove:
                texts.extend(await receipt.texts_of(self._context, guild, rows))

        done = await self._forget(guild, request, note)
        return control.ForgetReply(
            done.messages,
            done.embeddings,
            done.replies,
            done.complete,
            receipt=await receipt.prove(self._context, texts)
            if request.prove
            else None,
        )

    async def _forget(
        self,
        guild: int,
        request: control.Forget,
        note: Callable[[Sequence[int]], Awaitable[None]],
    ) -> Forgotten:
        """Forget what was chosen; `note` gets its rows before they are deleted."""
        run, forgetter = self._context.database.run, self._context.forgetter
        if request.messages:
            rows = await self._rows(guild, request.messages)
            await note(rows)
            return await forgetter.forget(guild, rows)
        if request.author:
            author = await self._author(guild, request.author)
            await note(await run(forgetting.rows_of_author, guild, author))
            return await forgetter.forget_member(guild, author)
        if request.channel:
            channel = await self._context.channel(guild, request.channel)
            await note(await run(forgetting.rows_of_channel, guild, channel.id))
            return await forgetter.forget_channel(guild, channel.id)
        await note(await run(forgetting.rows_of_guild, guild))
        return await forgetter.forget_everything(guild)

    async def _rows(self, guild: int, externals: Sequence[str]) -> list[int]:
        """The rows of messages with those ids.

        Raises:
            UsageError: If one of them is not stored; nothing is forgotten then.
        """
        run = self._context.database.run
        missing = [
            one for one in externals if await run(messages.find, guild, one) is None
        ]
        if missing:
            newest = await run(messages.page, guild, limit=3)
            ids = ", ".join(one.external for one in newest)
            raise UsageError(
                f"No message {', '.join(missing)} is stored. Nothing was forgotten.",
                f"The newest ids are: {ids}." if ids else "Nothing is stored here.",
            )
        return await run(messages.rows_of, guild, externals)

    async def _author(self, guild: int, name: str) -> str:
        """The hash of the member of that id, or of that name if one alone has it.

        Raises:
            UsageError: If there is none, or several; nothing is forgotten then.
        """
        run = self._context.database.run
        hashed = AuthorKey.load(self._context.home.author_key_file).author(name)
        if await run(members.known, guild, [hashed]):
            return hashed
        if await run(replies.asked_by, guild, hashed):
            return hashed
        named = await run(members.all_named, guild, name)
        if len(named) == 1:
            return named[0]
        if named:
            raise UsageError(
                f"{len(named)} members are named {name!r}. Nothing was forgotten.",
                "Give the id of the one you mean (on Discord: Copy User ID).",
            )
        near = ", ".join(await run(members.like, guild, name))
        raise UsageError(
            f"Nobody here is {name!r}. Nothing was forgotten.",
            f"Known names: {near}." if near else "Nothing is stored here.",
        )

    async def _lift(self, guild: int, request: control.Forget) -> int:
        """Allow forgotten messages to be learned again."""
        run = self._context.database.run
        if request.messages:
            return await run(tombstones.lift, guild, request.messages)
        if request.author:
            return await self._context.forgetter.remember_author(guild, request.author)
        if request.channel:
            raise UsageError(
                "Forgotten channels cannot be restored one by one.",
                "Undo single messages, an author or everything instead.",
            )
        return await run(tombstones.lift_owners, guild)

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
            backlog=max(0, counts.learned - counts.embeddings),
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


def _nothing(guild: str, found: control.ImportPreviewReply) -> control.ImportReply:
    """The reply to an import of which no file can be read."""
    return control.ImportReply(
        guild=guild,
        read=0,
        added=0,
        duplicates=0,
        filtered=found.filtered,
        reasons=found.reasons,
        seconds=found.seconds,
        files=[],
        errors=found.errors,
        refused=found.refused,
        passed_over=found.passed_over,
        notes=found.notes,
    )


def _sizes(home: Home, guild: int) -> dict[str, int]:
    """Return the bytes on disk by part."""
    return {
        "voice": size(home.voice(guild)),
        "tokens": size(home.guild(guild) / "tokens"),
        "index": size(home.index(guild)),
    }
