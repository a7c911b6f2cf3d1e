"""Messages on their way into each guild's voice, and the builds that they cause."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from app.core.errors import AppError
from app.core.names import GuildId, wire_name
from app.core.paths import Home
from app.importers import message_intake
from app.importers.filters import Filters, clean
from app.importers.message_intake import TakenIn
from app.importers.records import MAX_TEXT_CHARS, Record
from app.ipc.control import ImportPreviewReply, ImportReply
from app.ipc.jobs import CompareJob, CompareJobReply, ImportJob, PreviewJob
from app.service.job_runner import JobRunner
from app.service.shared.held_servers import HeldServers
from app.service.voices.forgetter import Forgetter, OnForgotten
from app.service.voices.opened_voices import SCRUB_SECONDS, OpenedVoice, OpenedVoices
from app.service.voices.voice_files import OnProgress, OnScrub, VoiceFiles
from app.settings.schema import Config
from app.store import messages, snapshots, voice_changes
from app.store.authors import AuthorKey, open_key
from app.store.database import Database
from app.store.places import Place, Standing
from app.store.rows import StoredSnapshot
from app.store.snapshots import SettingRow
from app.voice.voice import Voice

Store = Callable[[Filters, AuthorKey], TakenIn | None]


async def nothing_else(guild: GuildId, rows: Sequence[int]) -> bool:
    """Scrub nothing, where there are no other files."""
    return True


class VoiceKeeper:
    """The voices of all guilds, and the only way messages enter them."""

    def __init__(
        self,
        home: Home,
        database: Database,
        config: Callable[[GuildId], Awaitable[Config]],
        jobs: JobRunner,
        *,
        on_progress: OnProgress = lambda progress: None,
        on_stored: Callable[[], None] = lambda: None,
        on_forgotten: Sequence[OnForgotten] = (),
        on_scrub: OnScrub = nothing_else,
        held: HeldServers | None = None,
        scrub_seconds: float = SCRUB_SECONDS,
    ) -> None:
        """Prepare; `start` finishes the work of a killed process.

        Args:
            config: Gives the settings that hold in a guild.
            on_stored: Hears that new messages are in the database.
            on_scrub: Takes messages out of other files before they count as gone.
            held: The guilds of this process; None means all.
        """
        self._database = database
        self._config = config
        self._on_stored = on_stored
        self._files = VoiceFiles(home, database, jobs, on_progress, on_scrub)
        self._held = held or HeldServers(database)
        self._voices = OpenedVoices(database, self._files, scrub_seconds, self._held)
        self._authors = database.call(open_key, home.author_key_file)
        self.forgetter = Forgetter(database, self._voices, self._authors, on_forgotten)
        self._filters: dict[GuildId, tuple[Config, Filters]] = {}
        """Each guild's, with the settings they are made from."""

    async def start(self) -> None:
        """Finish in the background the forgetting that a killed process began."""
        await self._voices.start()

    async def close(self) -> None:
        """Cancel waiting and running builds; the database remembers what they lack."""
        await self._voices.close()

    async def voice(self, guild: GuildId) -> Voice:
        """Return the guild's voice, opened on first use.

        Missing or damaged files are rebuilt in the background; until then it speaks
        from the newest messages.

        Raises:
            UsageError: If another process holds the guild.
        """
        await self._held.require(guild)
        return (await self._voices.get(guild)).voice

    def known_words(self, guilds: Sequence[GuildId]) -> dict[GuildId, int | None]:
        """Return the words that each guild's voice has, without opening any.

        None of those whose files are not written yet. It reads the disk.
        """
        return self._voices.known_words(guilds)

    async def weigh_anew(self) -> None:
        """Weigh the messages of open voices by all opinions that there are now."""
        await self._voices.weigh_anew()

    async def follow(self, guild: GuildId) -> None:
        """Take over what other processes forgot or edited in a guild."""
        if rows := await self._voices.follow(guild):
            await self.forgetter.tell(guild, rows)

    async def hear(self, guild: GuildId, records: Sequence[Record]) -> list[int]:
        """Store live messages, and learn them at once.

        Records need an id and a channel id. Returns the rows of the new ones.
        """
        stores = [partial(message_intake.store, guild, record) for record in records]
        return [one.row for one in await self._take_in(guild, stores)]

    async def hear_at(
        self,
        guild: GuildId,
        heard: Sequence[tuple[Place, Record]],
        *,
        is_missed: bool = False,
    ) -> list[TakenIn]:
        """The same with messages of Discord; only places listened to count.

        Args:
            is_missed: They were missed, so the places count as they were at the time.
        """
        store = message_intake.store_heard
        stores = [
            partial(store, place, guild, record, is_missed) for place, record in heard
        ]
        return await self._take_in(guild, stores)

    async def hear_live(
        self, guild: GuildId, place: Place, record: Record
    ) -> tuple[TakenIn | None, Standing]:
        """Store and learn one message; tell what decides on it, in the same trip."""
        filters = await self._filters_of(guild)
        opened = await self._voices.get(guild)
        taken, standing = await self._database.run(
            message_intake.store_live, place, record, filters, self._authors
        )
        if taken is not None:
            self._learn(opened, guild, taken)
        return taken, standing

    async def _take_in(self, guild: GuildId, stores: Sequence[Store]) -> list[TakenIn]:
        filters = await self._filters_of(guild)
        opened = await self._voices.get(guild)
        new: list[TakenIn] = []
        for store in stores:
            taken = await self._database.run(store, filters, self._authors)
            if taken is not None:
                self._learn(opened, guild, taken)
                new.append(taken)
        return new

    def _learn(self, opened: OpenedVoice, guild: GuildId, taken: TakenIn) -> None:
        if taken.text is not None:
            opened.voice.learn(taken.row, taken.text, taken.channel)
        self._voices.build_if_long(opened, guild)
        self._on_stored()

    async def reword(self, guild: GuildId, message: int, text: str) -> None:
        """Replace the words of the bot's own stored line, which nobody learned."""
        await self._database.run(messages.reword, message, clean(text))
        await self.forgetter.tell(guild, [message])

    async def edit(self, guild: GuildId, message: int, text: str) -> None:
        """Replace the text of a stored message by its row.

        Discord sends whole messages for link previews and pins; the same text changes
        nothing.
        """
        found = await self._database.run(messages.get, message)
        if found is None or found.text == clean(text):
            return
        if len(text) > MAX_TEXT_CHARS:
            # It would not have been stored.
            await self.forgetter.forget(guild, [message], by_owner=False, wait=False)
            return
        filters = await self._filters_of(guild)
        opened = await self._voices.get(guild)
        # The owner's patterns may take a fraction of a second; the thread of the
        # database keeps the edits in order.
        dropped = await self._database.run(filters.reason, text)
        # What replies and the bot's own lines have of the old text goes.
        await self.forgetter.blank(guild, [message], by_owner=False)
        await self._database.run(messages.edit, message, clean(text), dropped)
        await self._learn_anew(opened, guild, message)

    async def take_over(self, guild: GuildId, message: int, record: Record) -> bool:
        """Put a proxied line in its original's row; False if it is not to be kept.

        The words are the same, so replies that drew on them stay.
        """
        filters = await self._filters_of(guild)
        opened = await self._voices.get(guild)
        found = await self._database.run(messages.get, message)
        taken = await self._database.run(
            message_intake.take_over, guild, message, record, filters, self._authors
        )
        if taken and found is not None and found.text != clean(record.text):
            await self._learn_anew(opened, guild, message)
        return taken

    async def _learn_anew(
        self, opened: OpenedVoice, guild: GuildId, message: int
    ) -> None:
        """Learn a message whose text changed."""
        opened.voice.forget([message])
        rows = await self._database.run(voice_changes.learnable_of, guild, [message])
        for learned in rows:
            opened.voice.learn(*learned)
        # The meaning before the edit is forgotten like a deleted message.
        await self.forgetter.tell(guild, [message])
        self._voices.scrub_soon(opened, guild)

    async def import_files(
        self,
        guild: GuildId,
        paths: Sequence[Path],
        channel: str | None = None,
        on_progress: OnProgress | None = None,
        *,
        as_format: str | None = None,
        dates: str | None = None,
    ) -> ImportReply:
        """Import files in a child while everything else continues; return the counts.

        Raises:
            AppError: If the job reports an error for the owner.
        """
        await self._held.require(guild)
        opened = await self._voices.get(guild)
        names = [wire_name(path) for path in paths]
        job = ImportJob(guild, names, channel, as_format, dates)
        try:
            async with opened.changing:
                return await self._files.add(opened.voice, job, on_progress)
        except AppError:
            # A stopped or failed import has stored messages, which are learned all the
            # same.
            self._voices.build_soon(opened, guild, 0.0)
            raise
        finally:
            self._on_stored()

    async def preview(
        self, job: PreviewJob, on_progress: OnProgress | None = None
    ) -> ImportPreviewReply:
        """Look at files in a child, and store nothing.

        Raises:
            AppError: If the job reports an error for the owner.
        """
        return await self._files.preview(job, on_progress)

    async def rebuild(self, guild: GuildId) -> None:
        """Rebuild the guild's voice from the database, in a child."""
        await self._held.require(guild)
        opened = await self._voices.get(guild)
        async with opened.changing:
            await self._files.build(opened.voice, guild)

    async def roll_back(
        self,
        snapshot: StoredSnapshot,
        kept: Collection[str],
        put: Sequence[SettingRow],
    ) -> bool:
        """Roll the voice back to a snapshot, like `snapshots.roll_back`.

        Returns True if nothing else is left in the voice's files.
        """
        guild = snapshot.guild_id
        await self._held.require(guild)
        opened = await self._voices.get(guild)
        await self._database.run(snapshots.roll_back, snapshot, kept, put)
        return await self._voices.scrub(opened, guild)

    async def compare(
        self, guild: GuildId, before: str, after: str | None
    ) -> CompareJobReply:
        """Return words the voice gained and lost between snapshots, or since one."""
        return await self._files.compare(CompareJob(guild, before, after))

    async def _filters_of(self, guild: GuildId) -> Filters:
        config = await self._config(guild)
        made_from, filters = self._filters.get(guild, (None, None))
        if filters is None or made_from is not config:
            filters = Filters(config.learn, config.bot.prefix)
            self._filters[guild] = config, filters
        return filters
