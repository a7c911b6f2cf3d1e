"""Replies that Discord does not take."""

import asyncio

import pytest

from app.core import secrets
from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.discord.permissions import NO_RIGHT
from app.discord.ports import Unsent
from app.ipc import control
from app.service.service import Service
from app.store import replies
from app.store.places import Claim
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import eventually, taught
from tests.discord.scene import Scene
from tests.discord.test_controller import NOBODY, is_online, serving, until_known
from tests.discord_stand_in import rights
from tests.discord_stand_in.server import DiscordStandIn


@pytest.mark.parametrize("where", ["channel", "thread", "time-out", "hidden"])
async def test_nothing_is_generated_where_it_may_not_write(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, where: str
) -> None:
    host.overrides[(scene.guild.id, 0)] = {
        "speak.join_in": 1.0,
        "speak.user_cooldown_seconds": 0.0,
    }
    place = scene.side
    if where == "thread":
        place = scene.guild.thread(scene.side, "a thread")
        scene.side.deny(stand_in.bot, rights.SEND_IN_THREADS)
    elif where == "channel":
        scene.side.deny(stand_in.bot, rights.SEND_MESSAGES)
    elif where == "time-out":
        scene.guild.timed_out.add(stand_in.bot.id)
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        if where == "hidden":
            scene.side.readable = False
            await stand_in.update_channel(scene.side)
            scene.side.readable = True  # Its messages come, and its rights are old.
        for number in range(10):
            await stand_in.say(place, scene.ann, f"line {number}")
        await stand_in.say(place, scene.ben, f"{stand_in.bot.mention} hello")
        why = await stand_in.command(place, scene.ann, "why")
    assert host.asked == [] and stand_in.outbox.sent() == []
    assert "I did not answer Ben: I do not have permission to write here" in why.text
    assert [one for one in stand_in.rest.requests if one[0] == "POST"] != []


async def test_without_history_and_files_a_reply_goes_out_plain(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    scene.general.deny(stand_in.bot, rights.READ_HISTORY | rights.ATTACH_FILES)
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    (sent,) = stand_in.outbox.sent()
    assert sent.text == "You said: hello" and sent.reply_to is None


@pytest.mark.parametrize("stream", [False, True])
async def test_after_automod_one_other_line_is_tried(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, stream: bool
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": stream}
    scene.guild.blocked_words = {"kraken": 200000}
    lines = iter(["the kraken wakes", "the crab wakes"])
    plain = host.answer

    async def answer(ask):
        host.answer_parts = (next(lines),)
        return await plain(ask)

    host.answer = answer  # type: ignore[method-assign]
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert stand_in.outbox.sent()[0].text == "the crab wakes"
    assert host.refusals == {} and len(host.asked) == 2


@pytest.mark.parametrize("stream", [False, True])
async def test_the_other_line_after_automod_is_not_said_twice_after_a_kill(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, stream: bool
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": stream}
    scene.guild.blocked_words = {"kraken": 200000}
    lines = iter(["the kraken wakes", "the crab wakes"])
    plain = host.answer

    async def answer(ask):
        host.answer_parts = (next(lines),)
        return await plain(ask)

    host.answer = answer  # type: ignore[method-assign]
    async with start().connected():
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} hello"
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    # It was killed before it noted what it had sent.
    claim = Claim(1, GuildId(1), 1, 1, None)
    parts = ("the crab wakes",)
    host.left_unsent = [Unsent(claim, scene.guild.id, scene.general.id, asked, parts)]
    host.sent_as.clear()
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert [one.text for one in stand_in.outbox.sent()] == ["the crab wakes"]


async def test_a_line_that_automod_blocks_twice_is_refused_and_why_says_so(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    scene.guild.blocked_words = {"you said": 200000}
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.refusals))
        await asyncio.sleep(0.2)
        why = await stand_in.command(scene.general, scene.ann, "why")
        shown = await stand_in.command(scene.general, scene.ben, "mark", seed="x")
    assert len(host.asked) == 3 and stand_in.outbox.sent() == []
    assert "I could not answer Ann" in why.text and "AutoMod" in why.text
    assert "AutoMod" in shown.text and shown.parts[-1].ephemeral


async def test_a_refused_reply_is_stored_as_refused_and_is_no_context(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        path = f"/channels/{scene.general.id}/messages"
        stand_in.rest.faults.add("error", "POST", path, times=2, status=403)
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} what about the boats"
        )

        async def is_refused() -> bool:
            row = await service.context.database.run(replies.answer_to, str(asked))
            return row is not None and row.state == "refused"

        await eventually(is_refused)
        why = await stand_in.command(scene.general, scene.ann, "why")
    async with running.connected():
        await asyncio.sleep(0.3)
    assert stand_in.outbox.sent() == [], "a refusal is not tried again"
    assert "I could not answer Ann" in why.text


async def test_the_owner_is_told_when_discord_refuses_their_words(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", "stand-in-token")
    scene.general.deny(stand_in.bot, rights.SEND_MESSAGES)
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        await until_known(service)
        with pytest.raises(UsageError, match=NO_RIGHT):
            await calls.send(NOBODY, control.Send("Harbour", "general", "hello"))
