"""With `speak.join_in` it says only what fits, and keeps silent otherwise."""

import pytest

from app.core.paths import Home
from app.service.service import Service
from app.settings.config_file import save
from app.store import replies
from tests.discord.conftest import Running
from tests.discord.real_host import eventually, taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

FITTING = (
    "when the tide comes in or goes out at nine and three it takes the small boats out"
    " and leaves them dry, and the cat sleeps and takes small fish in the harbour"
)
STRANGE = "anybody seen that film about robots yesterday"


@pytest.fixture(autouse=True)
def by_words(home: Home) -> None:
    """Words alone decide what fits, so that no model has to be loaded."""
    save(home.config_file, "memory.enabled", False)


async def state_of(service: Service, message: int) -> str:
    row = await service.context.database.run(replies.answer_to, str(message))
    return row.state if row else ""


def said_in(stand_in: DiscordStandIn, channel: int) -> int:
    return sum(one.channel_id == channel for one in stand_in.outbox.sent())


async def until(service: Service, message: int, state: str) -> None:
    async def is_so() -> bool:
        return await state_of(service, message) == state

    await eventually(is_so)


@pytest.mark.parametrize("stream", [False, True])
async def test_it_joins_in_where_its_line_fits_and_else_stores_its_silence(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    stream: bool,
) -> None:
    save(home.config_file, "reply.stream", stream)
    async with taught(running, stand_in, service, scene):
        save(home.config_file, "speak.join_in", 1.0)
        strange = await stand_in.say(scene.side, scene.ann, STRANGE)
        await until(service, strange, "silent")
        assert said_in(stand_in, scene.side.id) == 0
        why = await stand_in.command(scene.side, scene.ann, "why")
        fitting = await stand_in.say(scene.side, scene.ben, FITTING)
        await until(service, fitting, "sent")
    (row,) = [await service.context.database.run(replies.answer_to, str(strange))]
    assert row is not None and row.text == "" and row.reason == "join-in"
    assert any("no line fitted the talk" in note for note in row.notes)
    assert "I did not join in after Ann: no line fitted" in why.text
    assert said_in(stand_in, scene.side.id) == 1


async def test_a_silence_is_no_line_that_a_talk_follows(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
) -> None:
    save(home.config_file, "speak.user_cooldown_seconds", 60.0)
    async with taught(running, stand_in, service, scene):
        save(home.config_file, "speak.join_in", 1.0)
        strange = await stand_in.say(scene.side, scene.ann, STRANGE)
        await until(service, strange, "silent")
        save(home.config_file, "speak.join_in", 0.0)
        save(home.config_file, "speak.follow_up_seconds", 600)
        after = await stand_in.say(scene.side, scene.ben, FITTING)
        called = await stand_in.say(
            scene.side, scene.ann, f"{stand_in.bot.mention} what about the boats"
        )
        await until(service, called, "sent")
    assert await state_of(service, after) == ""


async def test_what_somebody_asks_for_is_answered_whether_it_fits_or_not(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        called = await stand_in.say(
            scene.side, scene.ann, f"{stand_in.bot.mention} {STRANGE}"
        )
        await until(service, called, "sent")
