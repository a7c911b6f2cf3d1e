"""A file that `/train` cannot learn is named, with the place and a remedy."""

import pytest

from app.service.service import Service
from tests.discord.conftest import Running
from tests.discord.real_host import count
from tests.discord.scene import Scene
from tests.discord_stand_in.interactions import Interaction
from tests.discord_stand_in.server import DiscordStandIn, File

ROW = b'{"id": "1", "author": "ann", "text": "the tide is high"}\n'
BROKEN = {
    "log.bin": (b"\x89PNG\0\0\0", "in no known format"),
    "none.json": (b"[]", "no messages"),
    "cut.jsonl": (b'{"id": "2", "aut', "line 1: not JSON"),
    "cut.json": (b'[{"mess', "line 1"),
    "cut.zip": (b"PK\x03\x04\x14\0\0\0\0\0 the rest", "archive is damaged"),
    "other.json": (
        b'{"guild": {"id": "77", "name": "Elsewhere"}, "channel": {"id": "1"},'
        b' "messages": []}',
        "Elsewhere",
    ),
}


async def train(
    stand_in: DiscordStandIn, scene: Scene, name: str, data: bytes
) -> Interaction:
    stand_in.rest.files[name] = data
    await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
    options = {"json": File(name), "clean": False}
    return await stand_in.command(scene.general, scene.mod, "train", **options)


def final(shown: Interaction, scene: Scene) -> str:
    return str(scene.general.messages[shown.parts[0].message_id]["content"])


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_file_is_named_with_the_place_the_reason_and_the_remedy(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    name: str,
) -> None:
    data, reason = BROKEN[name]
    async with running.connected():
        asked = await train(stand_in, scene, name, data)
        await stand_in.wait_for(lambda: final(asked, scene) != "Learning…")
    told = final(asked, scene)
    assert name in told and reason in told and "run `/train`" in told
    assert "Read 0" not in told and "upload" not in told
    assert await count(service) == 0


async def test_of_a_file_that_breaks_off_the_rest_is_learned_and_the_place_told(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        asked = await train(stand_in, scene, "half.jsonl", ROW + b'{"id": "2", "aut')
        await stand_in.wait_for(lambda: final(asked, scene) != "Learning…")
    told = final(asked, scene)
    assert "Read 1 messages of half.jsonl, 1 of them new." in told
    assert "line 2: not JSON" in told and "run `/train`" in told
    assert await count(service) == 1
