"""Tells from the sockets whether Discord still hears and answers the bot."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

import discord
from discord.gateway import DiscordWebSocket

log = logging.getLogger(__name__)


class DeafError(Exception):
    """The connection is there, and nothing comes through it."""


class Liveness:
    """Watches the heartbeats of one client."""

    def __init__(
        self,
        client: discord.Bot,
        silence: float,
        start: float,
        each: float = 0.0,
        restart: Callable[[int], None] = lambda shard: None,
    ) -> None:
        """Prepare for a client.

        Args:
            silence: Seconds without an answered heartbeat that end a connection.
            start: Seconds until it must be ready for the first time.
            each: Seconds more for each shard, which identify one after another.
            restart: Connects one shard anew while others are well.
        """
        self._client = client
        self._silence = silence
        self._start = start
        self._each = each
        self._restart = restart
        self._began = time.perf_counter()
        self._well: dict[int, float] = {}
        """When each shard was well, or was started again."""

    async def watch(self, every: float) -> None:
        """Look again and again until something is wrong.

        Raises:
            DeafError: If the connection is of no use any more.
        """
        while True:
            await asyncio.sleep(every)
            self.check()

    def check(self) -> None:
        """Look once.

        Raises:
            DeafError: If the connection is of no use any more.
        """
        now = time.perf_counter()
        silent = self._silent()
        for shard, seconds in silent.items():
            if seconds < self._silence:
                self._well[shard] = now
        start = self._start + self._each * (self._client.shard_count or 1)
        if not self._client.is_ready() and now - self._began > start:
            raise DeafError(f"not ready after {now - self._began:.0f} s")
        well = {shard: self._well.get(shard, self._began) for shard in silent}
        deaf = [shard for shard in silent if now - well[shard] > self._silence]
        if len(deaf) == len(silent):
            raise DeafError(f"no heartbeat was answered for {self._silence:.0f} s")
        for shard in deaf:
            log.warning("Shard %s hears nothing, and connects again", shard)
            self._well[shard] = now
            self._restart(shard)

    def silent_seconds(self) -> float:
        """Return the time since Discord answered, on the socket that is worst off."""
        return max(self._silent().values())

    def _silent(self) -> dict[int, float]:
        """Return those seconds by shard; of the first one before any is there."""
        now, found = time.perf_counter(), sockets(self._client)
        if not found:
            return {0: now - self._began}
        return {shard: now - _last_answer(one) for shard, one in found.items()}


def sockets(client: discord.Bot) -> Mapping[int, DiscordWebSocket | None]:
    """Return the sockets of a client by shard."""
    if isinstance(client, discord.AutoShardedClient):
        return {number: one._parent.ws for number, one in client.shards.items()}
    return {0: client.ws} if client.ws else {}


def is_beating(socket: DiscordWebSocket | None) -> bool:
    """Tell if a socket is open, and its heartbeats began."""
    return _last_answer(socket) > float("-inf")


def _last_answer(socket: DiscordWebSocket | None) -> float:
    """Return when a heartbeat was answered; never, for a socket that is closed."""
    beating = socket._keep_alive if socket is not None and socket.open else None
    return float("-inf") if beating is None else float(beating._last_ack)
