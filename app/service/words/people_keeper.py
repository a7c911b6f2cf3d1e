"""Reads in the background what members tell of themselves, for replies to them."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from app.chat import fact_question
from app.chat.fact_reader import facts_in
from app.core.errors import AppError
from app.core.names import GuildId
from app.service.app_context import AppContext
from app.store.given import facts
from app.store.given.facts import UnaskedMessage
from app.store.given.member_facts import Fact

log = logging.getLogger(__name__)

SLICE = 300
"""Messages read in one go, for some milliseconds."""

ASKED = 40
"""The same of those among which some are worth asking the model about."""

PAUSE_SECONDS = 0.02
LOOK_SECONDS = 5.0
"""The interval between checks for new messages."""

SETTING = "memory.people"


class PeopleKeeper:
    """Reads the messages of the guilds that want it, while no job runs."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def keep_up(self) -> None:
        """Read new messages, and ask about them, forever."""
        async with asyncio.TaskGroup() as tasks:
            # Asking takes minutes, in which the rules read on.
            for look in (self.catch_up, self.ask):
                tasks.create_task(self._on_news(look))

    async def _on_news(self, look: Callable[[], Awaitable[object]]) -> None:
        """Look whenever messages or settings are new; again after a False."""
        seen: tuple[object, int] | None = None
        while True:
            now = self._context.events.news, self._context.settings.changes
            if now != seen and await look() is not False:
                seen = now
            await asyncio.sleep(LOOK_SECONDS)

    async def catch_up(self) -> None:
        """Read what was not read yet, guild by guild."""
        settings, run = self._context.settings, self._context.database.run
        is_on = settings.home.memory.people
        behind = await self._context.reader.run(_behind, is_on)
        for guild in sorted(await self._context.held.among(behind)):
            while (await settings.of(guild)).memory.people:
                if self._context.jobs.is_busy:
                    await asyncio.sleep(LOOK_SECONDS)
                elif await run(facts.read_on, guild, facts_in, SLICE) < SLICE:
                    break
                await asyncio.sleep(PAUSE_SECONDS)

    async def ask(self) -> bool:
        """Ask the model here about messages in which the rules find nothing.

        Return False if it is too small, or as soon as a reply needs it.
        """
        if not self._may_ask():
            return False
        await self.catch_up()  # It is asked about what the rules have read.
        is_on = self._context.settings.home.memory.people
        unasked = await self._context.reader.run(_unasked, is_on)
        for guild in sorted(await self._context.held.among(unasked)):
            while (await self._context.settings.of(guild)).memory.people:
                if not self._may_ask():
                    return False
                if not await self._ask_on(guild):
                    break
        return self._may_ask()

    def _may_ask(self) -> bool:
        """Tell if the model is large enough, and nobody needs it."""
        model, home = self._context.memory.idle_model, self._context.settings.home
        is_free = model is not None and model.is_free(home.memory.people_billions)
        return is_free and not self._context.jobs.is_busy

    async def _ask_on(self, guild: GuildId) -> bool:
        """Look at the next messages; False if there is none, or it was interrupted."""
        run = self._context.database.run
        found = await self._context.reader.run(facts.unasked, guild, ASKED)
        for message in found:
            told: list[Fact] | None = []
            if fact_question.worth_asking(message.text):
                told = await self._told(guild, message)
            if told is None:
                return False
            await run(facts.note_asked, message, told)
        return bool(found)

    async def _told(self, guild: GuildId, message: UnaskedMessage) -> list[Fact] | None:
        """Return what the model finds in a message; None if a reply went first."""
        model, began = self._context.memory.idle_model, time.perf_counter()
        if model is None or not self._may_ask():
            return None
        try:
            answer = await model.complete(
                guild,
                fact_question.ask(message.text),
                fact_question.ANSWER_TOKENS,
                grammar=fact_question.GRAMMAR,
            )
        except AppError as error:
            log.info("The model was not asked for facts: %s", error)
            return None
        if answer is None:
            return None
        self._context.parts.note(SETTING, (time.perf_counter() - began) * 1000, guild)
        return fact_question.facts_told(message.text, answer)


def _behind(is_on: bool) -> list[GuildId]:
    return facts.behind(SETTING, is_on=is_on)


def _unasked(is_on: bool) -> list[GuildId]:
    return facts.behind(SETTING, is_on=is_on, is_asked=True)
