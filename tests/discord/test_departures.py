"""What becomes of words when people, channels and servers go away on Discord."""

import asyncio

import pytest

from app.discord.ports import Incoming, MessagePlace
from app.service.service import Service
from app.store import guilds
from tests.discord.conftest import Running
from tests.discord.real_host import (
    LINES,
    count,
    eventually,
    stored,
    taught,
    until_stored,
)
from tests.discord.scene import Scene
from tests.discord_stand_in.rights import BAN_MEMBERS
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import User

HALF = len(LINES) // 2


async def switch(service: Service, name: str, value: str) -> None:
    (guild,) = await service.context.database.run(guilds.every)
    await service.context.settings.change(name, value, guild.id)


async def learned(service: Service) -> int:
    """Return the number of messages in the voice."""
    (guild,) = await service.context.database.run(guilds.every)
    return (await service.context.voices.voice(guild.id)).messages


async def settled(stand_in: DiscordStandIn, scene: Scene, service: Service) -> None:
    """Wait until everything told before is done."""
    before = await count(service)
    await stand_in.say(scene.general, scene.mod, "afterwards")
    await until_stored(service, before + 1)


def delete_account(scene: Scene, user: User, name: str) -> None:
    """Discord keeps the messages, and shows another name without a picture."""
    for channel in scene.guild.channels.values():
        for body in channel.messages.values():
            if body["author"]["id"] == str(user.id):
                body["author"] |= {"username": name, "global_name": None}
                body.pop("member", None)


async def test_a_purge_is_forgotten_whatever_is_set(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        for name in ("banned", "deleted_channels", "deleted_accounts"):
            await switch(service, f"learn.forget_{name}", "off")
        await stand_in.ban(scene.guild, scene.ann, delete_seconds=3600)
        await until_stored(service, HALF)
        assert await learned(service) == HALF


@pytest.mark.parametrize("may_see", [True, False])
@pytest.mark.parametrize("wanted", ["on", "off"])
async def test_a_ban_during_a_pause_is_found_where_the_bot_may_see_bans(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    may_see: bool,
    wanted: str,
) -> None:
    scene.guild.bot_rights |= BAN_MEMBERS if may_see else 0
    async with taught(running, stand_in, service, scene):
        await switch(service, "learn.forget_banned", wanted)
    await stand_in.ban(scene.guild, scene.ann)
    stand_in.rest.requests.clear()
    async with running.connected():
        await stand_in.say(scene.general, scene.ben, "afterwards")
        is_forgotten = may_see and wanted == "on"
        await until_stored(service, (HALF if is_forgotten else len(LINES)) + 1)
    # A list of bans can be long; nobody asks for one that is not needed.
    asked = ("GET", f"/guilds/{scene.guild.id}/bans") in stand_in.rest.requests
    assert asked == is_forgotten


@pytest.mark.parametrize("is_away", [True, False])
@pytest.mark.parametrize("wanted", ["on", "off"])
async def test_a_deleted_channel_is_forgotten_where_the_owner_wants_it(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    wanted: str,
    is_away: bool,
) -> None:
    side, thread = scene.side, scene.guild.thread(scene.side, "a talk")
    async with taught(running, stand_in, service, scene):
        await switch(service, "learn.forget_deleted_channels", wanted)
        await stand_in.command(side, scene.mod, "listen add", channel=side)
        for where in (side, thread):
            await stand_in.say(where, scene.ben, f"in {where.name}")
        await until_stored(service, len(LINES) + 2)
        if not is_away:
            await stand_in.delete_channel(thread)
            await stand_in.delete_channel(side)
            left = 2 if wanted == "off" else 0
            await until_stored(service, len(LINES) + left)
    if is_away:
        del scene.guild.channels[thread.id], scene.guild.channels[side.id]
    async with running.connected():
        left = 2 if wanted == "off" else 0
        await until_stored(service, len(LINES) + left)
        await stand_in.wait_for(
            lambda: not running.surroundings.state.get("comparing", {})
        )
        await settled(stand_in, scene, service)
        assert await count(service) == len(LINES) + left + 1
    assert await learned(service) == len(LINES) + left + 1


@pytest.mark.parametrize("name", ["deleted_user_0a1b2c3d4e5f", "Deleted User 0a1b2c3d"])
@pytest.mark.parametrize("wanted", ["on", "off"])
async def test_a_deleted_account_is_forgotten_where_the_owner_wants_it(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    wanted: str,
    name: str,
) -> None:
    async with taught(running, stand_in, service, scene):
        await switch(service, "learn.forget_deleted_accounts", wanted)
    delete_account(scene, scene.ann, name)
    async with running.connected():
        left = HALF if wanted == "on" else len(LINES)
        await until_stored(service, left)
        await settled(stand_in, scene, service)
        assert await learned(service) == left + 1
        await stand_in.command(scene.general, scene.mod, "train", clean=False)
        await asyncio.sleep(0.5)
        assert await count(service) == left + 1


async def test_somebody_with_such_a_name_stays(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    joker = scene.guild.join(User("Deleted User 0a1b2c3d"))
    async with taught(running, stand_in, service, scene):
        await stand_in.say(scene.general, joker, "I am still here")
        await until_stored(service, len(LINES) + 1)


async def test_an_outage_forgets_nothing_and_what_was_missed_is_caught_up(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await stand_in.remove_guild(scene.guild, unavailable=True)
        await asyncio.sleep(0.2)
    assert await count(service) == len(LINES)
    await stand_in.say(scene.general, scene.ben, "missed before the outage")
    async with running.connected():
        # Online, but Discord still has no word of this server.
        await asyncio.sleep(0.3)
        (guild,) = await service.context.database.run(guilds.every)
        assert (guild.name, guild.left) == ("Harbour", None)
        assert await count(service) == len(LINES)
        await stand_in.return_guild(scene.guild)
        await until_stored(service, len(LINES) + 1)
    assert "missed before the outage" in (await stored(service)).values()


async def test_words_that_discord_keeps_back_do_not_replace_those_that_are_known(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        before = await stored(service)
        await stand_in.edit(scene.general, ids[0], "")
        place = MessagePlace(
            scene.guild.id, "Harbour", scene.general.id, scene.general.name
        )
        page = [Incoming(place, one, scene.ann.id, "Ann", "", 0) for one in ids]
        ports = running.surroundings.ports
        await ports.messages.recheck(place, page, ids[0] - 1, ids[-1] + 1)
        await settled(stand_in, scene, service)
        after = await stored(service)
    assert {key: after[key] for key in before} == before


async def test_a_server_that_was_left_is_kept_for_its_grace_time(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await stand_in.remove_guild(scene.guild)

        async def is_left() -> bool:
            (guild,) = await service.context.database.run(guilds.every)
            return guild.left is not None

        await eventually(is_left)
        await stand_in.add_guild(scene.guild)

        async def is_back() -> bool:
            return not await is_left()

        await eventually(is_back)
    assert await count(service) == len(LINES)
