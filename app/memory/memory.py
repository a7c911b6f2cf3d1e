"""The bot's memory by meaning: it learns in the background and recalls on demand."""

import asyncio
import functools
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np

from app.core.files import size
from app.core.names import GuildId
from app.core.paths import Home
from app.memory import index_files, key_texts, recall, recalled_moments
from app.memory.embedder import Embeds, is_trivial
from app.memory.guild_index import PAGE, GuildIndex, Page
from app.memory.recalled_moments import Moment
from app.memory.shelves import Shelf, Shelves, budget
from app.memory.stored_index import StoredIndex
from app.memory.vectors import NOTHING, Floats, pack, unpack
from app.meter.relevance import auc
from app.store import embeddings, messages
from app.store.database import Database

P = ParamSpec("P")
T = TypeVar("T")

PORTION = 32
"""Texts embedded between two checks for a waiting reply, about 0.1 s."""
GLANCE_TOKENS = 32
"""The tokens of a draft or turn to read when time is short."""
PRUNED_TO = 0.9
"""The share of its limit to prune to, so that not every message prunes again."""
NEAR = 64
"""Neighbors to find per moment; age and repetition reorder them."""
_WIDEST = 1024
log = logging.getLogger(__name__)

Report = Callable[[GuildId, int, int, float], None]
"""Receives guild, finished texts, all texts, and texts per second."""


class Meanings(NamedTuple):
    """The vectors of texts by one model."""

    model: str
    vectors: Floats


class Memory:
    """The embeddings and indexes of all guilds; one thread does the blocking work."""

    def __init__(
        self,
        home: Home,
        database: Database,
        reader: Database,
        open_embedder: Callable[[str | None], Embeds],
        *,
        report: Report = lambda guild, done, total, rate: None,
        now: Callable[[], float] = time.time,
        most_bytes: int | None = None,
    ) -> None:
        """Prepare the memory; a model is loaded on first use.

        Args:
            reader: A second, read-only connection for long reads.
            open_embedder: Loads the model with that id, or the owner's for None; runs
                in a thread.
            now: Seconds since the epoch.
            most_bytes: What the open indexes may take; None asks the computer.
        """
        self._home = home
        self._database = database
        self._reader = reader
        self._open_embedder = open_embedder
        self._report = report
        self._now = now
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="memory")
        self._embedders: dict[str | None, Embeds] = {}
        self._shelves = Shelves(budget() if most_bytes is None else most_bytes)
        self._done: dict[GuildId, int] = {}
        """Row up to which every message of a guild has been checked."""
        self._opening = asyncio.Lock()
        self._idle = asyncio.Event()
        self._idle.set()
        self._replies = 0

    async def close(self) -> None:
        """Write everything; do not use the memory afterwards."""
        for shelf in self._shelves:
            await self._call(shelf.save)
        self._thread.shutdown()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Pause the backlog while a reply is made."""
        self._replies += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._replies -= 1
            if not self._replies:
                self._idle.set()

    async def learn(self, guild: GuildId, row: int, text: str) -> None:
        """Embed one new or edited message; it can be found when this returns."""
        shelf = await self._shelf(guild)
        was_known = await self._database.run(embeddings.drop, [row])
        if was_known and is_trivial(text):
            await self._take_out(guild, shelf, [row])
        await self._embed(guild, [(row, text)])

    async def catch_up(self, guild: GuildId) -> int:
        """Embed messages without a vector, newest first; return their number.

        The database knows what is missing, so a kill costs one portion at most. The
        vectors of the old model stay in use until the owner's model has all.
        """
        model = (await self._embedder(None)).model_id
        after, newest = (
            self._done.get(guild, 0),
            await self._reader.run(messages.last_row),
        )
        done, begun = 0, self._now()
        total = await self._reader.run(embeddings.missing_count, guild, model, after)
        async for portion in self._portions(guild, model, after):
            await self._embed(guild, portion)
            done += len(portion)
            rate = done / max(self._now() - begun, 1e-3)
            self._report(guild, done, max(done, total), rate)
        if 0 < done < total:
            # The rest was forgotten meanwhile.
            self._report(guild, done, done, rate)
        self._done[guild] = min(newest, self._done.get(guild, newest))
        if await self._database.run(embeddings.drop_other_models, guild, model):
            self._shelves.drop(guild)
        if done >= PAGE:
            await self._call((await self._shelf(guild)).save)
        return done

    async def _portions(
        self, guild: GuildId, model: str, after: int
    ) -> AsyncIterator[list[tuple[int, str]]]:
        """Yield messages without a vector, newest first, while no reply is made."""
        before = None
        while page := await self._reader.run(
            embeddings.missing, guild, model, PAGE, after=after, before=before
        ):
            before = page[-1][0]
            # Texts of similar length in a portion need little padding.
            page.sort(key=lambda pair: len(pair[1]))
            for start in range(0, len(page), PORTION):
                await self._idle.wait()
                yield page[start : start + PORTION]

    async def _embed(self, guild: GuildId, portion: Sequence[tuple[int, str]]) -> None:
        """Store each text's vector in the database and the index."""
        embedder = await self._embedder(None)
        shelf = await self._shelf(guild)
        telling = [(row, text) for row, text in portion if not is_trivial(text)]
        vectors = await self._call(embedder.embed, [text for _, text in telling])
        rows = [row for row, _ in telling]
        stored = list(zip(rows, pack(vectors), strict=True))
        stored += [(row, NOTHING) for row, text in portion if is_trivial(text)]
        model = embedder.model_id
        await self._database.run(embeddings.add_many, guild, model, stored)
        if shelf.model == model:
            await self._add_new(guild, shelf)
            await self._call(shelf.save_if_worth)

    async def forget(self, guild: GuildId, rows: Sequence[int]) -> None:
        """Take messages that left the database out of memory and files."""
        self.look_again(guild, rows)
        await self._take_out(guild, await self._shelf(guild), rows)

    async def drop(self, guild: GuildId) -> None:
        """Empty an index whose vectors left the database, in memory and in files.

        It needs no model: an index that is not open has nothing but its files.
        """
        shelf, directory = self._shelves.get(guild), self._home.index(guild)
        drop = functools.partial(index_files.drop, directory)
        await self._call(shelf.restart if shelf else drop)
        self._done.pop(guild, None)

    def bytes_of(self, guild: GuildId) -> int | None:
        """Return the bytes of an open index; None for another one."""
        shelf = self._shelves.get(guild)
        return shelf.bytes if shelf else None

    def look_again(self, guild: GuildId, rows: Sequence[int]) -> None:
        """Embed these rows again, as far as they still exist, with a newer text."""
        first = min(rows, default=0) - 1
        self._done[guild] = min(self._done.get(guild, 0), max(first, 0))

    async def _take_out(
        self, guild: GuildId, shelf: Shelf, rows: Sequence[int]
    ) -> None:
        await self._call(shelf.remove, rows)
        if shelf.needs_rebuild:
            await self._call(shelf.restart)
            await self._add_new(guild, shelf)

    async def prune(self, guild: GuildId, cap_bytes: int) -> int:
        """Drop the oldest vectors until the guild is under its limit.

        Returns the number dropped; messages always stay.
        """
        shelf = await self._shelf(guild)
        kept = await self._reader.run(embeddings.room, guild)
        files = await asyncio.to_thread(size, self._home.guild(guild))
        used = kept.bytes + files
        if used <= cap_bytes or not kept.vectors:
            return 0
        each = kept.vector_bytes + await self._call(shelf.file_bytes) / kept.vectors
        extra = math.ceil((used - PRUNED_TO * cap_bytes) / each)
        rows = await self._database.run(embeddings.drop_oldest, guild, extra)
        await self._take_out(guild, shelf, rows)
        await self._call(shelf.save)
        return len(rows)

    async def recall(
        self,
        guild: GuildId,
        turns: Sequence[str],
        channels: Collection[int] | None,
        limit: int,
        *,
        without: Collection[int] = (),
    ) -> list[Moment]:
        """Recall earlier moments that fit the conversation's meaning, best first.

        Args:
            turns: Its last texts, oldest first.
            channels: Rows of the channels that every reader of the reply can see; None
                means all.
            without: Rows of messages already in the prompt.
        """
        shelf = await self._shelf(guild)
        if not turns or not len(shelf) or not limit:
            return []
        vector = await self._meaning(turns, shelf.model)
        hidden, width = set(without), NEAR * limit
        while True:
            near = await self._call(shelf.search, vector, width)
            look, rows = recalled_moments.shown, [one.row for one in near]
            shown = await self._reader.run(look, guild, rows, channels, hidden)
            if len(shown) >= 4 * limit or width >= min(len(shelf), _WIDEST):
                break
            width *= 4
        times = {message.id: message.ts for message in shown}
        weighed = recall.weigh(near, times, int(self._now() * 1000))[: 12 * limit]
        rows = [candidate.row for candidate in weighed]
        stored = await self._reader.run(embeddings.of_messages, shelf.model, rows)
        blobs = unpack([blob for _, blob in stored], shelf.dimension)
        vectors = {row: v for (row, _), v in zip(stored, blobs, strict=True)}
        chosen = recall.diversify(weighed, vectors, limit)
        return await self._reader.run(
            recalled_moments.with_neighbors, guild, chosen, shown, hidden
        )

    async def closeness(
        self, texts: Sequence[str], conversation: Sequence[str]
    ) -> list[float]:
        """Return how close each text is in meaning to a conversation's last turns."""
        embedder = await self._embedder(None)
        turns = list(conversation[-recall.TURNS :])
        read = [*turns, *texts]
        found = await self._call(embedder.embed, read, GLANCE_TOKENS)
        meaning = recall.meaning(found[: len(turns)])
        return recall.closest(found[len(turns) :], meaning)

    async def meanings(self, texts: Sequence[str]) -> Meanings:
        """Return what `nearness` needs to know of texts."""
        embedder = await self._embedder(None)
        found = await self._call(embedder.embed, list(texts))
        return Meanings(embedder.model_id, found)

    async def nearness(
        self, meanings: Meanings, conversation: Sequence[str]
    ) -> list[float]:
        """Return how close texts are in meaning to a conversation's last turns."""
        meaning = await self._meaning(conversation, meanings.model)
        return recall.closest(meanings.vectors, meaning)

    async def key_texts(self, texts: Sequence[str], count: int) -> list[int]:
        """Return the places of the texts that say most, in their order."""
        embedder = await self._embedder(None)
        found = await self._call(embedder.embed, list(texts), GLANCE_TOKENS)
        return key_texts.choose(found, count)

    async def relevance(self, replies: Sequence[tuple[str, Sequence[str]]]) -> float:
        """Return the AUC of two or more replies, each with the turns before it."""
        embedder = await self._embedder(None)
        contexts = [
            await self._meaning(turns, embedder.model_id) for _, turns in replies
        ]
        own = await self._call(embedder.embed, [text for text, _ in replies])
        return auc(own, np.stack(contexts))

    async def _meaning(self, turns: Sequence[str], model: str) -> Floats:
        embedder = await self._embedder(model)
        return recall.meaning(
            await self._call(embedder.embed, list(turns[-recall.TURNS :]))
        )

    def change_model(self) -> None:
        """Ask again for the owner's model; the old one serves until then."""
        self._embedders.pop(None, None)
        self._done.clear()

    async def _embedder(self, model: str | None) -> Embeds:
        """Return the loaded model with that id; None means the owner's.

        Loading or downloading a model leaves the memory's thread free.
        """
        if model in self._embedders:
            return self._embedders[model]
        async with self._opening:
            if model not in self._embedders:
                opened = await asyncio.to_thread(self._open_embedder, model)
                self._embedders[model] = self._embedders[opened.model_id] = opened
        return self._embedders[model]

    async def _shelf(self, guild: GuildId) -> Shelf:
        """Return the guild's index, opened and updated on first use."""
        shelf = self._shelves.get(guild)
        if shelf is None:
            counts = dict(await self._reader.run(embeddings.models, guild))
            most = max(counts, key=counts.__getitem__, default=None)
            serving = await self._embedder(most)
            shelf = await self._new_shelf(guild, serving.model_id, serving.dimension)
            await self._call(shelf.open)
            await self._bring_up(guild, shelf)
            # Somebody else may have opened it meanwhile.
            known = self._shelves.get(guild)
            if known is not None:
                return known
            self._shelves.put(guild, shelf)
            for unused in self._shelves.let_go():
                await self._call(unused.save)
        return shelf

    async def _new_shelf(self, guild: GuildId, model: str, dimension: int) -> Shelf:
        """Return an index in the database where that can search, else in the home."""
        vectors, database = self._database.engine.vectors, self._database
        if vectors and await database.run(vectors.prepare, dimension):
            return StoredIndex(database, self._reader, guild, model, dimension)
        return GuildIndex(self._home.index(guild), model, dimension)

    async def _bring_up(self, guild: GuildId, shelf: Shelf) -> None:
        """Add what the files lack; rebuild if they and the database differ."""
        await self._add_new(guild, shelf)
        truth = await self._reader.run(embeddings.state, guild, shelf.model)
        if not await self._call(shelf.agrees, truth):
            log.warning("rebuilding the index of guild %d", guild)
            await self._call(shelf.restart)
            await self._add_new(guild, shelf)

    async def _add_new(self, guild: GuildId, shelf: Shelf) -> None:
        while page := await self._page(guild, shelf):
            await self._call(shelf.add, page)

    async def _page(self, guild: GuildId, shelf: Shelf) -> Page:
        return await self._reader.run(
            embeddings.added_after, guild, shelf.model, shelf.last, PAGE
        )

    async def _call(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        call = functools.partial(function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)
