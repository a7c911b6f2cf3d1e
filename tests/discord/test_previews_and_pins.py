"""Whole messages that Discord sends again, without another text."""

from app.service.service import Service
from app.store import guilds
from tests.discord.conftest import Running
from tests.discord.real_host import eventually, stored, taught, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def test_link_previews_and_pins_forget_and_learn_nothing(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        (guild,) = await service.context.database.run(guilds.every)
        voice = await service.context.voices.voice(guild.id)
        forgot: list[object] = []
        plain = service.context.memory.forget

        async def forget(row: int, rows: object) -> None:
            forgot.append(rows)
            await plain(row, rows)  # type: ignore[arg-type]

        service.context.forgetter._on_forgotten[0] = forget
        learned, unlearned = voice.learn, voice.forget
        calls: list[str] = []
        voice.learn = lambda *a: calls.append("learn") or learned(*a)  # type: ignore
        voice.forget = lambda *a: calls.append("forget") or unlearned(*a)  # type: ignore
        for one in ids:
            await stand_in.preview(scene.general, one, "https://example.org")
            await stand_in.pin(scene.general, scene.mod, one)
        await stand_in.start_thread(scene.general, scene.ann, ids[0], "a talk")
        last = await stand_in.say(scene.general, scene.ann, "the last line of them all")
        await until_stored(service, len(ids) + 1)
        assert calls == ["learn"] and forgot == []
        await stand_in.edit(scene.general, last, "the last line, changed")

        async def is_changed() -> bool:
            return (await stored(service))[str(last)] == "the last line, changed"

        await eventually(is_changed)
        await eventually(lambda: _true(len(forgot) == 1))


async def _true(so: bool) -> bool:
    return so
