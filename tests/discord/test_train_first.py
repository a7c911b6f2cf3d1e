"""A training that starts from nothing forgets only when it can learn again."""

import pytest

from app.core.state_file import StateFile
from app.discord.cogs import train
from app.service.service import Service
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
from tests.discord_stand_in.interactions import Interaction
from tests.discord_stand_in.server import DiscordStandIn, File

GOOD = b'[{"message": "the tide is high"}, {"message": "the boats are in"}]'
BAD_FILES = {
    "unknown.bin": b"\x89PNG\0\0\0",
    "empty.json": b"[]",
    "cut.jsonl": b'{"id": "1", "author": "a", "text": "hi"}\n{"id": "2", "aut',
    "cut.zip": b"PK\x03\x04\x14\0\0\0\0\0 the rest is missing",
}


def final(shown: Interaction, scene: Scene) -> str:
    message = scene.general.messages[shown.parts[0].message_id]
    return str(message["content"])


async def press_forget(
    stand_in: DiscordStandIn, scene: Scene, json: File | None = None
) -> Interaction:
    options = {"json": json} if json else {}
    asked = await stand_in.command(scene.general, scene.mod, "train", **options)
    await stand_in.press(asked, scene.mod, "train-clean")
    return asked


async def test_nothing_is_forgotten_while_one_of_the_channels_cannot_be_read(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    side = scene.side
    async with taught(running, stand_in, service, scene):
        await stand_in.command(side, scene.mod, "listen add", channel=side)
        await stand_in.say(side, scene.ben, "from the side")
        await until_stored(service, len(LINES) + 1)
        side.readable = False
        await stand_in.update_channel(side)
        asked = await press_forget(stand_in, scene)
        await stand_in.wait_for(lambda: "forgot nothing" in final(asked, scene))
        assert f"<#{side.id}>" in final(asked, scene)
        assert await count(service) == len(LINES) + 1
        side.readable = True
        await stand_in.update_channel(side)
        asked = await press_forget(stand_in, scene)
        await stand_in.wait_for(lambda: "Done" in final(asked, scene))
        await until_stored(service, len(LINES) + 1)


@pytest.mark.parametrize("name", [*BAD_FILES, "gone.json"])
async def test_nothing_is_forgotten_for_a_file_that_cannot_be_learned(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    name: str,
) -> None:
    stand_in.rest.files |= BAD_FILES
    async with taught(running, stand_in, service, scene):
        asked = await press_forget(stand_in, scene, File(name))
        await stand_in.wait_for(lambda: "forgot nothing" in final(asked, scene))
        assert await count(service) == len(LINES)


async def test_nothing_is_forgotten_for_a_file_that_is_too_large(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in.rest.files["old.json"] = GOOD
    monkeypatch.setattr(train, "MAX_FILE_BYTES", 10)
    async with taught(running, stand_in, service, scene):
        asked = await press_forget(stand_in, scene, File("old.json"))
        await stand_in.wait_for(lambda: "too large" in final(asked, scene))
        assert await count(service) == len(LINES)


async def test_a_file_that_can_be_learned_takes_the_place_of_what_was_there(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    stand_in.rest.files["old.json"] = GOOD
    async with taught(running, stand_in, service, scene):
        asked = await press_forget(stand_in, scene, File("old.json"))
        await stand_in.wait_for(lambda: "Read 2 messages" in final(asked, scene))
    texts = set((await stored(service)).values())
    assert texts == {"the tide is high", "the boats are in"}


async def test_a_training_that_was_killed_before_it_forgot_does_both_at_the_next_start(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        pass
    state: StateFile = running.surroundings.state
    plan = {
        "channels": {str(scene.general.id): 0},
        "report": None,
        "new": 0,
        "read": 0,
        "skipped": list[str](),
        "clean": True,
    }
    plans = {str(scene.guild.id): plan}
    state.put("trainings", plans)
    del scene.general.messages[ids[0]]
    async with running.connected():

        async def is_done() -> bool:
            return not state.get("trainings", {})

        await eventually(is_done)
        await until_stored(service, len(LINES) - 1)
