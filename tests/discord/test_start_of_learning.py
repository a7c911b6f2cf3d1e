"""Messages from before a channel was listened to, or while it was not."""

from app.service.service import Service
from tests.discord.conftest import Running
from tests.discord.real_host import listen, stored, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def test_catching_up_leaves_what_was_written_before_the_channel_was_listened_to(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    thread = scene.guild.thread(scene.general, "old thread")
    for where in (scene.general, thread):
        await stand_in.say(where, scene.ann, f"before in {where.name}")
    async with running.connected():
        await listen(stand_in, scene)
        for where in (scene.general, thread):
            await stand_in.say(where, scene.ann, f"after in {where.name}")
        await until_stored(service, 2)
    for where in (scene.general, thread):
        await stand_in.say(where, scene.ben, f"missed in {where.name}")
    async with running.connected():
        await until_stored(service, 4)
        await stand_in.say(scene.general, scene.ann, "again here")
        await until_stored(service, 5)
        texts = set((await stored(service)).values())
        assert not any(text.startswith("before") for text in texts)
        # The owner may want the past, and says so.
        await stand_in.command(scene.general, scene.mod, "train", clean=False)
        await until_stored(service, 7)


async def test_catching_up_leaves_what_was_written_while_nobody_listened(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, mod = scene.general, scene.mod
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.say(general, scene.ann, "first")
        await until_stored(service, 1)
        await stand_in.command(general, mod, "listen remove", channel=general)
        await stand_in.say(general, scene.ann, "between")
        await listen(stand_in, scene)
        await listen(stand_in, scene)  # Asking twice changes nothing.
        await stand_in.say(general, scene.ann, "second")
        await until_stored(service, 2)
    await stand_in.say(general, scene.ann, "missed")
    async with running.connected():
        await until_stored(service, 3)
        await stand_in.say(general, scene.ann, "third")
        await until_stored(service, 4)
    assert "between" not in (await stored(service)).values()
