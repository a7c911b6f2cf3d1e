"""Channels that the bot cannot see; Discord tells their ids and no names."""

from app.service.service import Service
from app.store import guilds
from tests.discord.conftest import Running
from tests.discord.real_host import eventually
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def names(service: Service) -> set[str]:
    """The channels that the owner can choose among."""
    run = service.context.database.run
    return {
        one.name
        for guild in await run(guilds.every)
        for one in await run(guilds.channels, guild.id)
    }


async def test_a_hidden_channel_is_not_offered_and_a_known_one_keeps_its_name(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    scene.guild.channel("treasury", readable=False)
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))

        async def is_known() -> bool:
            return await names(service) == {"general", "side"}

        await eventually(is_known)
        scene.side.readable = False
        await stand_in.update_channel(scene.side)
        await stand_in.command(scene.side, scene.mod, "config show")
        await stand_in.say(scene.general, scene.ann, f"in <#{scene.side.id}>")
        later = scene.guild.channel("vault", readable=False)
        await stand_in.add_channel(later)
        await stand_in.command(scene.side, scene.mod, "config show")
    async with running.connected():
        await stand_in.command(scene.general, scene.mod, "config show")
        assert await names(service) == {"general", "side"}
