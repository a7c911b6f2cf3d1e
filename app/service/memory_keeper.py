"""The bot's memory: it catches up in the background, and recalls in time."""

import asyncio
import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from app.core.errors import AppError
from app.core.names import GuildId
from app.core.paths import Home
from app.core.supervisor import Supervisor
from app.ipc.control import Progress
from app.providers.base import Turn
from app.providers.local.idle_model import IdleModel, Writes
from app.replies.conversation_context import turn_of
from app.service.events import Events
from app.service.metrics.part_meter import PartMeter
from app.service.shared.held_servers import HeldServers
from app.service.summaries import Summaries
from app.settings.effective import Settings
from app.store import conversations, embeddings, guilds, messages
from app.store.database import Database

if TYPE_CHECKING:
    from app.conversations.conversations import Linking
    from app.memory.embedder import Embedder
    from app.memory.memory import Meanings, Memory
    from app.memory.recalled_moments import Moment

log = logging.getLogger(__name__)

RECALL_SECONDS = 0.3
"""The longest time that a reply waits for its memories."""

MEGABYTE = 1_000_000
WEIGH_SECONDS = 600.0
MANY = 1000
"""The interval and the number of new vectors between checks of a guild's limit."""

LINK_SECONDS = 0.5
"""The longest time that a reply waits for the links of what was heard."""

LOOK_SECONDS = 1.0
"""The interval between checks for new messages."""

LONGEST_PAUSE = 300.0
"""The longest interval after an error."""


class MemoryKeeper:
    """Opens memory on first use, and keeps it in step with the database."""

    def __init__(
        self,
        home: Home,
        database: Database,
        reader: Database,
        settings: Settings,
        news: Events,
        supervisor: Supervisor,
        held: HeldServers,
    ) -> None:
        self._home = home
        self._reader = reader
        self._settings = settings
        self._news = news
        self._supervisor = supervisor
        self._held = held
        self._unlinked: list[int] = []
        self._linking_now: asyncio.Task[None] | None = None
        self._database = database
        self._opened: Memory | None = None
        self._linking: Linking | None = None
        self._summarising: Summaries | None = None
        self.idle_model: IdleModel | None = None
        """The local model, for work that gives way to replies."""
        self._names: dict[GuildId, str] = {}
        """The names of the servers that were looked at, by their rows."""
        self._weighed: dict[GuildId, float] = {}
        """The time of each guild's last check against its limit."""
        self._reworded: set[GuildId] = set()
        """Guilds where messages have new words, or went, or lost their vectors."""

    @property
    def _memory(self) -> "Memory":
        """Return memory, with libraries that a home without embeddings never loads."""
        if self._opened is None:
            from app.memory.memory import Memory

            self._opened = Memory(
                self._home,
                self._database,
                self._reader,
                self._open_embedder,
                report=self._report,
            )
        return self._opened

    def link_soon(self, rows: Sequence[int]) -> None:
        """Link new messages in the background, so that no decision waits for it."""
        self._unlinked += rows
        if self._linking_now is None or self._linking_now.done():
            self._linking_now = asyncio.create_task(self._link_waiting())
            self._supervisor.watch(self._linking_now, "Linking messages")

    async def linked(self) -> None:
        """Wait a moment for the links of what was heard."""
        if self._linking_now:
            await asyncio.wait([self._linking_now], timeout=LINK_SECONDS)

    async def _link_waiting(self) -> None:
        while rows := self._unlinked:
            self._unlinked = []
            await self.link(rows)

    async def link(self, rows: Sequence[int]) -> None:
        """Link new messages to the earlier messages they answer."""
        if self._linking is None:
            from app.conversations.conversations import Linking

            self._linking = Linking(self._database)
        await self._linking.hear(rows)

    async def recall(
        self,
        guild: GuildId,
        turns: Sequence[Turn],
        channels: frozenset[int] | None,
        limit: int,
    ) -> list[tuple[Turn, ...]] | None:
        """Recall earlier moments, each oldest line first; None when there was no time.

        Args:
            channels: Rows of channels that may be shown; None means all.
        """
        work = self._moments(guild, turns, channels, limit)
        try:
            # The reader is busy for longer while it exports, checks or copies.
            found = await asyncio.wait_for(work, RECALL_SECONDS)
        except (TimeoutError, AppError) as error:
            log.info("recall was skipped: %s", str(error) or "no time")
            return None
        return [tuple(map(turn_of, moment.messages)) for moment in found]

    async def _moments(
        self,
        guild: GuildId,
        turns: Sequence[Turn],
        channels: frozenset[int] | None,
        limit: int,
    ) -> "list[Moment]":
        if not await self._reader.run(embeddings.are_there, guild):
            return []
        rows = {turn.message for turn in turns if turn.message is not None}
        return await self._memory.recall(
            guild, [turn.text for turn in turns], channels, limit, without=rows
        )

    def attach(self, model: Writes, parts: PartMeter) -> None:
        """Let the idle local model summarise long conversations."""
        self.idle_model = IdleModel(model)
        self._summarising = Summaries(
            self._database, self._settings, self.idle_model, self._held, parts
        )

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Pause the backlog while a reply is made."""
        with ExitStack() as stack:
            for one in (self._opened, self.idle_model):
                if one:
                    stack.enter_context(one.quiet())
            yield

    async def closeness(
        self, texts: Sequence[str], turns: Sequence[Turn]
    ) -> list[float] | None:
        """Return how close each text is to the conversation; None without time."""
        if not texts or not self._settings.home.memory.enabled:
            return None
        work = self._memory.closeness(texts, [turn.text for turn in turns])
        # The first call loads the model, which continues even if it takes too long.
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.wait_for(asyncio.shield(task), RECALL_SECONDS)
        except TimeoutError:
            task.add_done_callback(_look_away)
            return None
        except AppError:
            return None

    async def meanings(self, texts: Sequence[str]) -> "Meanings | None":
        """Return what `nearness` needs; None when memory is off or has no model."""
        if not self._settings.home.memory.enabled:
            return None
        try:
            return await self._memory.meanings(texts)
        except AppError as error:
            log.info("lore is brought up by words alone: %s", error)
            return None

    async def nearness(
        self, meanings: "Meanings", turns: Sequence[str]
    ) -> list[float] | None:
        """Return how close texts are to a conversation; None when there was no time."""
        try:
            work = self._memory.nearness(meanings, turns)
            return await asyncio.wait_for(work, RECALL_SECONDS)
        except (TimeoutError, AppError):
            return None

    async def key_texts(self, texts: Sequence[str], count: int) -> list[int] | None:
        """Return the places of the texts that say most; None without an embedder."""
        try:
            return await self._memory.key_texts(texts, count)
        except AppError as error:
            log.info("a talk was not told by meaning: %s", error)
            return None

    async def relevance(
        self, replies: Sequence[tuple[str, Sequence[str]]]
    ) -> float | None:
        """Return the AUC of telling replies (text, turns before) from shuffled ones.

        Returns None when memory is off.
        """
        if not self._settings.home.memory.enabled:
            return None
        try:
            return await self._memory.relevance(replies)
        except AppError as error:
            log.info("relevance was not measured: %s", error)
            return None

    async def warm(self, guild: GuildId) -> None:
        """Load in advance what recall in this guild needs."""
        if not (await self._settings.of(guild)).memory.enabled:
            return
        with suppress(AppError):
            await self._memory.closeness(["hello there"], ["hello"])
        if await self._reader.run(embeddings.are_there, guild):
            await self._memory.recall(guild, ["hello there"], None, 1)

    async def forget(self, guild: GuildId, rows: Sequence[int]) -> None:
        """Take out messages that left the database, or whose text changed."""
        if self.idle_model:
            self.idle_model.interrupt()
        talks = await self._database.run(conversations.of_messages, rows)
        await self._database.run(conversations.drop_summaries, talks)
        if not await self._held.holds(guild):
            # Whoever holds it is told, and has its index.
            return
        known = await self._reader.run(embeddings.are_there, guild)
        if known or self._home.index(guild).exists():
            await self._memory.forget(guild, rows)
        elif self._opened:
            self._opened.look_again(guild, rows)
        self._reworded.add(guild)

    async def drop(self, guild: GuildId) -> int:
        """Delete all vectors of a guild; return their number. New ones are made."""
        count = await self._database.run(embeddings.drop_all, guild)
        await self._memory.drop(guild)
        self._reworded.add(guild)
        return count

    def bytes_of(self, guild: GuildId) -> int | None:
        """Return what a guild's index takes in memory; None while it is not open."""
        return self._opened.bytes_of(guild) if self._opened else None

    async def keep_up(self) -> None:
        """Embed new messages and summarise long conversations, forever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_up_vectors())
            if self._summarising:
                tasks.create_task(self._summarising.keep_up(self._news))

    async def _keep_up_vectors(self) -> None:
        seen: object = None
        done, changes, model = 0, -1, ""
        trouble, pause = "", LOOK_SECONDS
        while True:
            wanted, news = self._settings.home.memory.model, self._news.news
            is_changed = self._settings.changes != changes
            if is_changed or news != seen or self._reworded:
                if model not in ("", wanted) and self._opened:
                    self._opened.change_model()
                changes, model, seen = self._settings.changes, wanted, news
                try:
                    newest = await self._reader.run(messages.last_row)
                    await self._catch_up(0 if is_changed else done)
                    done, trouble, pause = newest, "", LOOK_SECONDS
                except AppError as error:
                    # A full disk has room again some time, without a new message.
                    seen, done, pause = None, 0, min(pause * 2, LONGEST_PAUSE)
                    if str(error) != trouble:
                        log.warning("memory is off: %s", error)
                    trouble = str(error)
            await asyncio.sleep(pause)

    async def close(self) -> None:
        """Write everything; what is unlinked is linked when its channel is opened."""
        if self._linking_now:
            self._linking_now.cancel()
            await asyncio.wait([self._linking_now])
        if self._opened:
            await self._opened.close()

    async def _catch_up(self, after: int = 0) -> None:
        """Embed what is new in guilds with messages after a row, or reworded ones."""
        due = await self._reader.run(messages.guilds_after, after)
        self._reworded, due = set(), due | self._reworded
        for guild in sorted(await self._held.among(due)):
            memory = (await self._settings.of(guild)).memory
            if memory.enabled:
                known = await self._reader.run(guilds.get, guild)
                self._names[guild] = known.name if known else "memory"
                new = await self._memory.catch_up(guild)
                await self._keep_under_cap(guild, memory.cap_megabytes, new)

    async def _keep_under_cap(self, guild: GuildId, megabytes: int, new: int) -> None:
        """Prune at first, after imports, and now and then; reads all lengths."""
        now = asyncio.get_running_loop().time()
        due = self._weighed.get(guild, -math.inf) + WEIGH_SECONDS
        if now < due and new < MANY:
            return
        self._weighed[guild] = now
        if gone := await self._memory.prune(guild, megabytes * MEGABYTE):
            log.info("guild %d dropped its %d oldest vectors", guild, gone)

    def _open_embedder(self, model: str | None) -> "Embedder":
        from app.memory.embedder import Embedder

        name = model or self._settings.home.memory.model
        return Embedder.open(name, cache=self._home.embedding_models)

    def _report(self, guild: GuildId, done: int, total: int, rate: float) -> None:
        finished = done >= total
        name = self._names.get(guild, "memory")
        self._news.tell(
            Progress("embed", name, done, total, "texts", rate, finished=finished)
        )


def _look_away(task: "asyncio.Future[list[float]]") -> None:
    """Ignore an error of abandoned work, which is not a bug."""
    if not task.cancelled():
        task.exception()
