"""Tells what a person missed in a channel; nothing of it is stored or leaves."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.chat import summary
from app.core.errors import AppError
from app.core.names import GuildId
from app.core.never_said import never_said
from app.replies.conversation_context import turn_of
from app.service.app_context import AppContext
from app.store import stats
from app.store.rows import StoredMessage
from app.store.stats import Mark

MOST_MESSAGES = 300
MOST_LINES = 8
STEP = 24
"""The messages that the model reads at once, with its summary so far."""
MODEL_SECONDS = 60.0
"""The time for the model; the rest of the talk is then told in its own words."""
FIRST_MS = 24 * 3_600_000
"""The span for somebody who never wrote there."""


@dataclass(frozen=True)
class KeyLine:
    """A message that says much of a talk."""

    name: str
    text: str
    message: str
    """Its id on Discord, or in the file it came from."""


@dataclass(frozen=True)
class Digest:
    """The talk in a channel since a time."""

    since: int
    """Milliseconds since the epoch."""
    is_since_last_words: bool
    """True if that is when the person last wrote there."""
    messages: int
    people: int
    summary: str
    """By the model here; empty if it is too small, busy or absent."""
    lines: tuple[KeyLine, ...]


async def digest(
    context: AppContext,
    guild: GuildId,
    channel: int,
    author: str,
    hours: float | None,
    now: Callable[[], float] = time.time,
) -> Digest:
    """Sum up a channel (row) since the author's (hash) last message, or some hours."""
    now_ms = int(now() * 1000)
    last = await context.reader.run(stats.last_words, channel, author)
    since = last or Mark(now_ms - FIRST_MS)
    if hours is not None:
        since = Mark(now_ms - int(hours * 3_600_000))
    written = stats.written_since
    said = await context.reader.run(written, channel, since, MOST_MESSAGES)
    told = await _summary(context, guild, said)
    chosen = await _key_messages(context, guild, said)
    # What was forgotten or edited meanwhile must not be told.
    there = {one.id: one.text for one in await _now(context, channel, since)}
    is_whole = all(there.get(one.id) == one.text for one in said)
    kept = [one for one in chosen if there.get(one.id) == one.text]
    return Digest(
        since.ts,
        hours is None and last is not None,
        len(there),
        len({one.author for one in said if one.id in there}),
        told if is_whole else "",
        tuple(KeyLine(one.name, one.text, one.external) for one in kept),
    )


async def _now(
    context: AppContext, channel: int, since: Mark
) -> Sequence[StoredMessage]:
    written = stats.written_since
    return await context.database.run(written, channel, since, MOST_MESSAGES)


async def _summary(
    context: AppContext, guild: GuildId, said: Sequence[StoredMessage]
) -> str:
    """Let the model on this computer sum up; empty if it is not fit for that."""
    config, model = await context.settings.of(guild), context.local
    is_fit = model.is_idle and model.billions >= config.context.summary_billions
    is_wanted = config.context.catchup == "summary" and len(said) > MOST_LINES
    if not (is_fit and is_wanted):
        return ""
    budget, told = model.context_size // 2, ""
    never = tuple(config.speak.never_say)
    try:
        async with asyncio.timeout(MODEL_SECONDS):
            for start in range(0, len(said), STEP):
                turns = [turn_of(one) for one in said[start : start + STEP]]
                text = summary.ask(told, turns, config.bot.name, budget)
                written = await model.complete(
                    guild, text, summary.ANSWER_TOKENS, MODEL_SECONDS, never
                )
                told = summary.clean(written) or told
    except (AppError, TimeoutError):
        return ""
    return "" if never_said(never).found_in(told) else told


async def _key_messages(
    context: AppContext, guild: GuildId, said: Sequence[StoredMessage]
) -> list[StoredMessage]:
    """Choose by meaning, or the longest of each stretch where there is no memory."""
    if len(said) <= MOST_LINES:
        return list(said)
    memory = (await context.settings.of(guild)).memory
    places: Sequence[int] | None = None
    if memory.enabled:
        texts = [one.text for one in said]
        places = await context.memory.key_texts(texts, MOST_LINES)
    if places is None:
        size = -(-len(said) // MOST_LINES)
        starts = range(0, len(said), size)
        stretches = [range(start, min(start + size, len(said))) for start in starts]
        places = [max(one, key=lambda n: len(said[n].text)) for one in stretches]
    return [said[place] for place in places]
