"""Tells what a person missed in a channel; nothing of it is stored.

It leaves this computer only for a host that the owner agreed to for summaries.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from app.chat import summary
from app.chat.context import cost_of
from app.core.errors import AppError
from app.core.names import GuildId
from app.core.never_said import never_said
from app.providers.base import Completion, Prompt, Turn
from app.providers.thoughts import answer_in
from app.replies.conversation_context import turn_of
from app.service.app_context import AppContext
from app.settings.hosts import hosts_for
from app.settings.schema import Config
from app.store import stats
from app.store.rows import StoredMessage
from app.store.stats import Mark

log = logging.getLogger(__name__)

MOST_MESSAGES = 300
MOST_LINES = 8
STEP = 24
"""The messages that the model reads at once, with its summary so far."""
MODEL_SECONDS = 60.0
"""The time for the model; the rest of the talk is then told in its own words."""
HOST_SECONDS = 30.0
HOST_TOKENS = 6000
"""The most tokens that a host is given to read."""
HOST_WORDS = 90
MOST_TURN_CHARS = 300
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
    """Empty if no model is large enough, idle and allowed to write one."""
    lines: tuple[KeyLine, ...]
    host: str = ""
    """The host that summed up; empty for the model here."""
    is_model_small: bool = False
    """True if it is not summed up, as no model here is large enough."""


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
    with context.parts.timed("context.catchup", guild):
        told, host = await _summary(context, guild, said)
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
        host,
        not told and await _is_model_small(context, guild, said),
    )


async def _now(
    context: AppContext, channel: int, since: Mark
) -> Sequence[StoredMessage]:
    written = stats.written_since
    return await context.database.run(written, channel, since, MOST_MESSAGES)


async def _is_model_small(
    context: AppContext, guild: GuildId, said: Sequence[StoredMessage]
) -> bool:
    """Tell if a summary is wanted, and no model here is large enough for one."""
    config = (await context.settings.of(guild)).context
    is_wanted = len(said) > MOST_LINES and config.catchup != "messages"
    return is_wanted and context.local.billions < config.summary_billions


async def _summary(
    context: AppContext, guild: GuildId, said: Sequence[StoredMessage]
) -> tuple[str, str]:
    """Return a summary and the host that wrote it; both empty where there is none."""
    config = await context.settings.of(guild)
    if len(said) <= MOST_LINES or config.context.catchup == "messages":
        return "", ""
    told, host = "", ""
    try:
        async with asyncio.timeout(MODEL_SECONDS):
            if config.context.catchup == "host":
                told, host = await _by_host(context, guild, said, config)
            if not told:
                host, told = "", await _by_model(context, guild, said, config)
    except (AppError, TimeoutError):
        return "", ""
    if never_said(tuple(config.speak.never_say)).found_in(told):
        return "", ""
    return told, host


async def _by_model(
    context: AppContext,
    guild: GuildId,
    said: Sequence[StoredMessage],
    config: Config,
) -> str:
    """Let the model on this computer sum up; empty if it is not fit for that."""
    model, told = context.local, ""
    if not (model.is_idle and model.billions >= config.context.summary_billions):
        return ""
    budget, never = model.context_size // 2, tuple(config.speak.never_say)
    for start in range(0, len(said), STEP):
        turns = [turn_of(one) for one in said[start : start + STEP]]
        text = summary.ask(told, turns, config.bot.name, budget)
        written = await model.complete(
            guild, text, summary.ANSWER_TOKENS, MODEL_SECONDS, never
        )
        told = summary.clean(written) or told
    return told


async def _by_host(
    context: AppContext,
    guild: GuildId,
    said: Sequence[StoredMessage],
    config: Config,
) -> tuple[str, str]:
    """Let the first host that writes replies there sum up, if it may and can."""
    for host in hosts_for(config):
        prompt = Prompt(
            guild,
            f"{guild}:catchup",
            config.bot.name,
            _newest(said),
            task=summary.TASK,
            max_words=HOST_WORDS,
            model=host.model,
            deadline_ms=HOST_SECONDS * 1000,
        )
        provider = context.providers.host(host.name)
        home = context.settings.home
        spent = context.ledger.refuses_host(guild, config, home, host)
        try:
            await provider.read_key()
            if spent or provider.unavailable(prompt):
                continue
            async with aclosing(provider.write(prompt)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Completion):
                        return summary.clean(answer_in(piece.text)), host.address.host
        except AppError as error:
            log.info("%s did not sum up: %s", host.name, error)
    return "", ""


def _newest(said: Sequence[StoredMessage]) -> tuple[Turn, ...]:
    """Return the newest messages, as many as a host is given to read."""
    turns, left = list[Turn](), HOST_TOKENS
    for message in reversed(said):
        turn = turn_of(replace(message, text=message.text[:MOST_TURN_CHARS]))
        left -= cost_of([turn])
        if left < 0:
            break
        turns.append(turn)
    return tuple(reversed(turns))


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
