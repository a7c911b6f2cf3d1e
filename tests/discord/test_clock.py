"""A computer whose clock is wrong."""

import time

import pytest

from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


@pytest.mark.parametrize(
    ("wrong", "told"), [(900.0, "15 min fast"), (-7200.0, "2.0 h slow")]
)
async def test_a_wrong_clock_keeps_nobody_waiting_and_the_owner_is_told(
    stand_in: DiscordStandIn,
    start: Start,
    scene: Scene,
    host: MemoryHost,
    wrong: float,
    told: str,
) -> None:
    running = start(clock=lambda: time.time() + wrong)
    async with running.connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.say(
            scene.general, scene.ben, f"{stand_in.bot.mention} old", age_seconds=7200
        )
        shown = await stand_in.command(scene.general, scene.mod, "quiet", time="30m")
        why = await stand_in.command(scene.general, scene.mod, "why")
        (trouble,) = running.surroundings.troubles.every
    assert told in trouble.detail and "network time" in trouble.hint
    assert [one.author_name for one in host.asked] == ["Ann"]
    assert "I did not answer Ben" in why.text
    until = int(shown.text.split("<t:")[1].split(":")[0])
    assert abs(until - time.time() - 1800) < 30


async def test_a_clock_that_jumps_is_noticed_by_the_next_message(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    jump = [0.0]
    running = start(clock=lambda: time.time() + jump[0])
    async with running.connected() as link:
        assert running.surroundings.troubles.every == []
        assert link.client is not None
        link.client.clock._looked = None  # The last look was more than a minute ago.
        jump[0] = 900.0
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        assert running.surroundings.troubles.every
        link.client.clock._looked, jump[0] = None, 0.0
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
        await stand_in.wait_for(lambda: running.surroundings.troubles.every == [])


async def test_a_right_clock_is_no_trouble_and_a_discord_without_time_neither(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    stand_in.force.off.add("every answer tells Discord's time")
    running = start()
    async with running.connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert running.surroundings.troubles.every == []
