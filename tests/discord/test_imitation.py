"""The bot speaks like members who agreed, on a real home."""

from collections.abc import AsyncIterator

import pytest

from app.providers.base import Prompt
from app.providers.markov import MarkovProvider
from app.service.service import Service
from app.store import guilds, members
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import User

ANNS = {word for line in LINES[0::2] for word in line.split()}
BENS = {word for line in LINES[1::2] for word in line.split()}


@pytest.fixture
async def talking(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> AsyncIterator[Service]:
    """A bot that learned, on a server that lets it speak like members."""
    async with taught(running, stand_in, service, scene):
        (guild,) = await service.context.database.run(guilds.every)
        await service.context.settings.change("speak.imitate", "on", guild.id)
        await service.context.settings.change(
            "speak.user_cooldown_seconds", "0", guild.id
        )
        yield service


async def wish(stand_in: DiscordStandIn, scene: Scene, who: User, word: str) -> str:
    shown = await stand_in.command(scene.general, who, "privacy voice", wish=word)
    assert shown.ephemeral
    return shown.text


def words(text: str, name: str) -> set[str]:
    assert text.startswith(f"{name}: "), text
    return set(text.removeprefix(f"{name}: ").split())


async def test_it_talks_like_a_member_who_agreed_and_says_so(
    stand_in: DiscordStandIn, talking: Service, scene: Scene
) -> None:
    refused = await stand_in.command(
        scene.general, scene.mod, "like", member=scene.ann, text="the tide"
    )
    assert "has not agreed" in refused.texts[0]
    assert "`/privacy voice deny`" in await wish(stand_in, scene, scene.ann, "allow")
    for topic in ("the tide", "boats", ""):
        shown = await stand_in.command(
            scene.general, scene.mod, "like", member=scene.ann, text=topic
        )
        assert words(shown.texts[0], scene.ann.name) <= ANNS
    refused = await stand_in.command(scene.general, scene.ann, "like", member=scene.ben)
    assert "has not agreed" in refused.texts[0]


async def test_two_members_who_agreed_talk_in_turns(
    stand_in: DiscordStandIn, talking: Service, scene: Scene
) -> None:
    for who in (scene.ann, scene.ben):
        await wish(stand_in, scene, who, "allow")
    shown = await stand_in.command(
        scene.general, scene.mod, "duet", first=scene.ann, second=scene.ben,
        topic="the harbour",
    )  # fmt: skip
    await stand_in.wait_for(lambda: len(shown.texts) == 4)
    for at, text in enumerate(shown.texts):
        name, own = (scene.ann.name, ANNS) if at % 2 == 0 else (scene.ben.name, BENS)
        assert words(text, name) <= own


async def test_a_member_takes_their_voice_back_at_once(
    stand_in: DiscordStandIn,
    talking: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second one does so while their first line is being written."""
    for who in (scene.ann, scene.ben):
        await wish(stand_in, scene, who, "allow")
    write, lines = MarkovProvider.write, 0

    async def denied_meanwhile(self: MarkovProvider, prompt: Prompt):
        nonlocal lines
        lines += 1
        if lines == 2:
            said = await wish(stand_in, scene, scene.ben, "deny")
            assert "I never speak like you" in said
        async for piece in write(self, prompt):
            yield piece

    monkeypatch.setattr(MarkovProvider, "write", denied_meanwhile)
    shown = await stand_in.command(
        scene.general, scene.mod, "duet", first=scene.ann, second=scene.ben
    )
    await stand_in.wait_for(lambda: len(shown.texts) == 2)
    assert words(shown.texts[0], scene.ann.name) <= ANNS
    assert "nothing to say" in shown.texts[1]
    refused = await stand_in.command(scene.general, scene.mod, "like", member=scene.ben)
    assert "has not agreed" in refused.texts[0]


async def test_it_is_off_unless_the_server_turns_it_on(
    stand_in: DiscordStandIn, talking: Service, scene: Scene
) -> None:
    (guild,) = await talking.context.database.run(guilds.every)
    await talking.context.settings.change("speak.imitate", None, guild.id)
    await wish(stand_in, scene, scene.ann, "allow")
    shown = await stand_in.command(scene.general, scene.mod, "like", member=scene.ann)
    assert "`speak.imitate`" in shown.texts[0]


async def test_an_opt_out_takes_the_voice_back_too(
    stand_in: DiscordStandIn, talking: Service, scene: Scene
) -> None:
    await wish(stand_in, scene, scene.ann, "allow")
    await stand_in.command(scene.general, scene.ann, "privacy opt-out")
    await stand_in.command(scene.general, scene.ann, "privacy opt-in")
    (guild,) = await talking.context.database.run(guilds.every)
    found = await talking.context.database.run(members.all_named, guild.id, "ann")
    assert found == []
    shown = await stand_in.command(scene.general, scene.mod, "like", member=scene.ann)
    assert "has not agreed" in shown.texts[0]
