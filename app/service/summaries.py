"""Summarises long conversations in the background while the local model is idle."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from app.chat import summary
from app.conversations.conversations import SILENCE_MS
from app.core.errors import AppError
from app.core.names import GuildId
from app.core.never_said import never_said
from app.providers.base import Turn
from app.providers.local.idle_model import IdleModel
from app.replies.conversation_context import turn_of
from app.service.events import Events
from app.service.metrics.part_meter import PartMeter
from app.service.shared.held_servers import HeldServers
from app.settings.effective import Settings
from app.store import conversations, members, messages
from app.store.conversations import StoredConversation
from app.store.database import Database

log = logging.getLogger(__name__)

STEP = 24
"""The number of turns summarised at once, with the summary so far."""
KEPT = 16
"""The number of last turns left out, since the prompt contains them."""
LOOK_SECONDS = 5.0


class Summaries:
    """Maintains the summaries of conversations too long for a prompt."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        model: IdleModel,
        held: HeldServers,
        parts: PartMeter,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`now` is in seconds since the epoch."""
        self._database = database
        self._settings = settings
        self._model = model
        self._held = held
        self._parts = parts
        self._now = now

    async def keep_up(self, events: Events) -> None:
        """Summarise conversations as needed, forever."""
        seen: object = None
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            news = events.news
            if news != seen:
                long = await self._long_ones()
                await self._sum_up_all(long)
                seen = None if long else news

    async def look(self) -> int:
        """Summarise one part of each long conversation; return the number."""
        return await self._sum_up_all(await self._long_ones())

    async def _long_ones(self) -> Sequence[tuple[GuildId, int]]:
        since = int(self._now() * 1000) - SILENCE_MS
        return await self._database.run(conversations.long_ones, since, STEP + KEPT)

    async def _sum_up_all(self, long: Sequence[tuple[GuildId, int]]) -> int:
        done = 0
        for guild, conversation in long:
            if await self._may(guild):
                done += await self._sum_up(conversation)
        return done

    async def _may(self, guild: GuildId) -> bool:
        """Return whether the model is large enough, idle, and allowed to do this."""
        if not await self._held.holds(guild):
            return False
        config = await self._settings.of(guild)
        is_free = self._model.is_free(config.context.summary_billions)
        return is_free and config.memory.enabled and config.context.summary > 0

    async def _sum_up(self, conversation: int) -> bool:
        talk = await self._database.run(conversations.get, conversation)
        if talk is None:
            return False
        rows, turns = await self._database.run(_turns, talk)
        config = await self._settings.of(talk.guild)
        bot_name, never = config.bot.name, tuple(config.speak.never_say)
        budget = self._model.context_size // 2
        text = summary.ask(talk.summary, turns, bot_name, budget)
        began = time.perf_counter()
        try:
            told = await self._model.complete(
                talk.guild, text, summary.ANSWER_TOKENS, never
            )
        except AppError as error:
            log.info("a conversation was not summed up: %s", error)
            return False
        if told is None:
            return False
        ms = (time.perf_counter() - began) * 1000
        self._parts.note("context.summary", ms, talk.guild)
        written = summary.clean(told)
        if not written or never_said(never).found_in(written):
            # Skip these turns, or the model would be asked the same forever.
            written = talk.summary
        return await self._database.run(
            conversations.summarise, talk.id, written, rows, talk.summarised
        )


def _turns(talk: StoredConversation) -> tuple[list[int], list[Turn]]:
    """Return the rows to summarise next, with the parts that may be used."""
    rows = conversations.turns_after(talk.id, talk.summarised)[:STEP]
    hidden = members.opted_out(talk.guild)
    return rows, [
        turn_of(message)
        for message in messages.by_rows(rows)
        if message.author not in hidden and message.text.strip()
    ]
