"""What is learned, and how edits and deletions follow."""

import sqlite3

import pytest

from app.core.errors import ConfigError
from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import Guild


def texts(host: MemoryHost) -> list[str]:
    return [message.text for message in host.messages.values()]


async def test_nothing_is_learned_before_a_moderator_says_so(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "before")
        shown = await stand_in.command(
            scene.general, scene.mod, "listen add", channel=scene.general
        )
        await stand_in.say(scene.general, scene.ann, "after")
        await stand_in.say(scene.side, scene.ann, "elsewhere")
        await stand_in.wait_for(lambda: texts(host) == ["after"])
    assert scene.general.id in host.learning
    assert "I now listen to" in shown.text


async def test_edits_and_deletions_follow(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        ids = [
            await stand_in.say(scene.general, scene.ann, f"line {number}")
            for number in range(5)
        ]
        await stand_in.wait_for(lambda: len(host.messages) == 5)
        await stand_in.edit(scene.general, ids[0], "line changed")
        await stand_in.delete(scene.general, ids[1])
        await stand_in.delete(scene.general, ids[2], ids[3])
        await stand_in.wait_for(
            lambda: sorted(texts(host)) == ["line 4", "line changed"]
        )


async def test_threads_of_a_listened_channel_are_learned_and_forgotten_with_it(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        thread = scene.guild.thread(scene.general, "a thread")
        await stand_in.add_channel(thread)
        await stand_in.say(thread, scene.ann, "in the thread")
        await stand_in.say(scene.general, scene.ann, "outside")
        await stand_in.wait_for(lambda: len(host.messages) == 2)
        await stand_in.delete_channel(thread)
        await stand_in.wait_for(lambda: texts(host) == ["outside"])
        await stand_in.delete_channel(scene.general)
        await stand_in.wait_for(lambda: texts(host) == [])


async def test_mentions_are_kept_as_names_and_its_own_is_left_out(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        text = f"{stand_in.bot.mention} ask {scene.ben.mention} in <#{scene.side.id}>"
        await stand_in.say(scene.general, scene.ann, text, mentions=[scene.ben])
        await stand_in.wait_for(lambda: texts(host)[:1] == ["ask @Ben in #side"])


async def test_bots_are_context_and_marked_as_such(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        await stand_in.say(scene.general, scene.robot, "beep")
        await stand_in.wait_for(lambda: len(host.messages) == 1)
    assert [message.is_bot for message in host.messages.values()] == [True]


async def test_a_guild_that_is_unavailable_is_not_left(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    other = await stand_in.add_guild(Guild("Other"))
    async with start().connected():
        await stand_in.wait_for(lambda: len(host.guilds) == 2)
        await stand_in.remove_guild(scene.guild, unavailable=True)
        await stand_in.remove_guild(other)
        await stand_in.wait_for(lambda: bool(host.gone))
    assert host.gone == {other.id}


@pytest.mark.parametrize(
    "fault",
    [
        OSError(28, "No space left on device"),
        ConfigError("learn.patterns is too large.", "Write fewer patterns."),
        sqlite3.OperationalError("database is locked"),
        ValueError("odd"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_message_is_answered_whatever_keeps_it_from_being_learned(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    fault: Exception,
) -> None:
    asked: list[object] = []

    async def fail(said: object) -> None:
        asked.append(said)
        raise fault

    monkeypatch.setattr(host, "hear_live", fail)
    async with start().connected():
        said = await stand_in.say(scene.general, scene.ann, stand_in.bot.mention)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert len(asked) == 1
    assert stand_in.outbox.sent()[0].reply_to == said
