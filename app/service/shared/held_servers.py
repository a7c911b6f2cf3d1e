"""The servers that this process holds: those of its shards, all without others."""

from collections.abc import Iterable

from app.core.errors import UsageError
from app.core.names import GuildId
from app.store import guilds
from app.store.database import Database, bound
from app.store.engines import sharing
from app.store.engines.shards import ALL, Shards
from app.store.rows import StoredGuild


class HeldServers:
    """Tells by Discord's rule who holds a server.

    The holder alone learns in it, answers, and has its voice; settings and forgetting
    are for everyone.
    """

    def __init__(self, database: Database, shards: Shards = ALL) -> None:
        self.shards = shards
        self._database = database
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

    async def every(self) -> list[Shards]:
        """Return the shards of every process, this one too."""
        if self.shards.are_all:
            return [self.shards]
        return await self._database.run(lambda: sharing.held_shards(bound()))
