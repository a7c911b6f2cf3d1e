"""A silence holds whoever began it: Discord, the screens or the command line."""

from app.ipc import control
from app.service.service import Service
from tests.asking import Nobody
from tests.discord.conftest import Running
from tests.discord.real_host import eventually, taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def says_why(stand_in: DiscordStandIn, scene: Scene) -> bool:
    why = await stand_in.command(scene.general, scene.ann, "why")
    return "quiet" in why.text


async def test_a_channel_that_the_owner_silenced_stays_quiet_until_it_is_ended(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    nobody = Nobody()
    call = f"{stand_in.bot.mention} what about the boats"
    async with taught(running, stand_in, service, scene):
        begun = await service.call(nobody, control.Quiet("Harbour", "general", 3600.0))
        await stand_in.say(scene.general, scene.ann, call)
        await eventually(lambda: says_why(stand_in, scene))
        assert stand_in.outbox.sent() == []
        ended = await service.call(nobody, control.Quiet("Harbour", "general", 0.0))
        await stand_in.say(scene.general, scene.ben, call)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert begun.channel == "general" and begun.until > ended.until


async def test_discord_ends_a_silence_that_the_owner_began(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    call = f"{stand_in.bot.mention} what about the boats"
    async with taught(running, stand_in, service, scene):
        quiet = control.Quiet("Harbour", "general", 3600.0)
        await service.call(Nobody(), quiet)
        await stand_in.command(scene.general, scene.mod, "quiet", time="off")
        await stand_in.say(scene.general, scene.ben, call)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
