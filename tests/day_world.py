"""The servers of a day: channels of every kind, and rights that come and go."""

import time
from dataclasses import dataclass, field
from random import Random

from tests.discord_stand_in import rights
from tests.discord_stand_in.rules import RULES, Rules
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import (
    ANNOUNCEMENTS,
    FORUM,
    MANAGE_GUILD,
    MEDIA,
    STAGE_CHANNEL,
    TEXT_CHANNEL,
    THREADS,
    VOICE_CHANNEL,
    Channel,
    Guild,
    Overwrite,
    User,
)

KINDS = (
    "text", "text", "text", "voice", "stage", "announcements", "post", "media post",
    "thread", "private thread", "read only", "hidden", "no history", "locked thread",
)  # fmt: skip

UNREAD = ("no history", "private thread")
"""Kinds of channels whose history the bot does not read after a pause."""

CHANGING = ("text", "voice", "announcements", "post", "media post", "thread")
"""Kinds of channels whose rights come and go during the day."""

LENIENT = tuple(one.name for one in RULES if one.status and one.code)
"""The refusals of Discord's documentation; each is in force for a part of the day.

Rules on what Discord sends hold all day: no Discord is without them. So does the one on
nonces, as without it nobody could tell what a lost answer had said.
"""

GRACE_SECONDS = 2.0
"""The time in which what the bot began before rights went may still arrive."""


@dataclass
class Place:
    """A channel of the day, with its kind and the messages that still stand there."""

    channel: Channel
    kind: str
    guild: Guild
    messages: list[int] = field(default_factory=list)
    closed: list[float] = field(default_factory=list)
    """When the bot lost the right to write there, and got it again, in turns."""

    def is_open_since(self, then: float, until: float) -> bool:
        """Whether the bot might write there at any moment of a time."""
        starts = [0.0, *self.closed[1::2]] if self.closed else [0.0]
        ends = [*self.closed[0::2], float("inf")]
        spans = zip(starts, ends, strict=False)
        return any(start <= until and end >= then for start, end in spans)


class World:
    """Three servers, their people, and the weather on Discord."""

    def __init__(self, stand_in: DiscordStandIn, rng: Random) -> None:
        self.stand_in = stand_in
        self.rng = rng
        self.people = [User(name) for name in ("Ann", "Ben", "Cleo", "Dan")]
        self.mod = User("Mod")
        self.places: list[Place] = []
        self.changes = 0
        self.tried: list[str] = []
        """Where the bot tried to write without the right to."""
        stand_in.rest.requests = _Journal(self)

    async def enter(self, servers: int, channels: int) -> None:
        """Make the servers and their channels."""
        for name in ("Harbour", "Reef", "Lagoon")[:servers]:
            guild = Guild(name)
            guild.join(self.mod, guild.role("moderators", MANAGE_GUILD))
            for user in self.people:
                guild.join(user)
            for number in range(len(self.places), channels):
                self.places.append(self._place(guild, KINDS[number % len(KINDS)]))
                if len(self.places) % (-(-channels // 3)) == 0:
                    break
            await self.stand_in.add_guild(guild)
        for one in self.places:
            self.note_rights(one)

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

    def may_write(self, channel: Channel) -> bool:
        """Whether Discord's documentation lets the bot write in a channel now."""
        bot, strict = self.stand_in.bot, Rules()
        is_thread = channel.type in THREADS
        bits = rights.SEND_IN_THREADS if is_thread else rights.SEND_MESSAGES
        if channel.type in (VOICE_CHANNEL, STAGE_CHANNEL):
            bits |= rights.CONNECT
        held = rights.rights_in(channel, bot, strict)
        is_open = not channel.locked or held & rights.MANAGE_THREADS
        return held & (bits | rights.VIEW_CHANNEL) == bits | rights.VIEW_CHANNEL and (
            bool(is_open)
        )

    def note_rights(self, place: Place) -> None:
        """Note whether the bot may write in a place from now on."""
        is_closed = len(place.closed) % 2 == 1
        if self.may_write(place.channel) == is_closed:
            place.closed.append(time.time() if place.closed or self.changes else 0.0)

    async def change_rules(self) -> None:
        """Put each refusal in force, or not."""
        off = {one for one in LENIENT if self.rng.random() < 0.5}
        self.stand_in.force.off = off

    async def change_rights(self) -> None:
        """A moderator gives or takes a right of the bot in a channel, or locks it."""
        changing = [one for one in self.places if one.kind in CHANGING]
        closed = [one for one in changing if not self.may_write(one.channel)]
        # Most of them are open at most times.
        is_opened = closed and self.rng.random() < 0.7
        place = self.rng.choice(closed if is_opened else changing)
        if not place.guild.available:
            return
        self.changes += 1
        channel, root = place.channel, place.channel.parent or place.channel
        if channel.parent is not None and self.rng.random() < 0.5:
            channel.locked = not channel.locked
            self.note_rights(place)
            await self.stand_in.update_channel(channel)
            return
        bot, had = self.stand_in.bot, bool(root.rights)
        bits = (
            (rights.SEND_MESSAGES | rights.SEND_IN_THREADS),
            (rights.SEND_MESSAGES | rights.SEND_IN_THREADS | rights.ADD_REACTIONS),
            rights.ATTACH_FILES,
        )
        root.rights = [] if had else [Overwrite(bot.id, 1, deny=self.rng.choice(bits))]
        for one in self.places:
            if one.channel in (root, channel):
                self.note_rights(one)
        await self.stand_in.update_channel(root)

    async def time_out(self, guild: Guild) -> None:
        """A moderator puts the bot in time-out, or lets it out."""
        self.changes += 1
        bot = self.stand_in.bot
        guild.timed_out ^= {bot.id}
        for one in self.places:
            if one.guild is guild:
                self.note_rights(one)
        await self.stand_in.change_own_member(guild)

    async def archive(self, place: Place) -> None:
        """Discord archives a thread, or somebody's next message opens it again."""
        place.channel.archived = not place.channel.archived
        await self.stand_in.update_channel(place.channel)

    def note_try(self, method: str, path: str) -> None:
        """Note a message or typing sign that the bot had no right to."""
        parts = path.split("/")
        if method != "POST" or parts[1] != "channels":
            return
        if parts[3] not in ("messages", "typing"):
            return
        number = int(parts[2])
        place = next((one for one in self.places if one.channel.id == number), None)
        if place is None or self.may_write(place.channel):
            return
        if time.time() - place.closed[-1] > GRACE_SECONDS:
            self.tried.append(f"{parts[3]} in {place.channel.name}")


class _Journal(list[tuple[str, str]]):
    """The requests of the bot, each looked at when it comes."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def append(self, request: tuple[str, str]) -> None:
        super().append(request)
        self._world.note_try(*request)
