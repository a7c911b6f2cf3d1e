"""Things that only some guilds have, kept in memory for those that ask for them."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, TypeVar

from app.core.names import GuildId
from app.store.database import Database

T = TypeVar("T")

MOST_OPEN = 200
"""The guilds whose thing stays in memory, those that asked last."""


class GuildShelf(Generic[T]):
    """One thing for each of some guilds, read when it is asked for."""

    def __init__(
        self,
        database: Database,
        owners: Callable[[], set[GuildId]],
        read: Callable[[GuildId], Awaitable[T]],
    ) -> None:
        """Find out which guilds have one, so that the others cost nothing.

        Args:
            owners: A query of those guilds.
            read: Reads the thing of one of them.
        """
        self._database = database
        self._owners = owners
        self._read = read
        self._known = database.call(owners)
        self._open: dict[GuildId, T] = {}
        self._changes = 0

    async def get(self, guild: GuildId) -> T | None:
        """Return a guild's thing; None if it has none."""
        if guild not in self._known:
            return None
        if guild in self._open:
            found = self._open.pop(guild)
        else:
            before = self._changes
            found = await self._read(guild)
            if before != self._changes:
                return found  # It may be old already.
        self._open[guild] = found
        if len(self._open) > MOST_OPEN:
            del self._open[next(iter(self._open))]
        return found

    async def look_again(self, guild: GuildId | None) -> None:
        """Read a guild's thing again when it is wanted, since it was changed.

        None stands for every guild.
        """
        self._known = await self._database.run(self._owners)
        self._changes += 1
        if guild is None:
            self._open.clear()
        else:
            self._open.pop(guild, None)

    def peek(self, guild: GuildId) -> T | None:
        """Return a guild's thing if it is in memory, without reading it."""
        return self._open.get(guild)

    def in_memory(self) -> Iterable[T]:
        """Return what is in memory."""
        return self._open.values()
