"""A day of three servers: all kinds of channels, and all that Discord refuses."""

import asyncio
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from app.core.paths import Home
from app.core.state_file import StateFile
from app.settings.config_file import save
from app.store import guilds, replies
from app.store.database import Database
from app.store.rows import StoredReply
from tests.discord_stand_in import rights
from tests.discord_stand_in.server import TOKEN, DiscordStandIn
from tests.discord_stand_in.world import (
    ANNOUNCEMENTS,
    FORUM,
    MANAGE_GUILD,
    MEDIA,
    STAGE_CHANNEL,
    TEXT_CHANNEL,
    VOICE_CHANNEL,
    Channel,
    Guild,
    User,
)

ROOT = Path(__file__).parents[1]
NOUNS = "boat tide crab net rope gull pier sail reef buoy storm keel".split()
CALL = "polly"

KINDS = (
    "text", "text", "text", "voice", "stage", "announcements", "post", "media post",
    "thread", "private thread", "read only", "hidden", "no history", "locked thread",
)  # fmt: skip

MUTE = ("read only", "hidden", "locked thread")
"""Kinds of channels in which the bot may not write, or that it does not see."""

UNREAD = ("no history", "private thread")
"""Kinds of channels whose history the bot does not read after a pause."""

FINAL = ("sent", "refused", "silent", "forgotten")
"""States of a reply that say what became of it."""

SETTINGS: dict[str, str | float | bool | list[str]] = {
    "reply.mode": "markov",
    "memory.enabled": False,
    "speak.wake_words": [CALL],
    "speak.join_in": 0.02,
    "speak.user_cooldown_seconds": 0.0,
    "speak.guild_per_minute": 10_000,
    "speak.max_age_seconds": 3600,
}


@dataclass
class Place:
    """A channel of the day, with its kind and the messages that still stand there."""

    channel: Channel
    kind: str
    guild: Guild
    messages: list[int] = field(default_factory=list)


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


class Day:
    """What people do, what fails, and what must be true in the end."""

    def __init__(
        self, stand_in: DiscordStandIn, home: Home, scale: Scale, seed: int = 5
    ) -> None:
        self.stand_in = stand_in
        self.home = home
        self.scale = scale
        self.rng = Random(seed)
        self.process: asyncio.subprocess.Process | None = None
        self.people = [User(name) for name in ("Ann", "Ben", "Cleo", "Dan")]
        self.mod = User("Mod")
        self.places: list[Place] = []
        self.triggers: dict[int, Place] = {}
        """Calls that the bot can hear."""
        self.deleted: set[int] = set()
        self.counts: Counter[str] = Counter()

    async def enter(self) -> None:
        """Make the servers and their channels."""
        for name in ("Harbour", "Reef", "Lagoon")[: self.scale.servers]:
            guild = Guild(name)
            guild.join(self.mod, guild.role("moderators", MANAGE_GUILD))
            for user in self.people:
                guild.join(user)
            for number in range(len(self.places), self.scale.channels):
                self.places.append(self._place(guild, KINDS[number % len(KINDS)]))
                if len(self.places) % (-(-self.scale.channels // 3)) == 0:
                    break
            await self.stand_in.add_guild(guild)

    def _place(self, guild: Guild, kind: str) -> Place:
        number = len(self.places)
        kinds = {
            "voice": VOICE_CHANNEL, "stage": STAGE_CHANNEL, "post": FORUM,
            "announcements": ANNOUNCEMENTS, "media post": MEDIA,
        }  # fmt: skip
        name = f"{kind.replace(' ', '-')}-{number}"
        made = guild.channel(name, kinds.get(kind, TEXT_CHANNEL))
        bot = self.stand_in.bot
        if kind in ("post", "media post", "thread", "locked thread"):
            made = guild.thread(made, f"about {name}")
            made.locked = kind == "locked thread"
        elif kind == "private thread":
            made = guild.private_thread(made, f"about {name}", *self.people)
        elif kind == "read only":
            made.deny(bot, rights.SEND_MESSAGES)
        elif kind == "no history":
            made.deny(bot, rights.READ_HISTORY)
        elif kind == "hidden":
            made.readable = False
        return Place(made, kind, guild)

    async def start_bot(self) -> None:
        """Start `mynah serve` and wait until it is connected."""
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
            if place.kind in UNREAD and trigger not in known:
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
            for place in self.places:
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
        scale, down, out = self.scale, 0, dict[str, int]()
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
            if number in outages:
                guild = self.rng.choice(list(self.stand_in.guilds.values()))
                if guild.available:
                    await self.stand_in.remove_guild(guild, unavailable=True)
                    out[guild.name] = number + self.rng.randint(5, 20)
                    self.counts["outages"] += 1
            for guild in self.stand_in.guilds.values():
                if not guild.available and number >= out[guild.name]:
                    await self.stand_in.return_guild(guild)
            self.fault(number)
            await self.message(number, is_down=down > 0)
            await asyncio.sleep(scale.pause)
        if down:
            await self.start_bot()
        for guild in self.stand_in.guilds.values():
            if not guild.available:
                await self.stand_in.return_guild(guild)

    def fault(self, number: int) -> None:
        """Discord refuses one of the next messages, or limits the bot."""
        faults, path = self.stand_in.rest.faults, r"/channels/\d+/messages"
        chance = self.rng.random()
        if chance < 0.02 * 0.1:
            faults.add("error", "POST", path, status=400, code=200000)
            self.counts["AutoMod"] += 1
        elif chance < 0.07 * 0.1:
            faults.add("error", "POST", path, status=403, code=50013)
            self.counts["403"] += 1
        elif chance < 0.08 * 0.1:
            faults.add("error after accept", "POST", path)
        elif chance < 0.09 * 0.1:
            faults.add("rate limit", "POST", path)

    async def message(self, number: int, *, is_down: bool) -> None:
        """Somebody writes, and sometimes something happens to what was written."""
        rng, say = self.rng, self.stand_in.say
        open_now = [one for one in self.places if one.guild.available]
        if not open_now:
            return
        place, author = rng.choice(open_now), rng.choice(self.people)
        words = f"{' '.join(rng.choices(NOUNS, k=rng.randint(3, 9)))} number {number}"
        call = rng.random()
        mention = self.stand_in.bot.mention
        start = f"{mention} " if call < 0.07 else f"{CALL}, " if call < 0.1 else ""
        message = await say(place.channel, author, start + words)
        self.counts["messages"] += 1
        # What it cannot see never reaches it. Missed calls are read back where it
        # listens, and may read.
        is_lost = is_down and place.kind in UNREAD
        if start and place.kind != "hidden" and not is_lost:
            # A name alone is no call any more when it is old.
            if start != f"{CALL}, " or not is_down:
                self.triggers[message] = place
        else:
            place.messages.append(message)
        await self.something_else(place, author)

    async def something_else(self, place: Place, author: User) -> None:
        """What else Discord sends: edits, deletions, previews, pins, polls and more."""
        rng, stand_in, here = self.rng, self.stand_in, place.channel
        old = place.messages[-20:]
        chance = rng.random()
        if chance > 0.2 or not old:
            return
        message = rng.choice(old)
        kind = int(chance * 60)
        self.counts["other events"] += 1
        if kind == 0:
            await stand_in.edit(here, message, f"changed {rng.choice(NOUNS)} {message}")
        elif kind == 1:
            gone = rng.sample(old, min(len(old), rng.choice([1, 1, 3])))
            place.messages = [one for one in place.messages if one not in gone]
            self.deleted.update(gone)
            await stand_in.delete(here, *gone)
        elif kind == 2:
            await stand_in.preview(here, message, "https://example.org")
        elif kind == 3:
            await stand_in.pin(here, self.mod, message)
        elif kind == 4:
            await stand_in.forward(here, author, here, message)
        elif kind == 5:
            await stand_in.ask_poll(here, author, "tide or reef?", "tide", "reef")
        elif kind == 6:
            await stand_in.speak(here, author)
        elif kind == 7:
            await stand_in.say_by_webhook(here, "Proxy", "a gull by webhook")
        elif kind == 8:
            await stand_in.react(here, author, message, "👍🏽")
        elif kind == 9:
            await stand_in.gateway.drop_sockets()
        elif kind == 10:
            await stand_in.gateway.ask_reconnect()
        elif kind == 11 and here.type == TEXT_CHANNEL:
            fresh = [one for one in old if one not in place.guild.channels]
            if fresh:
                await stand_in.start_thread(here, author, fresh[-1], "a thread")

    def rows(self) -> dict[int, StoredReply]:
        """The replies by their triggers."""
        with Database(self.home.database, read_only=True) as database:
            found = database.call(replies.latest, limit=1_000_000)
            every = database.call(guilds.every)
        assert every
        return {int(row.trigger): row for row in found if row.trigger}

    async def settle(self, seconds: float) -> None:
        """Wait until every call has its outcome; what is missing is told later."""
        for _ in range(int(seconds)):
            rows = self.rows()
            states = [rows[one].state if one in rows else "" for one in self.triggers]
            if all(state in FINAL for state in states):
                return
            await asyncio.sleep(1)

    def faults_found(self) -> list[str]:
        """Everything that is not as it must be."""
        rows, found = self.rows(), list[str]()
        sent = self.stand_in.outbox.sent()
        answers = Counter(one.reply_to for one in sent if one.reply_to)
        plain = Counter(one.channel_id for one in sent if not one.reply_to)
        for trigger, place in self.triggers.items():
            row, count = rows.get(trigger), answers[trigger]
            state = row.state if row else "nothing"
            self.counts[f"calls {state}"] += 1
            where = f"{trigger} in {place.channel.name}: {state}"
            if row is None or state not in FINAL:
                found.append(f"no outcome is stored for {where}")
            elif state in ("refused", "silent") and not row.notes:
                found.append(f"no reason is stored for {where}")
            elif place.kind in MUTE and (row.text or row.provider or state == "sent"):
                found.append(f"something was generated for {where}")
            elif count > 1 or (count and state not in ("sent", "forgotten")):
                found.append(f"{count} answers for {where}")
            elif state == "sent" and not count and not plain[place.channel.id]:
                found.append(f"noted as sent, and was not: {where}")
        return found + self._said_where_it_may_not() + self._log(rows)

    def _said_where_it_may_not(self) -> list[str]:
        mute = {one.channel.id: one for one in self.places if one.kind in MUTE}
        found = [
            f"something was said in {mute[one.channel_id].channel.name}"
            for one in self.stand_in.outbox.sent()
            if one.channel_id in mute
        ]
        for method, path in self.stand_in.rest.requests:
            tried = re.fullmatch(r"/channels/(\d+)/(?:messages|typing)", path)
            if method == "POST" and tried and int(tried[1]) in mute:
                found.append(f"something was tried in {mute[int(tried[1])].kind}")
        return [*found, *self.stand_in.outbox.violations]

    def _log(self, rows: dict[int, StoredReply]) -> list[str]:
        logs = sorted((self.home.root / "logs").glob("*"))
        text = "\n".join(one.read_text("utf-8", "replace") for one in logs)
        text += (self.home.root / "child.log").read_text("utf-8", "replace")
        found = ["a traceback is in the log"] if "Traceback" in text else []
        refused = sum(row.state == "refused" for row in rows.values())
        told = text.count("Discord refused a reply")
        self.counts["refusals stored"] = refused
        self.counts["refusals in the log"] = told
        if told < refused:
            found.append(f"{refused} refusals are stored, and the log has {told}")
        return found


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
        await day.enter()
        day.listen()
        await day.start_bot()
        await day.pass_by()
        await day.settle(90)
    finally:
        if day.process is not None and day.process.returncode is None:
            await day.stop_bot()
        await stand_in.stop()
    return day
