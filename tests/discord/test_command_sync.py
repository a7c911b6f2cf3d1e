"""Slash commands stay on Discord as they are here, or the owner knows why not."""

from tests.discord.conftest import Start
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn


async def test_commands_are_sent_only_when_discord_has_others(
    stand_in: DiscordStandIn, start: Start
) -> None:
    async with start().connected():
        await stand_in.wait_for(lambda: stand_in.rest.command_writes == 1)
    stand_in.rest.commands.reverse()
    for command in stand_in.rest.commands:
        # The order of a set says nothing, and differs from process to process.
        if command["contexts"]:
            command["contexts"].reverse()
    async with start().connected():
        await stand_in.wait_for(lambda: ("GET", commands()) in stand_in.rest.requests)
        await stand_in.gateway.invalidate()
        await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) == 3)
        await stand_in.wait_for(
            lambda: stand_in.rest.requests.count(("GET", commands())) == 3
        )
    assert stand_in.rest.command_writes == 1


def commands() -> str:
    return "/applications/900000000000000002/commands"


async def test_commands_that_another_program_replaced_come_back_at_the_next_start(
    stand_in: DiscordStandIn, start: Start
) -> None:
    async with start().connected():
        await stand_in.wait_for(lambda: stand_in.rest.command_writes == 1)
    names = {one["name"] for one in stand_in.rest.commands}
    stand_in.rest.commands = [{"id": "1", "name": "another", "type": 1}]
    async with start().connected():
        await stand_in.wait_for(lambda: stand_in.rest.command_writes == 2)
    assert {one["name"] for one in stand_in.rest.commands} == names
    stand_in.rest.commands[0]["description"] = "Changed by hand."
    async with start().connected():
        await stand_in.wait_for(lambda: stand_in.rest.command_writes == 3)


async def test_a_command_that_discord_refuses_is_named_and_the_others_work(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    running = start(command="Mark me")
    async with running.connected():
        await stand_in.wait_for(lambda: stand_in.rest.command_writes == 1)
        (trouble,) = running.surroundings.troubles.every
        shown = await stand_in.command(scene.general, scene.ann, "help")
    assert "/Mark me" in trouble.detail and "invalid" in trouble.detail
    assert "bot.command" in trouble.hint and "!mark" in shown.text
    running = start()
    running.surroundings.troubles.begin("commands", trouble.detail, trouble.hint)
    async with running.connected():
        await stand_in.wait_for(lambda: stand_in.rest.command_writes == 2)
        await stand_in.wait_for(lambda: running.surroundings.troubles.every == [])


async def test_commands_that_could_not_be_checked_are_checked_at_the_next_session(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    stand_in.rest.faults.add("error", "PUT", commands(), times=1, status=403)
    running = start()
    async with running.connected():
        await stand_in.wait_for(lambda: bool(running.surroundings.troubles.every))
        (trouble,) = running.surroundings.troubles.every
        assert "403" in trouble.detail and stand_in.rest.commands == []
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.gateway.invalidate()
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.wait_for(lambda: running.surroundings.troubles.every == [])
