"""Several `mynah serve` on one PostgreSQL, each with shards of its own, and kill -9."""

import asyncio
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from app.core.paths import Home
from app.settings.config_file import save
from app.store import authors, guilds, messages, replies
from app.store.database import Database
from app.store.engines.address import StoreAddress
from tests.discord.test_chaos import one_fault_of_discord
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import Channel, Guild, User
from tests.store.conftest import new_place, server

__all__ = ["server"]

ROOT = Path(__file__).parents[2]
NOUNS = "boat tide crab net rope gull pier sail reef buoy storm keel".split()

CHOICES = {
    "reply.mode": "markov",
    "memory.enabled": False,
    "speak.user_cooldown_seconds": 0.0,
    "speak.guild_per_minute": 10_000,
}

IDENTIFY_SECONDS = 5.0
"""Discord's pause between identifies of one bucket (topics/gateway#rate-limiting)."""


@pytest.fixture
def there(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StoreAddress]:
    with new_place("postgresql", tmp_path, request) as place:
        assert isinstance(place, StoreAddress)
        yield place


class Processes:
    """The processes, what people say in the servers of all, and what comes of it."""

    def __init__(
        self, stand_in: DiscordStandIn, there: StoreAddress, folder: Path, count: int
    ) -> None:
        self.stand_in = stand_in
        self.there = there
        self.count = count
        self.rng = Random(4)
        self.homes = [Home(folder / f"home{n}").create() for n in range(count + 1)]
        """One for each shard, and one that stands by for the last."""
        self.running: dict[int, asyncio.subprocess.Process] = {}
        self.channels: list[Channel] = []
        self.ann = User("Ann")
        self.said: dict[int, str] = {}
        self.triggers = set[int]()

    async def prepare(self) -> None:
        """Make two servers for each shard that are listened to, and the homes."""
        for number in range(2 * self.count):
            guild = Guild(f"Server {number}", id=(number + 1) << 22)
            guild.join(self.ann)
            self.channels.append(guild.channel("general"))
            await self.stand_in.add_guild(guild)
        first = self.homes[0]
        with Database(replace(self.there, home=first.root)) as database:
            database.call(authors.open_key, first.author_key_file)
            for channel in self.channels:
                assert channel.guild is not None
                name, id = channel.guild.name, str(channel.guild.id)
                row = database.call(guilds.ensure, name, id).id
                place = database.call(
                    guilds.ensure_channel, row, channel.name, str(channel.id)
                )
                database.call(guilds.set_learning, place.id, True)
        for home in self.homes:
            save(home.config_file, "store.url", str(self.there))
            for key, value in CHOICES.items():
                save(home.config_file, key, value)
            if home is not first:
                shutil.copy(first.author_key_file, home.author_key_file)

    async def start(self, number: int) -> None:
        """Start the process of a home, with one shard."""
        home, shard = self.homes[number], min(number, self.count - 1)
        script = ROOT / "tests" / "discord_stand_in" / "serve_child.py"
        environment = os.environ | {"DISCORD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
        with (home.root / "child.log").open("ab") as log:
            self.running[number] = await asyncio.create_subprocess_exec(
                sys.executable, str(script), self.stand_in.api_url,
                "--home", str(home.root), "serve", "--shards", f"{shard}/{self.count}",
                cwd=ROOT, env=environment, stdout=log, stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip

    async def kill(self, number: int) -> None:
        """kill -9."""
        process = self.running.pop(number)
        process.kill()
        await process.wait()

    async def stop(self) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            await asyncio.wait_for(process.wait(), 30)

    def connected(self) -> set[int]:
        """The shards with an open socket."""
        sessions = self.stand_in.gateway.sessions.values()
        return {one.shard[0] for one in sessions if one.socket is not None}

    async def say(self, number: int, *, calls: bool | None = None) -> int:
        """Somebody says something, or calls the bot."""
        channel = self.rng.choice(self.channels)
        text = f"{' '.join(self.rng.choices(NOUNS, k=5))} number {number}"
        is_call = self.rng.random() < 0.1 if calls is None else calls
        called = f"{self.stand_in.bot.mention} " if is_call else ""
        message = await self.stand_in.say(channel, self.ann, called + text)
        self.said[message] = text
        if is_call:
            self.triggers.add(message)
        return message

    def answers(self) -> Counter[int]:
        """How often each trigger was answered."""
        sent = self.stand_in.outbox.sent()
        return Counter(one.reply_to for one in sent if one.reply_to is not None)

    def stored(self) -> list[tuple[int, str]]:
        """Return (Discord's id, text) of all stored messages of people."""
        found = list[tuple[int, str]]()
        with Database(self.there, read_only=True) as database:
            for guild in database.call(guilds.every):
                for one in database.call(messages.page, guild.id, limit=10_000):
                    if not one.is_bot:
                        found.append((int(one.external), one.text))
        return found

    def is_calm(self) -> bool:
        """Whether everything is stored and answered."""
        return set(self.answers()) == self.triggers and (
            len(self.stored()) == len(self.said)
        )

    def reasons(self) -> dict[int, str]:
        """Return why calls were not answered once, as the database has it."""
        answers = self.answers()
        wrong = [one for one in self.triggers if answers[one] != 1]
        found = dict[int, str]()
        with Database(self.there, read_only=True) as database:
            for one in sorted(wrong):
                row = database.call(replies.answer_to, str(one))
                said = f"{row.state} {row.notes}" if row else "not heard"
                found[one] = f"{answers[one]} answers: {said}"
        return found

    def logs(self) -> str:
        files = [home.root / "child.log" for home in self.homes]
        return "\n".join(one.read_text("utf-8", "replace") for one in files)


async def blow(
    storm: Processes, count: int, kills: int, pause: float, *, chaos: bool = False
) -> None:
    """Let messages come while processes are killed and come back.

    Args:
        chaos: Break connections and requests meanwhile, and a shard's session.
    """
    stand_in = storm.stand_in
    await storm.prepare()
    for number in range(storm.count):
        await storm.start(number)
    every = set(range(storm.count))
    await stand_in.wait_for(lambda: storm.connected() == every, 120)
    down: dict[int, int] = {}
    struck = {(n + 1) * count // (kills + 1): n % storm.count for n in range(kills)}
    await storm.start(storm.count)
    await stand_in.wait_for(lambda: "waits until" in storm.logs(), 60)
    for number in range(count):
        if number in struck:
            # The one that stood by comes in the place of the last one, for good.
            victim = struck[number]
            victim = victim if victim in storm.running else storm.count
            await storm.kill(victim)
            if victim != storm.count - 1:
                down[victim] = number + max(5, count // 40)
        for victim in [one for one, until in down.items() if until <= number]:
            del down[victim]
            await storm.start(victim)
        await storm.say(number, calls=False if number < 40 else None)
        if chaos:
            await one_fault_of_discord(stand_in, storm.rng, number)
            if number == count // 2:
                await stand_in.gateway.invalidate(0)
        await asyncio.sleep(pause)
    for victim in down:
        await storm.start(victim)
    # If it never gets calm, the assertions below tell what is missing.
    for _ in range(150):
        if await asyncio.to_thread(storm.is_calm):
            break
        await asyncio.sleep(1)


def check(storm: Processes) -> None:
    """Nothing is lost and nothing doubled, by whichever process."""
    answers, stored = storm.answers(), storm.stored()
    assert storm.reasons() == {}, storm.logs()
    assert set(answers) == storm.triggers
    assert len(stored) == len(dict(stored)), "a message is stored twice"
    assert dict(stored) == storm.said
    times = sorted(storm.stand_in.gateway.identified_at)
    apart = [after - before for before, after in zip(times, times[1:], strict=False)]
    assert min(apart) >= IDENTIFY_SECONDS, apart


@pytest.mark.process
@pytest.mark.timeout(300)
async def test_a_storm_over_two_processes_of_which_each_is_killed(
    stand_in: DiscordStandIn, there: StoreAddress, tmp_path: Path
) -> None:
    storm = Processes(stand_in, there, tmp_path, count=2)
    try:
        await blow(storm, count=300, kills=2, pause=0.03)
    finally:
        await storm.stop()
    check(storm)


@pytest.mark.process
@pytest.mark.timeout(300)
async def test_a_storm_over_two_processes_while_discord_fails_and_each_is_killed(
    stand_in: DiscordStandIn, there: StoreAddress, tmp_path: Path
) -> None:
    storm = Processes(stand_in, there, tmp_path, count=2)
    try:
        await blow(storm, count=300, kills=2, pause=0.05, chaos=True)
    finally:
        await storm.stop()
    check(storm)
    assert len(stand_in.gateway.resumes) > 0
