"""Keeps what this process remembers in step with what other processes change."""

import asyncio
import logging

from app.core.errors import AppError
from app.service import opinions
from app.service.app_context import AppContext
from app.store import voice_changes
from app.store.database import bound
from app.store.engines import neighbours
from app.store.engines.address import StoreAddress

log = logging.getLogger(__name__)

WAIT_SECONDS = 1.0
RETRY_SECONDS = 2.0


class ChangeFollower:
    """Listens to the database, and reads again what others changed.

    Nothing is told while the connection is away. So it looks at everything once it
    listens again.
    """

    def __init__(self, context: AppContext) -> None:
        self._context = context

    async def keep_up(self) -> None:
        """Follow, for ever; there is nobody to follow without shards."""
        place = self._context.database.place
        while isinstance(place, StoreAddress) and not self._context.held.shards.are_all:
            try:
                await self._follow(place)
            except AppError as error:
                log.warning("Changes by other processes wait: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, place: StoreAddress) -> None:
        listener = await asyncio.to_thread(neighbours.ChangeListener, place)
        try:
            await self._take_over_all()
            while True:
                told = await asyncio.to_thread(listener.wait, WAIT_SECONDS)
                if told:
                    own = await self._context.database.run(_own)
                    others = {one[:2]: one for one in told if one.backend != own}
                    for _, one in sorted(others.items()):
                        await self._take_over(one)
        finally:
            await asyncio.to_thread(listener.close)

    async def _take_over_all(self) -> None:
        context = self._context
        context.settings.drop()
        await context.ledger.refresh()
        await context.lorebooks.look_again(None)
        await context.cast.look_again(None)
        await context.voices.weigh_anew()
        for guild in await context.database.run(voice_changes.changed_guilds):
            await context.voices.follow(guild)

    async def _take_over(self, told: neighbours.Told) -> None:
        context, guild = self._context, told.guild
        match told.table:
            case "setting":
                context.settings.drop(guild)
            case "voice_change":
                await context.voices.follow(guild)
            case "usage":
                await context.ledger.refresh()
            case "lore_entry":
                await context.lorebooks.look_again(guild)
            case "feedback":
                await opinions.feel(context, told.row)
            case "character":
                await context.cast.look_again(guild)


def _own() -> int:
    return neighbours.backend(bound())
