"""Many servers on one machine: `python -m tests.bench.bench_servers --servers 10000`.

It makes a home of ten servers and one of many, and prints both beside each other. Then
`mynah serve` connects each to the stand-in for Discord (`--shards` for the many), and
printed is when it is ready, its memory, and how long an answer on Discord takes.
`--keep DIR` leaves the homes there, or uses those that are there.
"""

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path
from random import Random
from statistics import median

import psutil

from app.core.names import GuildId
from app.core.paths import Home
from app.discord.controller import ports_of
from app.ipc import control, endpoint
from app.serve import CATALOGUE
from app.service.service import Service, open_service
from app.settings.config_file import save
from app.store import authors
from app.store.database import Database, bound
from app.store.messages import extend_index
from app.tui.database_reader import DatabaseReader
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import BOT_ID, Channel, Guild, User

ROOT = Path(__file__).parents[2]
WORDS = "the king and his men of the night say that a boat is late again today".split()
CHANNELS, PEOPLE = 4, 20
REPLIES = 20
INDEXED_AT_ONCE = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--messages", type=int, default=1000, help="of each server")
    parser.add_argument("--shards", type=int, default=5)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for number in (10, args.servers):
            root = (args.keep or Path(scratch)) / str(number)
            home, is_new = Home(root), not root.exists()
            if is_new:
                make(home.create(), number, args.messages)
            print(f"{number:,} servers of {args.messages:,} messages")
            size = home.database.stat().st_size
            each = size / number / args.messages
            told = f"{size / 1e6:,.0f} MB, {each:.0f} bytes a message"
            print(f"  {'the database':34}{told}")
            asyncio.run(measure(home, number))
            asyncio.run(live(home, number, args.shards if number > 10 else 1))


def discord_id(server: int) -> int:
    """Return an id whose shard is another one than its neighbors'."""
    return 10**17 + (server << 22)


def make(home: Home, servers: int, messages: int) -> None:
    """Fill a home's database with servers that the bot is in."""
    save(home.config_file, "reply.mode", "markov")
    save(home.config_file, "memory.enabled", False)
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    with Database(home.database) as database:
        database.call(authors.open_key, home.author_key_file)
        database.call(_fill, servers, messages)
        # A home that grows is indexed as it does.
        while database.call(extend_index, INDEXED_AT_ONCE):
            pass


def _fill(servers: int, messages: int) -> None:
    connection, rng, now = bound().connection(), Random(5), int(time.time() * 1000)
    connection.execute("BEGIN")
    for guild in range(1, servers + 1):
        connection.execute(
            "INSERT INTO guild (id, discord_id, name, joined, is_demo)"
            " VALUES (?, ?, ?, ?, 0)",
            (guild, str(discord_id(guild)), f"Server {guild}", now),
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
        names = {discord_id(n): f"Server {n}" for n in range(1, servers + 1)}
        await timed("note the servers after READY", ports.guilds.present(names))
        await timed("mark how far all channels are", ports.messages.newest(names))
        await timed(
            "the first list of servers", service.call(Nobody(), control.Guilds())
        )
        await timed("the list of servers", service.call(Nobody(), control.Guilds()))
        await timed("the state for Home", service.call(Nobody(), control.Status()))
        await screens(home)
        first, then = [], []
        for n in range(REPLIES):
            name = str(discord_id(1 + n * servers // REPLIES))
            first.append(await reply(service, name))
            then.append(min([await reply(service, name) for _ in range(5)]))
        print(f"  {'a first reply, median':34}{median(first):10.1f} ms")
        print(f"  {'a later reply, median':34}{median(then):10.1f} ms")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  {'memory at most':34}{peak:10.0f} MB")


async def screens(home: Home) -> None:
    """Print how long the screens wait for the database."""
    reader, guild = DatabaseReader(home), GuildId(7)
    day = int((time.time() - 86_400) * 1000)
    await timed("the first look of the screens", reader.replies(limit=20))
    await timed("Home: the latest replies", reader.replies(limit=20))
    await timed("Home: the day by outcome", reader.outcomes_over_time(day, 3_600_000))
    await timed("the channels of a server", reader.channels([guild]))
    await timed("a server's newest messages", reader.messages(guild))
    await timed("a search in a server", reader.messages(guild, None, "boat again"))
    await reader.close()


async def live(home: Home, servers: int, shards: int) -> None:
    """Connect the real bot to the stand-in, and print when it is ready."""
    stand_in = DiscordStandIn()
    await stand_in.start()
    stand_in.gateway.required_shards = shards
    person, rooms = User("ann"), list[Channel]()
    for number in range(1, servers + 1):
        guild = Guild(f"Server {number}", id=discord_id(number))
        guild.join(person)
        for n in range(CHANNELS):
            made = Channel(f"room-{n}", guild, id=2 * 10**17 + number * CHANNELS + n)
            guild.channels[made.id] = made
        rooms.append(made)
        await stand_in.add_guild(guild)
    script = ROOT / "tests" / "discord_stand_in" / "serve_child.py"
    began = time.perf_counter()
    with (home.root / "child.log").open("ab") as log:
        bot = await asyncio.create_subprocess_exec(
            sys.executable, str(script), stand_in.api_url,
            "--home", str(home.root), "serve",
            cwd=ROOT,
            env=os.environ | {"DISCORD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)},
            stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
    try:
        process = psutil.Process(bot.pid)
        identifies = stand_in.gateway.identifies
        await stand_in.wait_for(lambda: len(identifies) > 0, 120)
        early = await _answered(stand_in, _of_shard(rooms, 0, shards), person)
        print(f"  {'live: an answer after the first':34}{early:10.1f} ms")
        await stand_in.wait_for(lambda: len(identifies) >= shards, 120)
        show("live: the last identify", began)
        began = time.perf_counter()
        last = _of_shard(rooms, shards - 1, shards)
        late = asyncio.create_task(_answered(stand_in, last, person))
        async with asyncio.timeout(120):
            while not await _is_online(home):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.05)
        show("live: online, all servers there", began)
        print(f"  {'live: an answer in the last shard':34}{await late:10.1f} ms")
        print(f"  {'live: memory then':34}{_megabytes(process):10.0f} MB")
        first, then = [], []
        for room in rooms[:: max(1, servers // REPLIES)]:
            first.append(await _answered(stand_in, room, person))
            then.append(await _answered(stand_in, room, person))
        print(f"  {'live: a first answer, median':34}{median(first):10.1f} ms")
        print(f"  {'live: a later answer, median':34}{median(then):10.1f} ms")
        await asyncio.sleep(30)
        print(f"  {'live: memory 30 s later':34}{_megabytes(process):10.0f} MB")
        busy = process.cpu_percent(5)
        print(f"  {'live: processor at rest':34}{busy:10.1f} %")
    finally:
        bot.terminate()
        await bot.wait()
        await stand_in.stop()


async def _answered(stand_in: DiscordStandIn, room: Channel, person: User) -> float:
    """Milliseconds from a mention on Discord to the answer there."""
    sent, began = len(stand_in.outbox.sent(room.id)), time.perf_counter()
    await stand_in.say(room, person, f"<@{BOT_ID}> is the boat late")
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent(room.id)) > sent, 60)
    return (time.perf_counter() - began) * 1000


def _of_shard(rooms: list[Channel], shard: int, shards: int) -> Channel:
    """Return a channel of the last server that the shard has."""
    return [
        one for one in rooms if one.guild and (one.guild.id >> 22) % shards == shard
    ][-1]


async def _is_online(home: Home) -> bool:
    peer = await endpoint.attach(home.endpoint_file, CATALOGUE)
    if peer is None:
        return False
    talk = asyncio.ensure_future(peer.run())
    try:
        return (await peer.call(control.Status())).discord.state == "online"
    finally:
        talk.cancel()


def _megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


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
