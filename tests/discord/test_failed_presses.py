"""Whoever presses a button or types a command is told in words that it failed."""

import aiohttp
import pytest

from app.core.errors import AppError
from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord.test_stop_and_again import mention
from tests.discord_stand_in.server import DiscordStandIn

FAILURES = [
    (AppError("The disk is full.", "Make room on that disk."), "Make room on"),
    (aiohttp.ClientConnectionError("gone"), "I lost the connection to Discord"),
    (KeyError("x"), "Something went wrong on my side"),
]


class Failing(MemoryHost):
    """Raises an error in place of the answer to one call."""

    def __init__(self, error: Exception, told: str) -> None:
        super().__init__()
        self._error = error
        self.told = told

    def fail_to(self, name: str) -> None:
        setattr(self, name, self._fail)

    async def _fail(self, *args: object, **options: object) -> None:
        raise self._error


@pytest.fixture(params=FAILURES)
def host(request: pytest.FixtureRequest) -> Failing:
    return Failing(*request.param)


async def test_a_failed_button_under_a_reply_is_told_to_who_pressed_it(
    stand_in: DiscordStandIn,
    start: Start,
    host: Failing,
    scene: Scene,
) -> None:
    host.overrides[scene.guild.id, 0] = {"speak.user_cooldown_seconds": 0.0}
    async with start().connected():
        _, own = await mention(stand_in, scene)
        await stand_in.wait_for(lambda: own in sum(host.sent_as.values(), []))
        host.fail_to("again")
        pressed = await stand_in.press_on(scene.general, scene.ann, own, "Again")
        await stand_in.wait_for(lambda: bool(pressed.parts))
    (part,) = pressed.parts
    assert part.ephemeral and host.told in part.text


async def test_a_failed_menu_is_told_to_who_used_it(
    stand_in: DiscordStandIn,
    start: Start,
    host: Failing,
    scene: Scene,
) -> None:
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        shown = await stand_in.command(scene.general, scene.mod, "listen modify")
        host.fail_to("set_learning")
        value = shown.components[0]["options"][0]["value"]
        chosen = await stand_in.press(shown, scene.mod, "listen-channels-0", [value])
    (part,) = chosen.parts
    assert part.ephemeral and host.told in part.text


async def test_a_failed_command_that_was_typed_is_answered(
    stand_in: DiscordStandIn,
    start: Start,
    host: Failing,
    scene: Scene,
) -> None:
    host.fail_to("answer")
    async with start().connected():
        asked = await stand_in.say(scene.general, scene.ann, "!mark")
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
    (sent,) = stand_in.outbox.sent()
    assert sent.reply_to == asked and host.told in sent.text
