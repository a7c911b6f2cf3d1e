"""A day of three servers: all kinds of channels, and all that Discord refuses."""

import asyncio
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.core.paths import Home
from app.core.state_file import StateFile
from app.settings.config_file import save
from app.store import guilds, replies
from app.store.database import Database
from app.store.rows import StoredReply
from tests.day_world import UNREAD, Place, World
from tests.discord_stand_in.faults import Kind
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import TEXT_CHANNEL, THREADS, User

ROOT = Path(__file__).parents[1]
NOUNS = "boat tide crab net rope gull pier sail reef buoy storm keel".split()
CALL = "polly"

FINAL = ("sent", "refused", "silent", "forgotten", "draft")
"""States of a reply that say what became of it."""

Value = str | float | bool | list[str]

SETTINGS: dict[str, Value] = {
    "reply.mode": "markov",
    "memory.enabled": False,
    "speak.wake_words": [CALL],
    "speak.guild_per_minute": 10_000,
    "speak.max_age_seconds": 3600,
}
"""What holds all day."""

CHOICES: dict[str, tuple[Value, ...]] = {
    "speak.join_in": (0.0, 0.02, 0.1),
    "speak.follow_up_seconds": (0, 0, 1),
    "speak.react": (0.0, 0.3),
    "speak.burst_seconds": (0.0, 0.05),
    "speak.user_cooldown_seconds": (0.0, 0.0, 0.2),
    "speak.never_say": ([], ["gull"]),
    "reply.stream": (False, True),
    "reply.buttons": (False, True),
    "reply.shadow": (False, False, False, False, True),
    "learn.proxied": (False, True),
}
"""What the owner chooses anew before each start of the bot."""

AUTOMOD, NO_RIGHT = 0.02, 0.05
"""The share of all messages that come with a refusal for the bot's next one there."""

REFUSALS = (
    (403, 50013), (403, 50013), (403, 50013), (403, 50001), (403, 160005),
    (403, 50009), (403, 20028),
)  # fmt: skip
"""Answers of 403, by topics/opcodes-and-status-codes#json-json-error-codes."""

OTHERS = (
    (400, 50083), (400, 160002), (400, 50035), (400, 50024), (400, 30046), (404, 10003),
)  # fmt: skip
"""Other answers that no second try helps against."""


CUT: tuple[Kind, ...] = ("error after accept", "drop after accept", "drop")
"""Ends of a connection after which nobody knows whether a message was taken."""


@dataclass
class Scale:
    """How much happens."""

    messages: int = 5000
    servers: int = 3
    channels: int = 40
    kills: int = 20
    outages: int = 10
    pause: float = 0.02
    """Seconds between two messages."""
    calls: float = 1.0
    """How many times as many of them as on a whole day call the bot."""


class Day:
    """What people do, and what fails."""

    def __init__(
        self, stand_in: DiscordStandIn, home: Home, scale: Scale, seed: int = 5
    ) -> None:
        self.stand_in = stand_in
        self.home = home
        self.scale = scale
        self.rng = Random(seed)
        self.process: asyncio.subprocess.Process | None = None
        self.world = World(stand_in, self.rng)
        self.triggers: dict[int, Place] = {}
        """Calls that the bot can hear."""
        self.closed_to: set[int] = set()
        """Those among them that were said where it might not write."""
        self.by_name: set[int] = set()
        """Those among them that call it by a name alone, which is soon too old."""
        self.counts: Counter[str] = Counter()
        self._out: dict[str, int] = {}

    async def start_bot(self) -> None:
        """Choose settings, start `mynah serve`, and wait until it is connected."""
        for name, values in CHOICES.items():
            save(self.home.config_file, name, self.rng.choice(values))
        script = ROOT / "tests" / "discord_stand_in" / "serve_child.py"
        environment = os.environ | {"DISCORD_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
        with (self.home.root / "child.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, str(script), self.stand_in.api_url,
                "--home", str(self.home.root), "serve",
                cwd=ROOT, env=environment, stdout=log, stderr=log,
                stdin=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
        await self.stand_in.wait_for(self.stand_in.gateway.connected, 90)

    async def kill_bot(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()
        # A day is longer than this one: the sessions of its kills do not come at once.
        StateFile(self.home.discord_file).put("identifies", None)
        # What it had not heard yet is read back where it listens and may read.
        known = self.rows()
        for trigger, place in [*self.triggers.items()]:
            is_lost = place.kind in UNREAD or trigger in self.by_name
            if is_lost and trigger not in known:
                del self.triggers[trigger]
                self.counts["calls lost with a kill"] += 1
        self.counts["kills"] += 1

    async def stop_bot(self) -> None:
        """Ask it to stop."""
        assert self.process is not None
        self.process.terminate()
        await asyncio.wait_for(self.process.wait(), 30)

    def listen(self) -> None:
        """Let the bot learn in most channels that it sees."""
        with Database(self.home.database) as database:
            for place in self.world.places:
                if place.kind in ("hidden", "private thread"):
                    continue
                heard = place.channel.parent or place.channel
                guild = database.call(
                    guilds.ensure, place.guild.name, str(place.guild.id)
                )
                row = database.call(
                    guilds.ensure_channel, guild.id, heard.name, str(heard.id)
                )
                database.call(guilds.set_learning, row.id, True)

    async def pass_by(self) -> None:
        """Everything that happens on this day, and then some rest."""
        scale, down = self.scale, 0
        kills = _spread(scale.messages, scale.kills)
        outages = _spread(scale.messages, scale.outages, shift=0.37)
        for number in range(scale.messages):
            if number in kills:
                await self.kill_bot()
                down = self.rng.randint(3, 12)
            elif down:
                down -= 1
                if not down:
                    await self.start_bot()
            await self.weather(number, is_outage=number in outages)
            await self.message(number, is_down=down > 0)
            await asyncio.sleep(scale.pause)
        if down:
            await self.start_bot()
        for guild in self.stand_in.guilds.values():
            if not guild.available:
                await self.stand_in.return_guild(guild)
            # In time-out it can't read voice channels, so not what it missed there.
            if self.stand_in.bot.id in guild.timed_out:
                await self.world.time_out(guild)

    async def weather(self, number: int, *, is_outage: bool) -> None:
        """Change rules and rights; servers go and come back."""
        rng, stand_in = self.rng, self.stand_in
        guilds_here = list(stand_in.guilds.values())
        if number % 25 == 0:
            await self.world.change_rules()
        if rng.random() < 0.02:
            await self.world.change_rights()
        guild = rng.choice(guilds_here)
        is_out = stand_in.bot.id in guild.timed_out
        if guild.available and rng.random() < (0.05 if is_out else 0.003):
            await self.world.time_out(guild)
            self.counts["time-outs"] += not is_out
        if is_outage:
            guild = rng.choice(guilds_here)
            if guild.available:
                await stand_in.remove_guild(guild, unavailable=True)
                self._out[guild.name] = number + rng.randint(5, 20)
                self.counts["outages"] += 1
        for guild in guilds_here:
            if not guild.available and number >= self._out[guild.name]:
                await stand_in.return_guild(guild)

    def fault(self, place: Place) -> None:
        """Discord refuses the bot's next message there, or limits the bot."""
        faults, path = (
            self.stand_in.rest.faults,
            f"/channels/{place.channel.id}/messages",
        )
        chance = self.rng.random()
        if chance < AUTOMOD:
            code = self.rng.choice((200000, 200001))
            faults.add("error", "POST", path, status=400, code=code)
            self.counts["AutoMod"] += 1
        elif chance < AUTOMOD + NO_RIGHT:
            status, code = self.rng.choice(REFUSALS)
            faults.add("error", "POST", path, status=status, code=code)
            self.counts["403"] += 1
        elif chance < AUTOMOD + NO_RIGHT + 0.01:
            status, code = self.rng.choice(OTHERS)
            faults.add("error", "POST", path, status=status, code=code)
            self.counts["other refusals"] += 1
        elif chance < AUTOMOD + NO_RIGHT + 0.02:
            faults.add(self.rng.choice(CUT), "POST", path)
            self.counts["cut lines"] += 1
        elif chance < AUTOMOD + NO_RIGHT + 0.03:
            faults.add("rate limit", "POST", path)
            self.counts["rate limits"] += 1

    async def message(self, number: int, *, is_down: bool) -> None:
        """Somebody writes, and sometimes something happens to what was written."""
        rng, world = self.rng, self.world
        open_now = [one for one in world.places if one.guild.available]
        if not open_now:
            return
        place, author = rng.choice(open_now), rng.choice(world.people)
        self.fault(place)
        if place.channel.archived:
            await world.archive(place)
        elif place.channel.type in THREADS and rng.random() < 0.02:
            await world.archive(place)
            return
        words = f"{' '.join(rng.choices(NOUNS, k=rng.randint(3, 9)))} number {number}"
        call, message = await self._call(place, author, words)
        self.counts["messages"] += 1
        # What it cannot see never reaches it. Missed calls are read back where it
        # listens, and may read.
        is_lost = is_down and place.kind in UNREAD
        # A name alone is no call any more when it is old.
        is_stale = call == "name" and is_down
        if call and place.kind != "hidden" and not is_lost:
            if not is_stale:
                self.triggers[message] = place
                if call == "name":
                    self.by_name.add(message)
                if not is_down and not world.may_write(place.channel):
                    self.closed_to.add(message)
        elif not call:
            place.messages.append(message)
        await self.something_else(place, author)

    async def _call(self, place: Place, author: User, words: str) -> tuple[str, int]:
        """Say something; return by what it calls the bot, and its id."""
        chance = self.rng.random() / self.scale.calls
        say, here = self.stand_in.say, place.channel
        if chance < 0.055:
            text = f"{self.stand_in.bot.mention} {words}"
            return "mention", await say(here, author, text)
        if chance < 0.085:
            return "name", await say(here, author, f"{CALL}, {words}")
        if chance < 0.095:
            text = f"<@&{place.guild.managed_role}> {words}"
            return "role", await say(here, author, text)
        if chance < 0.105:
            own = [one.message_id for one in self.stand_in.outbox.sent(here.id)]
            there = [one for one in own if one in here.messages]
            if there:
                answered = self.rng.choice(there)
                return "reply", await say(here, author, words, reply_to=answered)
        return "", await say(here, author, words)

    async def something_else(self, place: Place, author: User) -> None:
        """What else Discord sends: edits, deletions, previews, pins, polls and more."""
        old = place.messages[-20:]
        chance = self.rng.random()
        if chance > 0.2 or not old:
            return
        message, kind = self.rng.choice(old), int(chance * 60)
        self.counts["other events"] += 1
        if kind < 4:
            await self._change(place, old, message, kind)
        elif kind < 9:
            await self._say_otherwise(place, author, message, kind)
        elif kind == 9:
            await self.stand_in.gateway.drop_sockets()
        elif kind == 10:
            await self.stand_in.gateway.ask_reconnect()
        elif place.channel.type == TEXT_CHANNEL:
            fresh = [one for one in old if one not in place.guild.channels]
            if fresh:
                thread = (place.channel, author, fresh[-1], "a thread")
                await self.stand_in.start_thread(*thread)

    async def _change(
        self, place: Place, old: list[int], message: int, kind: int
    ) -> None:
        rng, stand_in, here = self.rng, self.stand_in, place.channel
        if kind == 0:
            await stand_in.edit(here, message, f"changed {rng.choice(NOUNS)} {message}")
        elif kind == 1:
            gone = rng.sample(old, min(len(old), rng.choice([1, 1, 3])))
            place.messages = [one for one in place.messages if one not in gone]
            await stand_in.delete(here, *gone)
        elif kind == 2:
            await stand_in.preview(here, message, "https://example.org")
        else:
            await stand_in.pin(here, self.world.mod, message)

    async def _say_otherwise(
        self, place: Place, author: User, message: int, kind: int
    ) -> None:
        stand_in, here = self.stand_in, place.channel
        if kind == 4:
            await stand_in.forward(here, author, here, message)
        elif kind == 5:
            await stand_in.ask_poll(here, author, "tide or reef?", "tide", "reef")
        elif kind == 6:
            await stand_in.speak(here, author)
        elif kind == 7:
            await stand_in.say_by_webhook(here, "Proxy", "a gull by webhook")
        else:
            await stand_in.react(here, author, message, "👍🏽")

    def rows(self) -> dict[int, StoredReply]:
        """The replies by their triggers."""
        with Database(self.home.database, read_only=True) as database:
            found = database.call(replies.latest, limit=1_000_000)
        return {int(row.trigger): row for row in found if row.trigger}

    async def settle(self, seconds: float) -> None:
        """Wait until every call has its outcome, or nothing happens for that long."""
        before, same = list[str](), 0.0
        while same < seconds:
            rows = self.rows()
            states = [rows[one].state if one in rows else "" for one in self.triggers]
            if all(state in FINAL for state in states):
                return
            same = 0.0 if states != before else same + 1
            before = states
            await asyncio.sleep(1)


def _spread(length: int, count: int, shift: float = 0.0) -> set[int]:
    """Places for `count` events, evenly over the day."""
    step = length / max(count, 1)
    return {int((number + 0.5 + shift * 0.9) * step) for number in range(count)}


async def live(home: Home, scale: Scale, seed: int = 5) -> Day:
    """Live through a day and return it; nothing is asserted here."""
    for name, value in SETTINGS.items():
        save(home.config_file, name, value)
    stand_in = DiscordStandIn()
    await stand_in.start()
    day = Day(stand_in, home, scale, seed)
    try:
        await day.world.enter(scale.servers, scale.channels)
        day.listen()
        await day.start_bot()
        await day.pass_by()
        await day.settle(90)
    finally:
        if day.process is not None and day.process.returncode is None:
            await day.stop_bot()
        await stand_in.stop()
    return day
