"""Summarises long conversations in the background while the local model is idle."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from app.chat import summary
from app.conversations.conversations import SILENCE_MS
from app.core.errors import AppError
from app.core.names import GuildId
from app.core.never_said import never_said
from app.providers.base import Turn
from app.replies.conversation_context import turn_of
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
IDLE_SECONDS = 15.0
"""The time after a reply before the model is used."""
LOOK_SECONDS = 5.0
ANSWER_SECONDS = 60.0


class Writes(Protocol):
    """The model on this machine."""

    @property
    def billions(self) -> float:
        """The parameters of the loaded model in billions; 0 when unknown."""
        ...

    @property
    def context_size(self) -> int: ...

    @property
    def is_idle(self) -> bool:
        """Return whether the model is loaded and writes nothing."""
        ...

    async def complete(
        self,
        guild: GuildId,
        text: str,
        max_tokens: int,
        seconds: float,
        never: Sequence[str] = (),
    ) -> str: ...


class Summaries:
    """Maintains the summaries of conversations too long for a prompt."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        model: Writes,
        held: HeldServers,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`clock` is monotonic; `now` is in seconds since the epoch."""
        self._database = database
        self._settings = settings
        self._model = model
        self._held = held
        self._clock = clock
        self._now = now
        self._replies = 0
        self._last_reply = -IDLE_SECONDS
        self._running: asyncio.Task[str] | None = None

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Leave the model alone while a reply is made."""
        self._replies += 1
        self.interrupt()
        try:
            yield
        finally:
            self._replies -= 1
            self._last_reply = self._clock()

    def interrupt(self) -> None:
        """Abandon the present summary; it starts again later."""
        if self._running:
            self._running.cancel()

    async def keep_up(self) -> None:
        """Summarise conversations as needed, forever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> int:
        """Summarise one part of each long conversation; return the number."""
        done = 0
        since = int(self._now() * 1000) - SILENCE_MS
        long = await self._database.run(conversations.long_ones, since, STEP + KEPT)
        for guild, conversation in long:
            if await self._may(guild):
                done += await self._sum_up(conversation)
        return done

    async def _may(self, guild: GuildId) -> bool:
        """Return whether the model is large enough, idle, and allowed to do this."""
        if not await self._held.holds(guild):
            return False
        rested = self._clock() - self._last_reply >= IDLE_SECONDS
        if self._replies or not rested or not self._model.is_idle:
            return False
        config = await self._settings.of(guild)
        is_large = self._model.billions >= config.context.summary_billions
        return is_large and config.memory.enabled and config.context.summary > 0

    async def _sum_up(self, conversation: int) -> bool:
        talk = await self._database.run(conversations.get, conversation)
        if talk is None:
            return False
        rows, turns = await self._database.run(_turns, talk)
        config = await self._settings.of(talk.guild)
        bot_name, never = config.bot.name, tuple(config.speak.never_say)
        budget = self._model.context_size // 2
        text = summary.ask(talk.summary, turns, bot_name, budget)
        self._running = asyncio.create_task(self._write(talk.guild, text, never))
        try:
            written = summary.clean(await self._running)
        except asyncio.CancelledError:
            if not self._running.cancelled():
                self._running.cancel()
                raise
            return False
        except AppError as error:
            log.info("a conversation was not summed up: %s", error)
            return False
        finally:
            self._running = None
        if not written or never_said(never).found_in(written):
            # Skip these turns, or the model would be asked the same forever.
            written = talk.summary
        return await self._database.run(
            conversations.summarise, talk.id, written, rows, talk.summarised
        )

    async def _write(self, guild: GuildId, text: str, never: Sequence[str]) -> str:
        return await self._model.complete(
            guild, text, summary.ANSWER_TOKENS, ANSWER_SECONDS, never
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
