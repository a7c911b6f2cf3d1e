"""Many servers on one machine: `python -m tests.bench.bench_servers --servers 10000`.

It makes a home of ten servers and one of many, and prints both beside each other.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from random import Random
from statistics import median

from app.core.paths import Home
from app.discord.controller import ports_of
from app.ipc import control
from app.service.service import Service, open_service
from app.settings.config_file import save
from app.store import authors
from app.store.database import Database, bound

WORDS = "the king and his men of the night say that a boat is late again today".split()
CHANNELS, PEOPLE = 4, 20
REPLIES = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=1000, help="of each server")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for number in (10, args.servers):
            home = Home(Path(scratch) / str(number)).create()
            make(home, number, args.messages)
            print(f"{number:,} servers of {args.messages:,} messages")
            asyncio.run(measure(home, number))


def make(home: Home, servers: int, messages: int) -> None:
    """Fill a home's database with servers that the bot is in."""
    save(home.config_file, "reply.mode", "markov")
    save(home.config_file, "memory.enabled", False)
    with Database(home.database) as database:
        database.call(authors.open_key, home.author_key_file)
        database.call(_fill, servers, messages)


def _fill(servers: int, messages: int) -> None:
    connection, rng, now = bound().connection(), Random(5), int(time.time() * 1000)
    connection.execute("BEGIN")
    for guild in range(1, servers + 1):
        connection.execute(
            "INSERT INTO guild (id, discord_id, name, joined, is_demo)"
            " VALUES (?, ?, ?, ?, 0)",
            (guild, str(10**17 + guild), f"Server {guild}", now),
        )
        first = guild * CHANNELS
        connection.executemany(
            "INSERT INTO channel (id, guild_id, discord_id, name, is_learning,"
            " is_private, is_age_restricted) VALUES (?, ?, ?, ?, 1, 0, 0)",
            (
                (first + n, guild, str(2 * 10**17 + first + n), f"room-{n}")
                for n in range(CHANNELS)
            ),
        )
        people = guild * PEOPLE
        connection.executemany(
            "INSERT INTO member (id, guild_id, author, name, is_bot, has_opted_out,"
            " allows_tuning) VALUES (?, ?, ?, ?, 0, 0, 0)",
            (
                (people + n, guild, f"{people + n:064x}", f"Ann {n}")
                for n in range(PEOPLE)
            ),
        )
        row = guild * messages
        connection.executemany(
            "INSERT INTO message (id, guild_id, channel_id, member_id, external, ts,"
            " text, is_heard) VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
            (
                (
                    row + n, guild, first + n % CHANNELS, people + n % PEOPLE,
                    str(3 * 10**17 + row + n), now - (messages - n) * 60_000,
                    " ".join(rng.choices(WORDS, k=9)),
                )
                for n in range(messages)
            ),
        )  # fmt: skip
    last = (servers + 1) * messages
    connection.execute("INSERT INTO row_numbers (id, last) VALUES (1, ?)", (last,))
    connection.execute("COMMIT")


async def measure(home: Home, servers: int) -> None:
    """Print how long each thing takes in a home."""
    began = time.perf_counter()
    async with open_service(home, Random(7)) as service:
        show("open the home", began)
        ports = ports_of(service.context, Random(7))
        names = {10**17 + n: f"Server {n}" for n in range(1, servers + 1)}
        await timed("note the servers after READY", ports.guilds.present(names))
        await timed("mark how far all channels are", ports.messages.newest())
        await timed("the list of servers", service.call(Nobody(), control.Guilds()))
        await timed("the state for Home", service.call(Nobody(), control.Status()))
        first, then = [], []
        for n in range(REPLIES):
            name = str(10**17 + 1 + n * servers // REPLIES)
            first.append(await reply(service, name))
            then.append(min([await reply(service, name) for _ in range(5)]))
        print(f"  {'a first reply, median':34}{median(first):10.1f} ms")
        print(f"  {'a later reply, median':34}{median(then):10.1f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {'memory at most':34}{peak:10.0f} MB")


class Nobody:
    """Asks, and hears no news."""

    async def notify(self, notification: object) -> None: ...


async def reply(service: Service, guild: str) -> float:
    """Milliseconds of one reply."""
    began = time.perf_counter()
    await service.call(Nobody(), control.Say(guild=guild, text="is the boat late"))
    return (time.perf_counter() - began) * 1000


async def timed(what: str, work: Awaitable[object]) -> None:
    began = time.perf_counter()
    await work
    show(what, began)


def show(what: str, began: float) -> None:
    print(f"  {what:34}{(time.perf_counter() - began) * 1000:10.1f} ms", flush=True)


if __name__ == "__main__":
    main()
