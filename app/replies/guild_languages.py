"""The languages of a guild's channels, so that it answers in that of the talk."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from app.core.language import language_of
from app.core.names import GuildId
from app.providers.base import Turn
from app.store import messages
from app.store.database import Database

KEPT_SECONDS = 3600.0

PATIENCE_SECONDS = 0.05
"""The time that a reply waits for the languages; enough where all write alike."""

SAMPLED = 40
"""The number of newest messages that show a channel's language."""

LEAST = SAMPLED
"""The fewest sampled messages that make a guild one of several languages."""

LEAST_TO_SPEAK = 12
"""The fewest sampled messages of a language to speak from; a few lines of the right
language are worth more than thousands of another."""

TURNS = 6
"""The number of last turns that show the language of a talk."""

LEAST_CHARS = 24
"""The fewest characters of turns that go before the channel's own language."""

COMMON = 30
"""The number of a channel's commonest words that show its language."""

FOREIGN = 0.4
"""The share of these words in a channel, relative to their own, below which another
language is spoken there."""

_WORD = re.compile(r"[^\W\d_]+")

Languages = dict[int, tuple[str, int]]
"""Channels with their language and number of samples."""

Samples = Mapping[int, Sequence[str]]
"""The newest texts of each channel, by its row."""


class Spoken(NamedTuple):
    """The language of a talk, and the channels to speak from."""

    language: str
    """Its code; empty where the guild has one language, or it is not sure."""
    channels: frozenset[int] | None
    """Their rows; None means all."""


class GuildLanguages:
    """Knows which channels of a guild speak which language, as of the last hour."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        """`clock` is in seconds."""
        self._database = database
        self._clock = clock
        self._known: dict[GuildId, tuple[float, asyncio.Future[Languages]]] = {}
        self._before: dict[GuildId, Languages] = {}
        """Those of the hour before, until the new ones are there."""

    async def spoken(
        self,
        guild: GuildId,
        channel: int | None,
        turns: Sequence[Turn],
        speakable: frozenset[int] | None,
    ) -> Spoken:
        """Return the language of a talk, and those speakable channels that have it.

        The first reply of the hour does not wait for it.
        """
        found = await self._found(guild)
        await asyncio.wait({found}, timeout=PATIENCE_SECONDS)
        known = found.result() if found.done() else self._before.get(guild, {})
        if not known:
            return Spoken("", speakable)
        text = " ".join(turn.text for turn in turns[-TURNS:])
        # Close languages are told apart by which of them is spoken here at all.
        here = {of for of, _ in known.values() if of}
        said = await asyncio.to_thread(language_of, text, here)
        own = known.get(channel, ("", 0))[0] if channel else ""
        language = said if said and len(text) >= LEAST_CHARS else own or said
        chosen = {row: count for row, (of, count) in known.items() if of == language}
        if not language or sum(chosen.values()) < LEAST_TO_SPEAK:
            return Spoken(language, speakable)
        channels = frozenset(chosen)
        return Spoken(language, channels if speakable is None else channels & speakable)

    async def prepare(self, guild: GuildId) -> None:
        """Find out the languages of a guild's channels."""
        await asyncio.wait({await self._found(guild)})

    async def _found(self, guild: GuildId) -> asyncio.Future[Languages]:
        kept = self._known.get(guild)
        if kept is None or self._clock() - kept[0] > KEPT_SECONDS:
            sampled = await self._database.run(messages.newest_texts, guild, SAMPLED)
            telling = asyncio.to_thread(_told_apart, sampled)
            if kept is not None and kept[1].done():
                self._before[guild] = kept[1].result()
            kept = (self._clock(), asyncio.ensure_future(telling))
            self._known[guild] = kept
        return kept[1]


def _told_apart(sampled: Samples) -> Languages:
    """Return each channel's language; none where all have the same."""
    if not _is_mixed(sampled):
        return {}
    found = {
        row: (language_of(" ".join(texts)), len(texts))
        for row, texts in sampled.items()
    }
    counts = Counter[str]()
    for language, count in found.values():
        counts[language] += count
    return found if sum(n >= LEAST for name, n in counts.items() if name) > 1 else {}


def _is_mixed(sampled: Samples) -> bool:
    """Return whether some channels have other common words than most.

    Only then the identifier is loaded, which takes a second and much memory.
    """
    words = {
        row: Counter(_WORD.findall(" ".join(texts).casefold()))
        for row, texts in sampled.items()
    }
    most = max(words.values(), key=Counter.total, default=Counter[str]())
    common = [word for word, _ in most.most_common(COMMON)]

    def share(counts: Counter[str]) -> float:
        return sum(counts[word] for word in common) / max(counts.total(), 1)

    usual = share(most)
    foreign = [row for row, counts in words.items() if share(counts) < FOREIGN * usual]
    return sum(len(sampled[row]) for row in foreign) >= LEAST
