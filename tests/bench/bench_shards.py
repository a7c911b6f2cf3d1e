"""Thousands of servers over several connections: `python -m tests.bench.bench_shards`.

The bot connects to the stand-in for Discord through py-cord, which identifies once for
each shard. Messages arrive at a steady rate, one shard's connection is cut, and printed
is how late messages were decided on, in the cut shard and in the others.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from random import Random
from statistics import median, quantiles

import discord.http

from app.core.paths import Home
from app.discord.connection import DiscordLink
from app.discord.controller import ports_of
from app.discord.messages import place_of
from app.discord.surroundings import Surroundings
from app.service.service import open_service
from tests.bench.bench_hearing import Judged
from tests.discord.real_host import LINES
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import Channel, Guild, User

HEARD = 60
"""The servers in which people talk."""

CUT_AT, CUT_SHARD = 0.3, 2
"""The part of the messages after which a connection is cut, and which."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--servers", type=int, default=3000)
    parser.add_argument("--shards", type=int, default=5)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(measure(Path(scratch), args))


async def enter(stand_in: DiscordStandIn, servers: int) -> tuple[User, list[Channel]]:
    """Make the servers, each with a person and a channel."""
    person, channels = User("ann"), list[Channel]()
    for number in range(servers):
        guild = Guild(f"Server {number}", id=(number + 1) << 22)
        guild.join(person)
        channels.append(guild.channel("general"))
        await stand_in.add_guild(guild)
    return person, channels


async def measure(root: Path, args: argparse.Namespace) -> None:
    stand_in, rng = DiscordStandIn(), Random(3)
    await stand_in.start()
    stand_in.gateway.required_shards = args.shards
    discord.http.Route.API_BASE_URL = stand_in.api_url
    person, channels = await enter(stand_in, args.servers)
    async with open_service(Home(root / "home").create(), Random(7)) as service:
        context = service.context
        ports, judged = ports_of(context, Random(7)), Judged()
        around = Surroundings(
            ports, lambda: context.settings.home.bot, context.discord_state
        )
        link = DiscordLink(TOKEN, around, lambda state: None)
        began = time.perf_counter()
        running = asyncio.create_task(link.run())
        await stand_in.wait_for(lambda: link.state.name == "online", 300)
        client = link.client
        assert client is not None
        await stand_in.wait_for(lambda: len(client.guilds) == args.servers, 300)
        shards = sorted(tuple(one["shard"]) for one in stand_in.gateway.identifies)
        print(f"servers                     {len(client.guilds):,}, shards {shards}")
        print(f"to all servers, s           {time.perf_counter() - began:.1f}")
        client.speaker.judged = judged
        heard = channels[:HEARD]
        for one in heard:
            found = place_of(client.get_channel(one.id))
            assert found is not None
            await ports.guilds.set_learning(found, True)
        said: dict[int, tuple[float, int]] = {}
        count = int(args.rate * args.seconds)
        began = time.perf_counter()
        for n in range(count):
            await asyncio.sleep(began + n / args.rate - time.perf_counter())
            if n == int(count * CUT_AT):
                await _cut(stand_in)
            channel = rng.choice(heard)
            assert channel.guild is not None
            then = time.perf_counter()
            id = await stand_in.say(channel, person, rng.choice(LINES))
            said[id] = (then, (channel.guild.id >> 22) % args.shards)
        await stand_in.wait_for(lambda: said.keys() <= judged.times.keys(), 60)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await stand_in.stop()
    late = {
        is_cut: [
            (judged.times[id] - then) * 1e3
            for id, (then, shard) in said.items()
            if (shard == CUT_SHARD) == is_cut
        ]
        for is_cut in (True, False)
    }
    print(
        f"resumed, identified anew    {len(stand_in.gateway.resumes)}, "
        f"{len(stand_in.gateway.identifies) - args.shards}"
    )
    for is_cut, name in ((False, "other shards"), (True, "the cut shard")):
        high = quantiles(late[is_cut], n=100)[98]
        print(
            f"{name:27} {len(late[is_cut])} messages,"
            f" decided after {median(late[is_cut]):.1f} ms median, {high:.1f} p99"
        )


async def _cut(stand_in: DiscordStandIn) -> None:
    for session in stand_in.gateway.sessions.values():
        if session.shard[0] == CUT_SHARD and session.socket is not None:
            socket, session.socket = session.socket, None
            await socket.drop()


if __name__ == "__main__":
    main()
