"""The servers that this process holds: those of its shards, all without others."""

import asyncio
from collections.abc import Iterable, Sequence

from app.core.errors import UsageError
from app.core.names import GuildId
from app.store import guilds
from app.store.database import Database, bound
from app.store.engines import neighbours
from app.store.engines.shards import ALL, Shards
from app.store.rows import StoredGuild

LOOK_SECONDS = 2.0
"""The longest time until it is known that another process came or went."""


class HeldServers:
    """Tells by Discord's rule who holds a server.

    The holder alone learns in it, answers, and has its voice; settings and forgetting
    are for everyone.
    """

    def __init__(self, database: Database, shards: Shards = ALL) -> None:
        self.shards = shards
        self._database = database
        self._every = [shards]
        self._looked = -LOOK_SECONDS
        self._known: dict[GuildId, bool] = {}
        """Those of servers on Discord, whose ids never change."""

    async def holds(self, guild: GuildId) -> bool:
        """Tell if this process holds a guild."""
        if self.shards.are_all or self._known.get(guild):
            return True
        if guild in self._known:
            return False
        found = await self._database.run(guilds.get, guild)
        server = found.discord_id if found else None
        is_held = self.shards.hold(server)
        if server is not None:
            self._known[guild] = is_held
        return is_held

    async def among(self, chosen: Iterable[GuildId]) -> set[GuildId]:
        """Return those of the guilds that this process holds."""
        return {one for one in chosen if await self.holds(one)}

    async def require(self, guild: GuildId) -> None:
        """Refuse what the holder of a guild alone can do.

        Raises:
            UsageError: If another process holds it; names its shards.
        """
        if await self.holds(guild):
            return
        found = await self._database.run(guilds.get, guild)
        name = found.name if found else str(guild)
        raise UsageError(
            f"{name} is not held here, but {await self.holder(found)}.",
            "Ask the Mynah that holds it: its screens, or commands in its home.",
        )

    async def holder(self, guild: StoredGuild | None) -> str:
        """Say which other process holds a guild."""
        number = self.shards.number_of(guild.discord_id if guild else None)
        for one in await self.every():
            if number in one.numbers:
                return f"by shards {one}"
        return f"by nobody now (shard {number}/{self.shards.count})"

    async def holders(self, chosen: Sequence[StoredGuild]) -> dict[GuildId, str]:
        """Say of each of the guilds that others hold, who does."""
        others = [one for one in chosen if not self.shards.hold(one.discord_id)]
        return {one.id: await self.holder(one) for one in others}

    async def free(self) -> list[int]:
        """Return the shards that no process holds."""
        held = {number for one in await self.every() for number in one.numbers}
        return [one for one in range(self.shards.count) if one not in held]

    async def every(self) -> list[Shards]:
        """Return the shards of every process, this one too."""
        if self.shards.are_all:
            return [self.shards]
        loop = asyncio.get_running_loop()
        if loop.time() - self._looked > LOOK_SECONDS:
            self._looked = loop.time()
            look = neighbours.held_shards
            self._every = await self._database.run(lambda: look(bound()))
        return self._every
