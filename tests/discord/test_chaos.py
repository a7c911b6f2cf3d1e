"""A thousand messages while everything breaks that can break."""

import asyncio
import contextlib
import os
import sys
from collections import Counter
from pathlib import Path
from random import Random

import psutil
import pytest

from app.core.paths import Home
from app.settings.config_file import save
from app.store import guilds, messages
from app.store.database import Database
from tests.discord.scene import Scene
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import Channel

MESSAGES = 1000
STILL_SECONDS = 60
"""The time without an answer or a stored message after which nothing more will come."""

ROOT = Path(__file__).parents[2]
NOUNS = "boat tide crab net rope gull pier sail reef buoy storm keel".split()


async def one_fault_of_discord(
    stand_in: DiscordStandIn, rng: Random, number: int
) -> None:
    """Something breaks on the way to Discord, or there."""
    gateway, faults = stand_in.gateway, stand_in.rest.faults
    if number % 45 == 20:
        gateway.replay_overlap = rng.choice([0, 5, 20])
        await gateway.drop_sockets()
    if number % 110 == 60:
        await gateway.ask_reconnect()
    if number % 50 == 10:
        faults.add(rng.choice(["rate limit", "global rate limit"]))
    if number % 130 == 70:
        faults.add("error after accept")
    if number % 170 == 90:
        faults.add("drop after accept")


class Storm:
    """What people do, what fails, and what must be true in the end."""

    def __init__(self, stand_in: DiscordStandIn, scene: Scene, home: Home) -> None:
        self.stand_in = stand_in
        self.scene = scene
        self.home = home
        self.rng = Random(20)
        self.process: asyncio.subprocess.Process | None = None
        self.kept: dict[int, str] = {}
        self.deleted: set[int] = set()
        self.triggers: set[int] = set()
        self.recent: dict[int, list[int]] = {}
        self.runners_killed = 0

    async def start_bot(self) -> None:
        """Start `mynah serve` and wait until it is connected."""
        script = ROOT / "tests" / "discord_stand_in" / "serve_child.py"
        environment = os.environ | {
            "DISCORD_TOKEN": TOKEN,
            "PYTHONPATH": str(ROOT),
        }
        log = (self.home.root / "child.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(script), self.stand_in.api_url,
            "--home", str(self.home.root), "serve",
            cwd=ROOT, env=environment, stdout=log, stderr=log,
            stdin=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        log.close()
        await self.stand_in.wait_for(self.stand_in.gateway.connected, 60)

    async def kill_bot(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    def kill_runner(self) -> None:
        """kill -9 for the process that holds the model."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children(recursive=True):
            # It may have ended, and Windows lets nobody read a very new one.
            with contextlib.suppress(psutil.Error):
                if "runner" in child.cmdline():
                    child.kill()
                    self.runners_killed += 1

    async def stop_bot(self) -> None:
        """Ask it to stop."""
        assert self.process is not None
        self.process.terminate()
        await asyncio.wait_for(self.process.wait(), 30)

    async def one_message(self, number: int) -> None:
        """Somebody writes, edits or deletes."""
        rng, scene = self.rng, self.scene
        channel = rng.choice([scene.general, scene.general, scene.side])
        author = rng.choice([scene.ann, scene.ben, scene.mod])
        words = " ".join(rng.choices(NOUNS, k=rng.randint(3, 9)))
        is_trigger = rng.random() < 0.1
        called = f"{self.stand_in.bot.mention} " if is_trigger else ""
        text = f"{words} number {number}"
        message = await self.stand_in.say(channel, author, called + text)
        self.kept[message] = text
        if is_trigger:
            self.triggers.add(message)
        else:
            self.recent.setdefault(channel.id, []).append(message)
        if rng.random() < 0.06:
            await self.remove_some(channel)
        if rng.random() < 0.04:
            await self.edit_one(channel)

    async def remove_some(self, channel: Channel) -> None:
        recent = self.recent.get(channel.id, [])[-30:]
        gone = self.rng.sample(recent, min(len(recent), self.rng.choice([1, 1, 3])))
        if not gone:
            return
        for message in gone:
            self.recent[channel.id].remove(message)
            self.kept.pop(message)
        self.deleted.update(gone)
        await self.stand_in.delete(channel, *gone)

    async def edit_one(self, channel: Channel) -> None:
        recent = self.recent.get(channel.id, [])[-30:]
        if recent:
            message = self.rng.choice(recent)
            self.kept[message] = f"changed {self.kept[message]}"
            await self.stand_in.edit(channel, message, self.kept[message])

    async def one_fault(self, number: int) -> None:
        """Something breaks, at fixed places so that a failure can be repeated."""
        await one_fault_of_discord(self.stand_in, self.rng, number)
        if number == 500:
            await self.stand_in.gateway.invalidate()
        if number in (200, 450, 640, 850):
            self.kill_runner()
        if number in (330, 720):
            await self.kill_bot()
        if number in (345, 735):
            await self.start_bot()

    def answers(self) -> Counter[int]:
        """How often each trigger was answered."""
        return Counter(
            one.reply_to
            for one in self.stand_in.outbox.sent()
            if one.reply_to is not None
        )

    def stored(self) -> list[tuple[int, str]]:
        """(Discord id, text) of all stored messages of people."""
        with Database(self.home.database, read_only=True) as database:
            (guild,) = database.call(guilds.every)
            found = database.call(messages.page, guild.id, limit=10_000)
        return [
            (int(one.external), one.text)
            for one in found
            if not one.is_bot and one.external.isdigit()
        ]

    def is_calm(self) -> bool:
        """Whether everything is stored and answered."""
        if set(self.answers()) != self.triggers:
            return False
        return dict(self.stored()) == self.kept

    async def gets_calm(self) -> None:
        """Wait for that as long as the bot gets on; what is missing is told later."""
        before, quiet = 0, 0
        while not self.is_calm() and quiet < STILL_SECONDS:
            await asyncio.sleep(1)
            done = self.answers().total() + len(self.stored())
            before, quiet = done, quiet + 1 if done == before else 0


@pytest.mark.process
@pytest.mark.timeout(600)
async def test_a_thousand_messages_through_a_storm(
    stand_in: DiscordStandIn, scene: Scene, home: Home
) -> None:
    for name, value in (
        ("reply.mode", "llm"),
        ("model.name", "echo"),
        ("speak.user_cooldown_seconds", 0.0),
        ("speak.guild_per_minute", 10_000),
    ):
        save(home.config_file, name, value)
    storm = Storm(stand_in, scene, home)
    await storm.start_bot()
    try:
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        for channel in (scene.general, scene.side):
            await stand_in.command(channel, scene.mod, "listen add", channel=channel)
        for number in range(MESSAGES):
            await storm.one_message(number)
            await storm.one_fault(number)
            await asyncio.sleep(0.03)
        await storm.gets_calm()
    finally:
        await storm.stop_bot()
    answers, stored = storm.answers(), storm.stored()
    print(
        f"{MESSAGES} messages, {len(storm.triggers)} triggers, "
        f"{len(storm.deleted)} deleted, {len(stand_in.gateway.identifies)} identifies, "
        f"{len(stand_in.gateway.resumes)} resumes, "
        f"{storm.runners_killed} runners and 2 bots killed"
    )
    assert {t for t in storm.triggers if answers[t] != 1} == set()
    assert set(answers) == storm.triggers
    assert len(stored) == len(dict(stored)), "a message is stored twice"
    assert {one for one, _ in stored} & storm.deleted == set()
    assert dict(stored) == storm.kept
    assert len(stand_in.gateway.identifies) <= 5
