"""The work that a session begins with: reading what was missed, sending the rest."""

import asyncio

from app.discord.catch_up import CatchUp
from app.discord.surroundings import Surroundings
from app.discord.talk.missed_direct import MissedDirect
from app.discord.unsent_replies import UnsentReplies


class SessionStart:
    """Catches up and finishes what is unsent, in the background, until it is done."""

    def __init__(
        self,
        surroundings: Surroundings,
        catch_up: CatchUp,
        unsent: UnsentReplies,
        missed_direct: MissedDirect,
    ) -> None:
        self._pace = surroundings.pace
        self._supervisor = surroundings.supervisor
        self._leads = surroundings.shards.lead
        self._catch_up = catch_up
        self._unsent = unsent
        self._missed_direct = missed_direct
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_done(self) -> bool:
        return not self._tasks

    def begin(self) -> None:
        """Do it all, also what came while it is being done."""
        task = asyncio.create_task(self._supervisor.keep("Catching up", self._settle))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def try_again(self) -> None:
        """Try again what was not sent, unless that is done already."""
        if self.is_done:
            self.begin()

    async def close(self) -> None:
        """Stop; the next session begins with what is left."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _settle(self) -> None:
        pause = self._pace.first_retry
        while True:
            # What was deleted meanwhile must not be in what is sent now.
            is_over = await self._catch_up.run(await self._unsent.servers())
            is_over &= await self._unsent.finish()
            if self._leads:
                is_over &= await self._missed_direct.catch_up()
            if is_over:
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._pace.longest_retry)
