"""The lorebooks of all guilds: written by moderators and cards, read for replies."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from sys import getsizeof
from typing import TYPE_CHECKING

from app.chat.lorebook import ALWAYS, Lorebook
from app.core.errors import UsageError
from app.core.names import GuildId, is_same, some_of
from app.core.safe_text import safe_text
from app.providers.base import LoreText, Turn
from app.service.given.guild_shelf import GuildShelf
from app.store.database import Database
from app.store.given import lore
from app.store.rows import StoredLoreEntry

if TYPE_CHECKING:
    from app.memory.memory import Meanings
    from app.service.memory_keeper import MemoryKeeper

MOST_ENTRIES = 200
MOST_NAME_CHARS = 60
MOST_TEXT_CHARS = 1000
MOST_WORDS = 20
MOST_WORD_CHARS = 60
MOST_CHARS_OF_WORDS = 20_000
"""The characters of all words of a guild; compiling them takes a quarter second."""

MOST_TOLD = 5
"""The entries of one prompt."""

LEAST_NEARNESS = 0.3
"""The cosine from which an entry belongs to a talk: 19 of 24 questions bring up what
answers them, and of 40 lines of small talk none brings up anything."""

MOST_BY_MEANING = 2

WAIT_SECONDS = 0.3
"""The time that a reply waits for the meanings of a book that was just opened."""


@dataclass(frozen=True)
class _OpenBook:
    book: Lorebook
    cards: list[str]
    """The card of each entry; empty for the guild's own."""
    meanings: "asyncio.Task[Meanings | None]"


class Lorebooks:
    """Every guild's lorebook; those that replies ask for stay in memory."""

    def __init__(
        self, database: Database, memory: "Callable[[], MemoryKeeper]"
    ) -> None:
        self._database = database
        self._memory = memory
        self._shelf = GuildShelf(database, lore.guilds_with_lore, self._read)

    async def close(self) -> None:
        """Stop reading."""
        reading = [opened.meanings for opened in self._shelf.in_memory()]
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    async def told(
        self, guild: GuildId, name: str, turns: Sequence[Turn]
    ) -> tuple[LoreText, ...]:
        """Return the entries that a talk brings up, the most wanted first.

        Args:
            name: The bot's name there; it knows what came with the card of that name.
        """
        opened = await self._shelf.get(guild)
        if opened is None:
            return ()
        texts = [turn.text for turn in turns]
        places = opened.book.brought_up(texts)
        places += await self._by_meaning(opened, texts, name)
        known = [at for at in dict.fromkeys(places) if opened.cards[at] in ("", name)]
        chosen = known[:MOST_TOLD]
        return tuple(opened.book.texts[at] for at in chosen)

    async def _read(self, guild: GuildId) -> _OpenBook:
        stored = await self._database.run(lore.entries, guild)
        texts = [(LoreText(entry.name, entry.text), entry.words) for entry in stored]
        # Compiling a large book takes a quarter of a second.
        book = await asyncio.to_thread(Lorebook, texts)
        told = [f"{entry.name}: {entry.text}" for entry in stored]
        return _OpenBook(
            book,
            [entry.book for entry in stored],
            asyncio.create_task(self._memory().meanings(told)),
        )

    async def _by_meaning(
        self, opened: _OpenBook, texts: Sequence[str], name: str
    ) -> list[int]:
        """Return the places of the entries that are close to a talk, closest first."""
        await asyncio.wait([opened.meanings], timeout=WAIT_SECONDS)
        meanings = opened.meanings.result() if opened.meanings.done() else None
        if meanings is None:
            return []
        near = await self._memory().nearness(meanings, texts)
        close = [
            (n, at)
            for at, n in enumerate(near or ())
            if n >= LEAST_NEARNESS and opened.cards[at] in ("", name)
        ]
        return [at for _, at in sorted(close, reverse=True)[:MOST_BY_MEANING]]

    def bytes_of(self, guild: GuildId) -> int | None:
        """Return what a guild's texts and meanings take in memory; None if closed."""
        opened = self._shelf.peek(guild)
        if opened is None:
            return None
        done = opened.meanings.done() and not opened.meanings.cancelled()
        meanings = opened.meanings.result() if done else None
        vectors = meanings.vectors.nbytes if meanings else 0
        return vectors + sum(getsizeof(one.text) for one in opened.book.texts)

    async def entries(self, guild: GuildId) -> list[StoredLoreEntry]:
        """Return a guild's entries."""
        return await self._database.run(lore.entries, guild)

    async def find(self, guild: GuildId, name: str) -> StoredLoreEntry:
        """Return the entry of that name in any case.

        Raises:
            UsageError: If there is none.
        """
        stored = await self.entries(guild)
        found = [entry for entry in stored if is_same(entry.name, name.strip())]
        if not found:
            names = some_of([entry.name for entry in stored])
            hint = f"Known entries: {names}." if names else "There is none yet."
            raise UsageError(f"There is no entry {name.strip()!r}.", hint)
        return found[0]

    async def add(
        self, guild: GuildId, name: str, words: Sequence[str], text: str
    ) -> StoredLoreEntry:
        """Store an entry of the guild's own book, in place of one of that name.

        Raises:
            UsageError: If it is too long, or the book is full.
        """
        entry = checked(name, words, text)
        stored = await self.entries(guild)
        for one in stored:
            if one.book == lore.OWN and is_same(one.name, entry.name):
                entry = replace(entry, name=one.name)
        await self._put(guild, stored, [entry])
        return entry

    async def with_card(
        self,
        guild: GuildId,
        card: str,
        entries: Sequence[StoredLoreEntry],
        kept: Collection[str] = (),
    ) -> list[StoredLoreEntry]:
        """Return a guild's entries with what came with a card, and not with others.

        Args:
            kept: The cards that are still in use, whose entries stay.

        Raises:
            UsageError: If the book becomes too full.
        """
        stored = await self.entries(guild)
        others = [
            entry
            for entry in stored
            if entry.book == lore.OWN or entry.book in kept and entry.book != card
        ]
        every = [*others, *(replace(one, book=card) for one in entries)]
        check_room(every)
        return every

    async def _put(
        self,
        guild: GuildId,
        stored: Sequence[StoredLoreEntry],
        new: Sequence[StoredLoreEntry],
    ) -> None:
        replaced = {(entry.book, entry.name) for entry in new}
        kept = [entry for entry in stored if (entry.book, entry.name) not in replaced]
        check_room([*kept, *new])
        await self._database.run(lore.put, guild, new)
        await self.look_again(guild)

    async def remove(self, guild: GuildId, name: str) -> StoredLoreEntry:
        """Delete the entry of that name in any case, and return it.

        Raises:
            UsageError: If there is none.
        """
        entry = await self.find(guild, name)
        await self._database.run(lore.remove, guild, entry.book, entry.name)
        await self.look_again(guild)
        return entry

    async def replace_all(
        self, guild: GuildId, entries: Sequence[StoredLoreEntry]
    ) -> None:
        """Store a guild's entries in place of all earlier ones."""
        await self._database.run(lore.replace_all, guild, entries)
        await self.look_again(guild)

    async def remove_all(self, guild: GuildId) -> None:
        """Delete every entry of a guild."""
        await self._database.run(lore.remove_all, guild)
        await self.look_again(guild)

    async def look_again(self, guild: GuildId | None) -> None:
        """Read a guild's book again when it is wanted; others may have changed it.

        None stands for every guild.
        """
        await self._shelf.look_again(guild)


def checked(
    name: str, words: Sequence[str], text: str, book: str = lore.OWN
) -> StoredLoreEntry:
    """Return an entry as it is stored.

    Raises:
        UsageError: If a part of it is missing or too long.
    """
    name, text = one_line(name), one_line(text)
    found = list(dict.fromkeys(filter(None, map(one_line, words))))
    for what, value, most in (
        ("The name", name, MOST_NAME_CHARS),
        ("The text", text, MOST_TEXT_CHARS),
        *((f"The word {word[:20]!r}", word, MOST_WORD_CHARS) for word in found),
    ):
        if not value:
            raise UsageError(f"{what} of the entry is empty.", "Write something.")
        if len(value) > most:
            raise UsageError(
                f"{what} of the entry has more than {most:,} characters.",
                "Shorten it, or make two entries of it.",
            )
    if len(found) > MOST_WORDS:
        raise UsageError(
            f"An entry has at most {MOST_WORDS} words that bring it up.",
            f"Leave some out; {ALWAYS} alone always brings it up.",
        )
    return StoredLoreEntry(name, found, text, one_line(book)[:MOST_NAME_CHARS])


def check_room(entries: Sequence[StoredLoreEntry]) -> None:
    """Refuse a guild's entries if they are too many.

    Raises:
        UsageError: If they are.
    """
    size = sum(len(word) for entry in entries for word in entry.words)
    if len(entries) > MOST_ENTRIES or size > MOST_CHARS_OF_WORDS:
        raise UsageError(
            f"A lorebook has at most {MOST_ENTRIES} entries, and words of"
            f" {MOST_CHARS_OF_WORDS:,} characters.",
            "Remove an entry first.",
        )


def one_line(text: str) -> str:
    """Return a text on one line, which can be shown anywhere."""
    return " ".join(safe_text(text).replace("\ufffd", "").split())
