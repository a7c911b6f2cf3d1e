"""Keeps the index of the search in step with the messages, in short slices."""

import asyncio

from app.ipc.control import Progress
from app.service.app_context import AppContext
from app.store import messages

SLICE = 500
"""Messages put into the index in one go, for some milliseconds."""

PAUSE_SECONDS = 0.01
"""The pause between two slices, which is left to everything else."""

LOOK_SECONDS = 2.0
"""The interval between checks for new messages."""

MANY = 20_000
"""The number of messages from which the screens show the progress."""

TELL_SECONDS = 0.5


class SearchKeeper:
    """Puts messages into the index while no job runs, so that none is slower for it."""

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def keep_up(self) -> None:
        """Put new messages into the index, for ever."""
        seen: object = None
        while True:
            news = self._context.events.news
            if news != seen:
                await self.catch_up()
                seen = news
            await asyncio.sleep(LOOK_SECONDS)

    async def catch_up(self) -> None:
        """Put all messages into the index; wait meanwhile for jobs to end."""
        clock = asyncio.get_running_loop().time
        began = told = clock()
        done, left = 0, 1
        while left:
            if self._context.jobs.is_busy:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            left = await self._context.database.run(messages.extend_index, SLICE)
            done += SLICE
            if done + left > MANY and (not left or clock() - told > TELL_SECONDS):
                told = clock()
                self._tell(done, done + left, told - began)
            await asyncio.sleep(PAUSE_SECONDS)

    def _tell(self, done: int, total: int, seconds: float) -> None:
        rate, finished = done / max(seconds, 0.001), done >= total
        self._context.events.tell(
            Progress(
                "index", "all servers", done, total, "messages", rate, finished=finished
            )
        )
