"""Secrets that people paste are neither learned nor said."""

from app.service.service import Service
from app.store import guilds
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, eventually, listen, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

LOOSE = {"learn.secrets": "true", "voice.min_score": "0", "voice.max_run": "24"}
"""Lines may be whole messages then, which is the worst that can be said."""

PASTED = (
    "write to jane.doe@example.co.uk when the tide is out",
    "my number is +49 170 1234567 when the boats are in",
    "the key is sk-proj-0123456789abcdefghij for the harbour",
    "we meet at 2778 Mala Vista Drive by the harbour",
)


async def learned(service: Service) -> int:
    """Return the number of messages in the voice."""
    (guild,) = await service.context.database.run(guilds.every)
    return (await service.context.voices.voice(guild.id)).messages


async def test_messages_with_secrets_are_kept_as_context_and_not_learned(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await listen(stand_in, scene)
        for text in (*PASTED, *LINES):
            await stand_in.say(scene.general, scene.ann, text)
        await until_stored(service, len(PASTED) + len(LINES))
        assert await learned(service) == len(LINES)
        edited = await stand_in.say(scene.general, scene.ann, "call me tonight")
        await until_stored(service, len(PASTED) + len(LINES) + 1)
        assert await learned(service) == len(LINES) + 1
        await stand_in.edit(scene.general, edited, "call me at 030 1234 5678")

        async def is_unlearned() -> bool:
            return await learned(service) == len(LINES)

        await eventually(is_unlearned)
    (guild,) = await service.context.database.run(guilds.every)
    counts = await service.context.database.run(guilds.counts, guild.id)
    assert counts.dropped["secret"] == len(PASTED) + 1


async def test_secrets_that_an_earlier_version_learned_are_never_said(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await listen(stand_in, scene)
        (guild,) = await service.context.database.run(guilds.every)
        for name, value in LOOSE.items():
            await service.context.settings.change(name, value, guild.id)
        for text in PASTED * 3:
            await stand_in.say(scene.general, scene.ann, text)
        await until_stored(service, 3 * len(PASTED))
        assert await learned(service) == 3 * len(PASTED)
        for number in range(40):
            seed = ("my number", "write to", "the key", "we meet")[number % 4]
            await stand_in.command(scene.general, scene.ann, "mark", seed=seed)
    said = " ".join(one.text for one in stand_in.outbox.answers())
    assert "tide" in said or "boats" in said or "harbour" in said
    for secret in ("jane.doe", "1234567", "0123456789abcdef", "Mala Vista"):
        assert secret not in said
