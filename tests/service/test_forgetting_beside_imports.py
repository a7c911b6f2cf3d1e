"""Forgetting everything, or a channel, while files are being learned."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from app.service.voices.voice_files import VoiceFiles
from tests.discord_stand_in.world import snowflake
from tests.service.forgetting_world import Said, World


@pytest.mark.parametrize("is_channel", [False, True])
async def test_what_is_being_imported_is_forgotten_with_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_channel: bool
) -> None:
    world = World(tmp_path, Random(1))
    await world.open()
    place = world.places[0]
    await world.listen(place, True)
    said = [await world.say(place, author) for author in world.people]
    # One is in the file alone.
    said.append(Said(snowflake(), place, world.people[0], world.next_text()))
    world.said[said[-1].id] = said[-1]
    reading, go_on, add = asyncio.Event(), asyncio.Event(), VoiceFiles.add

    async def slow(*asked: object) -> object:
        """Read a file, of which nothing is stored yet."""
        reading.set()
        await go_on.wait()
        return await add(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(VoiceFiles, "add", slow)
    importing = asyncio.create_task(world.import_all(place.guild))
    await reading.wait()
    if is_channel:
        forgetting = asyncio.create_task(world.forget_channel(place))
    else:
        forgetting = asyncio.create_task(world.forget_everything(place.guild))
    # As far as it comes while the file is being read.
    await asyncio.wait({forgetting}, timeout=0.3)
    go_on.set()
    await asyncio.gather(importing, forgetting)
    for one in said:
        one.state = "gone"
    await world.check()
    await world.end()
