"""The servers that Discord names at the start of a session, until it told of each."""

from collections.abc import Callable
from typing import TypedDict

import discord


class NamedServer(TypedDict):
    """The part of a server that is read here."""

    id: str


SessionStart = TypedDict(
    "SessionStart", {"guilds": list[NamedServer], "__shard_id__": int}, total=False
)
"""The part of READY that is read here, with the shard as py-cord notes it."""


class Arrivals:
    """Knows which servers are still to come, and tells when all are there.

    py-cord itself waits until none came for a while, and some never come: those that
    have an outage at Discord.
    """

    def __init__(self, client: discord.Client, on_all: Callable[[], None]) -> None:
        self._client = client
        self._on_all = on_all
        self._awaited = set[int]()
        self._begun = set[int]()
        """The shards that had their READY."""
        self._new = set[int]()

    def begin(self, ready: SessionStart) -> None:
        """Note the servers of a session, by its READY.

        py-cord keeps those of a shard that the bot left while the shard was away.
        """
        servers = {int(one["id"]) for one in ready["guilds"]}
        shard = ready.get("__shard_id__") or 0
        for guild in self._client.guilds:
            if guild.shard_id == shard and guild.id not in servers:
                self._client._connection._remove_guild(guild)
        self._new |= servers
        self._awaited |= servers
        self._begun.add(shard)
        self._look()

    def came(self, server: int) -> None:
        """Note that a server is there."""
        if server in self._awaited:
            self._awaited.remove(server)
            self._look()

    def take_new(self) -> set[int]:
        """Return the servers of the sessions that began since the last call."""
        new, self._new = self._new, set()
        return new

    def _look(self) -> None:
        own = getattr(self._client, "shard_ids", None)
        shards = len(own) if own else self._client.shard_count or 1
        if not self._awaited and len(self._begun) >= shards:
            self._on_all()
