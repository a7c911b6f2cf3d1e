"""It starts talk in a quiet room and at set times, where it may."""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

import pytest

from app.core.paths import Home
from app.discord.controller import ports_of
from app.discord.ports import STARTS, MessagePlace
from app.discord.surroundings import Surroundings
from app.service.service import Service
from app.settings.config_file import save
from app.settings.declaration import Value
from app.settings.schema import Config
from app.store import guilds, replies
from app.store.rows import StoredReply
from tests.discord.conftest import PACE, Running
from tests.discord.real_host import LINES, eventually, taught, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in import rights
from tests.discord_stand_in.server import DiscordStandIn

HOURS = 3600.0
LOOKS = 0.3
"""Seconds in which it looks many times."""


class Starting(Running):
    """A bot with the real ports that looks for occasions all the time."""

    def __init__(
        self, stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
    ) -> None:
        context = service.context
        around = Surroundings(
            ports_of(context, Random(7)),
            context.settings.bot,
            context.discord_state,
            clock=lambda: datetime.now().timestamp() + self.ahead,
            rng=Random(7),
            pace=replace(PACE, between_starts=0.01),
        )
        super().__init__(stand_in, around)
        self.service = service
        self.ahead = 0.0
        """The seconds by which its clock was put forward."""
        self._scene = scene
        self._home = home

    def room(self) -> AbstractAsyncContextManager[list[int]]:
        """The main channel with what was said there, in the voice and in Discord."""
        return taught(self, self.stand_in, self.service, self._scene)

    def set(self, name: str, value: Value) -> None:
        """Change a setting of the home."""
        save(self._home.config_file, name, value)

    async def replies(self) -> list[StoredReply]:
        return await self.service.context.database.run(replies.latest)

    async def began(self, count: int) -> None:
        """Wait until it has started talk so often."""

        async def is_so() -> bool:
            sent = [one for one in await self.replies() if one.reason in STARTS]
            return len(sent) == count and all(one.state == "sent" for one in sent)

        await eventually(is_so)


@pytest.fixture
def starting(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> Starting:
    return Starting(stand_in, service, scene, home)


async def test_it_starts_talk_once_in_a_room_that_was_quiet_for_hours(
    stand_in: DiscordStandIn,
    starting: Starting,
    scene: Scene,
) -> None:
    async with starting.room():
        starting.set("speak.start_after_hours", 5)
        await asyncio.sleep(LOOKS)
        assert stand_in.outbox.sent() == []
        starting.ahead = 6 * HOURS
        await starting.began(1)
        (sent,) = stand_in.outbox.sent()
        assert sent.channel_id == scene.general.id and sent.reply_to is None
        starting.ahead = 48 * HOURS
        await asyncio.sleep(LOOKS)
        assert len(stand_in.outbox.sent()) == 1, "it does not talk to itself"
        (row,) = await starting.replies()
        assert row.turns[-1].text in LINES, "a topic of the room's own past"
    async with starting.connected():
        await asyncio.sleep(LOOKS)
    assert len(stand_in.outbox.sent()) == 1


async def test_it_starts_talk_at_a_set_time_and_after_a_restart_not_again(
    stand_in: DiscordStandIn,
    starting: Starting,
    scene: Scene,
) -> None:
    soon = datetime.now() + timedelta(minutes=1)
    async with starting.room():
        starting.set("speak.start_at", [f"{soon:%H:%M} in #general"])
        await asyncio.sleep(LOOKS)
        before = len(stand_in.outbox.sent())
        starting.ahead = 120.0
        await starting.began(1)
        assert before == 0
        await stand_in.say(scene.general, scene.ann, "so it is")
    async with starting.connected():
        await asyncio.sleep(LOOKS)
        shown = await stand_in.command(scene.general, scene.ann, "help")
    assert len(stand_in.outbox.sent()) == 1
    assert "starts talk at set times (" in shown.text and "UTC" in shown.text


@pytest.mark.parametrize(
    "why", ["rights", "quiet", "server", "list", "hours", "channels", "history"]
)
async def test_it_starts_no_talk_where_it_may_not(
    stand_in: DiscordStandIn,
    starting: Starting,
    scene: Scene,
    why: str,
) -> None:
    async with starting.room():
        if why == "rights":
            scene.general.deny(stand_in.bot, rights.SEND_MESSAGES)
            await stand_in.update_channel(scene.general)
        elif why == "history":
            scene.general.deny(stand_in.bot, rights.READ_HISTORY)
            await stand_in.update_channel(scene.general)
        elif why == "quiet":
            await stand_in.command(scene.general, scene.mod, "quiet", time="7d")
            await stand_in.say(scene.general, scene.ben, "then we talk alone")
        elif why == "server":
            await stand_in.command(
                scene.side, scene.mod, "quiet", time="7d", server=True
            )
        elif why == "list":
            starting.set("bot.servers", [str(scene.guild.id + 1)])
        elif why == "hours":
            noon = datetime.now() + timedelta(hours=6)
            first, last = noon - timedelta(hours=1), noon + timedelta(hours=1)
            starting.set("speak.quiet_hours", f"{first:%H:%M}-{last:%H:%M}")
        else:
            starting.set("speak.channels", ["side"])
        starting.set("speak.start_after_hours", 5)
        starting.ahead = 6 * HOURS
        await asyncio.sleep(LOOKS)
    assert stand_in.outbox.sent() == []
    assert await starting.replies() == []


async def test_it_starts_talk_where_one_channel_alone_wants_it_and_looks_nowhere_else(
    stand_in: DiscordStandIn,
    starting: Starting,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    guild_events = starting.surroundings.ports.guilds
    settings = guild_events.settings

    async def counted(place: MessagePlace) -> Config:
        asked.append(place)
        return await settings(place)

    async with starting.room():
        run = starting.service.context.database.run
        monkeypatch.setattr(guild_events, "settings", counted)
        await asyncio.sleep(LOOKS)
        assert asked == []
        (guild,) = await run(guilds.every)
        channel = await run(guilds.find_channel, guild.id, str(scene.general.id))
        assert channel is not None
        name = "speak.start_after_hours"
        await starting.service.context.settings.change(name, "5", guild.id, channel.id)
        starting.ahead = 6 * HOURS
        await starting.began(1)
    assert stand_in.outbox.sent()[0].channel_id == scene.general.id


@pytest.mark.parametrize("fault", ["error", "drop"])
async def test_a_lost_connection_while_it_looks_keeps_no_talk_from_starting(
    stand_in: DiscordStandIn,
    starting: Starting,
    scene: Scene,
    fault: Literal["error", "drop"],
) -> None:
    async with starting.room():
        path = f"/channels/{scene.general.id}/messages"
        stand_in.rest.faults.add(fault, "GET", path, times=5, status=505)
        starting.set("speak.start_after_hours", 5)
        starting.ahead = 6 * HOURS
        await starting.began(1)
        assert stand_in.rest.faults.pending == 0


async def test_a_draft_of_a_start_waits_for_the_owner(
    stand_in: DiscordStandIn,
    starting: Starting,
    scene: Scene,
) -> None:
    starting.set("reply.shadow", True)
    async with starting.room():
        starting.set("speak.start_after_hours", 5)
        starting.ahead = 6 * HOURS

        async def is_draft() -> bool:
            rows = await starting.replies()
            return [row.state for row in rows] == ["draft"]

        await eventually(is_draft)
    assert stand_in.outbox.sent() == []


async def test_starts_in_many_rooms_keep_to_the_limit_of_the_server(
    stand_in: DiscordStandIn,
    starting: Starting,
    scene: Scene,
) -> None:
    async with starting.room():
        await stand_in.command(scene.side, scene.mod, "listen add", channel=scene.side)
        for line in LINES:
            await stand_in.say(scene.side, scene.ann, line)
        await until_stored(starting.service, 2 * len(LINES))
        starting.set("speak.guild_per_minute", 1)
        starting.set("speak.start_after_hours", 5)
        starting.ahead = 6 * HOURS
        await starting.began(1)
        await asyncio.sleep(LOOKS)
        assert len(stand_in.outbox.sent()) == 1
        # The clock was set by Discord's answers when the first start came back.
        starting.ahead += 6 * HOURS + 61.0
        await starting.began(2)
    rooms = {one.channel_id for one in stand_in.outbox.sent()}
    assert rooms == {scene.general.id, scene.side.id}
