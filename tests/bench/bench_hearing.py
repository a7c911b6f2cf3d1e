"""How soon a heard message can be decided on: `python -m tests.bench.bench_hearing`.

Messages arrive at a steady rate over some servers, as the cog of events hands them on:
stored, then judged. Printed are the milliseconds from arrival to decision, and the
processor time of the whole process for each message; `--profile` shows where it goes.
`--client` lets them come from the stand-in for Discord, over a socket and py-cord: then
the time counts from the stand-in's event, and its own work is in the figures.
"""

import argparse
import asyncio
import cProfile
import pstats
import tempfile
import time
from collections import deque
from pathlib import Path
from random import Random
from statistics import median, quantiles

import discord.http

from app.chat import reply_trigger
from app.core.paths import Home
from app.discord.connection import DiscordLink
from app.discord.controller import ports_of
from app.discord.messages import place_of
from app.discord.ports import Incoming, MessagePlace, Ports
from app.discord.responder import JudgedMessage
from app.discord.surroundings import Surroundings
from app.service.service import open_service
from tests.discord.real_host import LINES
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import Channel, Guild, User

EPOCH_MS = 1_420_070_400_000
CHANNELS, PEOPLE = 8, 60
QUIET = reply_trigger.Recent(None, None, 0, False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--servers", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--client", action="store_true")
    args = parser.parse_args()
    profile = cProfile.Profile() if args.profile else None
    with tempfile.TemporaryDirectory() as scratch:
        how = measure_client if args.client else measure
        asyncio.run(how(Path(scratch), args, profile))
    if profile:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


async def measure(
    root: Path, args: argparse.Namespace, profile: cProfile.Profile | None
) -> None:
    home = Home(root / "home").create()
    async with open_service(home, Random(7)) as service:
        ports = ports_of(service.context, Random(7))
        places = [place(n, args.servers) for n in range(args.servers * CHANNELS)]
        for where in places:
            await ports.guilds.joined(where.guild, where.guild_name)
            await ports.guilds.set_learning(where, True)
        rng = Random(3)
        for n in range(len(places)):
            await hear(ports, said(n, places[n], rng), [])
        keeping = asyncio.create_task(service.context.memory.keep_up())
        took: list[float] = []
        used, count = time.process_time(), int(args.rate * args.seconds)
        if profile:
            service.context.database.call(profile.enable)
        began, tasks = time.perf_counter(), []
        for n in range(count):
            await asyncio.sleep(began + n / args.rate - time.perf_counter())
            one = said(1000 + n, rng.choice(places), rng)
            tasks.append(asyncio.create_task(hear(ports, one, took)))
        await asyncio.gather(*tasks)
        if profile:
            service.context.database.call(profile.disable)
        used = time.process_time() - used
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    tell(took, used, args.servers)


def tell(took: list[float], used: float, servers: int) -> None:
    high = quantiles(took, n=100)[98]
    print(f"messages                    {len(took)} in {servers} servers")
    print(f"arrival to decision, ms     {median(took):.1f} median, {high:.1f} p99")
    print(f"processor time a message    {used / len(took) * 1e3:.1f} ms")


class Judged(deque[JudgedMessage]):
    """The decisions of a client, with their times."""

    def __init__(self) -> None:
        super().__init__(maxlen=200)
        self.times: dict[int, float] = {}

    def append(self, one: JudgedMessage) -> None:
        super().append(one)
        self.times[one.message] = time.perf_counter()


async def enter(
    stand_in: DiscordStandIn, servers: int
) -> tuple[list[User], list[Channel]]:
    """Make the people and the channels of some servers."""
    people = [User(f"person {number}") for number in range(PEOPLE)]
    places = list[Channel]()
    for server in range(servers):
        guild = Guild(f"Server {server}")
        for person in people:
            guild.join(person)
        places += [guild.channel(f"room-{number}") for number in range(CHANNELS)]
        await stand_in.add_guild(guild)
    return people, places


async def measure_client(
    root: Path, args: argparse.Namespace, profile: cProfile.Profile | None
) -> None:
    """Measure the whole way, from an event of Discord."""
    stand_in, rng = DiscordStandIn(), Random(3)
    await stand_in.start()
    discord.http.Route.API_BASE_URL = stand_in.api_url
    people, places = await enter(stand_in, args.servers)
    async with open_service(Home(root / "home").create(), Random(7)) as service:
        context = service.context
        ports, judged = ports_of(context, Random(7)), Judged()
        settings = context.settings
        around = Surroundings(ports, lambda: settings.home.bot, context.discord_state)
        link = DiscordLink(TOKEN, around, lambda state: None)
        running = asyncio.create_task(link.run())
        await stand_in.wait_for(lambda: link.state.name == "online", 60)
        assert link.client is not None
        link.client.speaker.judged = judged
        for one in places:
            found = place_of(link.client.get_channel(one.id))
            assert found is not None
            await ports.guilds.set_learning(found, True)
            await stand_in.say(one, people[0], "a first line")
        await stand_in.wait_for(lambda: len(judged.times) == len(places), 60)
        keeping = asyncio.create_task(context.memory.keep_up())
        said: dict[int, float] = {}
        used, count = time.process_time(), int(args.rate * args.seconds)
        began = time.perf_counter()
        for n in range(count):
            await asyncio.sleep(began + n / args.rate - time.perf_counter())
            then = time.perf_counter()
            text = f"{rng.choice(LINES)} {rng.choice(LINES)}"
            said[await stand_in.say(rng.choice(places), rng.choice(people), text)] = (
                then
            )
        await stand_in.wait_for(lambda: said.keys() <= judged.times.keys(), 60)
        used = time.process_time() - used
        for task in (keeping, running):
            task.cancel()
        await asyncio.gather(keeping, running, return_exceptions=True)
    await stand_in.stop()
    took = [(judged.times[one] - then) * 1e3 for one, then in said.items()]
    tell(took, used, args.servers)


def place(number: int, servers: int) -> MessagePlace:
    guild, channel = 10 + number % servers, 100 + number
    name = f"room-{number}"
    return MessagePlace(guild, f"Server {guild}", channel, name)


def said(number: int, where: MessagePlace, rng: Random) -> Incoming:
    now = int(time.time() * 1000)
    text = f"{rng.choice(LINES)} {rng.choice(LINES)}"
    author = rng.randrange(PEOPLE)
    id = ((now - EPOCH_MS) << 22) + number
    return Incoming(where, id, 1000 + author, f"person {author}", text, now)


async def hear(ports: Ports, one: Incoming, took: list[float]) -> None:
    """Do with a message what the cog of events does."""
    began = time.perf_counter()
    found = await ports.messages.hear_live(one)
    assert found is not None
    heard = reply_trigger.HeardMessage(
        channel=str(one.place.root),
        channel_name=one.place.root_name,
        text=one.text,
        is_bot=one.is_bot,
        has_opted_out=found.has_opted_out,
        is_answered=found.is_answered,
    )
    reply_trigger.decide(heard, QUIET, found.config.speak, 0, Random(1))
    took.append((time.perf_counter() - began) * 1e3)


if __name__ == "__main__":
    main()
