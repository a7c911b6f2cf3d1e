"""Reads in the background what members tell of themselves, for replies to them."""

import asyncio

from app.chat.fact_reader import facts_in
from app.core.names import GuildId
from app.service.app_context import AppContext
from app.store import messages
from app.store.given import facts

SLICE = 300
"""Messages read in one go, for some milliseconds."""

PAUSE_SECONDS = 0.02
LOOK_SECONDS = 5.0
"""The interval between checks for new messages."""

SETTING = "memory.people"


class PeopleKeeper:
    """Reads the messages of the guilds that want it, while no job runs."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def keep_up(self) -> None:
        """Read new messages, for ever."""
        seen: tuple[int, int] | None = None
        while True:
            newest = await self._context.reader.run(messages.last_row)
            now = newest, self._context.settings.changes
            if now != seen:
                await self.catch_up()
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


def _behind(is_on: bool) -> list[GuildId]:
    return facts.behind(SETTING, is_on=is_on)
