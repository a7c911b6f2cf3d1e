"""The client for a bot that needs shards, each of which comes back by itself."""

import asyncio
from collections.abc import Coroutine

import discord
from discord.shard import EventType, Shard

from app.discord.client import MynahBot

NORMAL_CLOSE = 1000
"""The close code of a connection that ended as it should."""


# Each py-cord base declares `_bot` with its own type; both mean the bot itself.
class ShardedClient(MynahBot, discord.AutoShardedBot):  # type: ignore[misc]
    """The client for a bot that needs shards.

    py-cord brings shards back one after another, and while it pauses for one, for up to
    17 minutes, no other comes back. Here each does by itself.
    """

    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect all shards, and return when the connection ended."""
        self._reconnect = reconnect
        await self.launch_shards()
        while not self.is_closed():
            item = await self._AutoShardedClient__queue.get()  # type: ignore[attr-defined]
            match item.type:
                case EventType.identify | EventType.resume:
                    self._bring_back(item.shard, item.shard.reidentify(item.error))
                case EventType.reconnect:
                    self._bring_back(item.shard, item.shard.reconnect())
                case EventType.clean_close:
                    return
                case _:
                    await self.close()
                    if getattr(item.error, "code", 0) != NORMAL_CLOSE:
                        raise item.error

    def _bring_back(self, shard: Shard, work: Coroutine[None, None, None]) -> None:
        task = self._returning[shard.id] = asyncio.create_task(work)
        self.surroundings.supervisor.watch(task, f"Connecting shard {shard.id}")

    def restart(self, shard: int) -> None:
        """Connect a shard anew, whatever it waits for."""
        found = self.shards[shard]._parent
        if shard in self._returning:
            self._returning[shard].cancel()
        self._bring_back(found, self._anew(found))

    async def _anew(self, shard: Shard) -> None:
        await shard.close()
        await shard.reconnect()

    async def close(self) -> None:
        """Stop what brings shards back, too."""
        for task in self._returning.values():
            task.cancel()
        await super().close()
