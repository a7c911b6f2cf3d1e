"""Replies that were begun and not sent: each is sent later, or closed with a reason."""

import asyncio

import pytest

from app.core.names import GuildId
from app.discord import safe_sender
from app.discord.permissions import NO_RIGHT
from app.discord.ports import Ask, ReadyReply, Unsent
from app.discord.unsent_replies import NO_CALL, NOT_THERE
from app.service.service import Service
from app.store import replies
from app.store.places import Claim
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import taught
from tests.discord.scene import Scene
from tests.discord.test_stop_and_again import has_state
from tests.discord.test_unlisted_servers import first_channel
from tests.discord_stand_in import rights
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import PUBLIC_THREAD, Guild

CLAIM = Claim(1, GuildId(1), 1, 1, None)


@pytest.fixture(autouse=True)
def _quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_sender, "FIRST_RETRY_SECONDS", 0.001)


async def test_nothing_is_generated_for_a_begun_reply_where_it_may_not_write_now(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    asked = await stand_in.say(scene.general, scene.ann, "hello")
    scene.general.deny(stand_in.bot, rights.SEND_MESSAGES)
    server, place = scene.guild.id, scene.general.id
    host.left_unsent = [Unsent(CLAIM, server, place, asked, ())]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.silent))
    assert host.silent == {1: NO_RIGHT} and host.asked == []
    assert stand_in.outbox.messages == []


async def test_nothing_is_generated_when_the_right_goes_while_a_call_waits(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    plain, may_go_on = host.answer, asyncio.Event()

    async def answer(ask: Ask) -> ReadyReply | None:
        await may_go_on.wait()
        return await plain(ask)

    host.answer = answer  # type: ignore[method-assign]
    call = f"{stand_in.bot.mention} hello"
    async with start().connected() as link:
        client = link.client
        assert client is not None
        await stand_in.say(scene.general, scene.ann, call)
        await stand_in.say(scene.general, scene.ben, call)
        await stand_in.wait_for(
            lambda: len(client.delivery.under_way.here(scene.general.id)) == 2
        )
        scene.general.deny(stand_in.bot, rights.SEND_MESSAGES)
        await stand_in.update_channel(scene.general)
        await stand_in.command(scene.side, scene.mod, "help")
        may_go_on.set()
        await stand_in.wait_for(lambda: bool(host.silent))
    assert [ask.author_name for ask in host.asked] == ["Ann"]
    assert list(host.silent.values()) == [NO_RIGHT]


@pytest.mark.parametrize("why", ["left", "not a message", "notice"])
async def test_a_begun_reply_that_nobody_can_get_is_closed_with_its_reason(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, why: str
) -> None:
    asked = await stand_in.say(scene.general, scene.ann, "hello")
    server = scene.guild.id
    if why == "left":
        server = Guild("Left").id
    elif why == "notice":
        thread = await stand_in.start_thread(
            scene.general, scene.ann, asked, "a thread"
        )
        assert thread.type == PUBLIC_THREAD
        asked = max(thread.messages)
    place = scene.general.id if why != "notice" else thread.id
    host.left_unsent = [Unsent(CLAIM, server, place, asked, ())]
    if why == "not a message":
        host.left_unsent = [Unsent(CLAIM, server, place, 1, ())]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.silent or host.refusals))
    told = host.silent | host.refusals
    wanted = {"left": NOT_THERE, "notice": NO_CALL, "not a message": "is gone"}
    assert wanted[why] in told[1] and stand_in.outbox.sent() == []


async def test_a_made_reply_becomes_a_draft_where_drafts_are_on_now(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run = service.context.database.run
    async with taught(running, stand_in, service, scene):
        guild, channel = await first_channel(service, scene)
        asked = await stand_in.say(scene.general, scene.ann, "about the boats")
        reply = await run(replies.claim, GuildId(guild), channel, "mention", str(asked))
        assert reply is not None
        made = {"text": "small boats", "state": "made", "provider": "markov"}
        assert await run(replies.finish, reply, made) is not None
    await service.context.settings.change("reply.shadow", "on", guild=GuildId(guild))
    async with running.connected():
        await has_state(service, asked, "draft")
    assert stand_in.outbox.sent() == []


@pytest.mark.parametrize("stream", ["off", "on"])
async def test_a_reply_that_discord_took_not_for_a_while_is_sent_in_the_same_session(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    stream: str,
) -> None:
    await service.context.settings.change("reply.stream", stream)
    path = f"/channels/{scene.general.id}/messages"
    async with taught(running, stand_in, service, scene):
        # Six tries of ours, and five of py-cord in each.
        stand_in.rest.faults.add("error", "POST", path, times=9, status=505)
        call = f"{stand_in.bot.mention} what about the boats"
        asked = await stand_in.say(scene.general, scene.ann, call)
        await has_state(service, asked, "sent")
    (sent,) = stand_in.outbox.sent()
    assert sent.reply_to == asked and stand_in.rest.faults.pending == 0


async def test_a_reply_whose_making_fails_has_its_reason(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with taught(running, stand_in, service, scene):
        monkeypatch.setattr(service.context.replier, "_plan", _fail)
        call = f"{stand_in.bot.mention} what about the boats"
        asked = await stand_in.say(scene.general, scene.ann, call)
        await has_state(service, asked, "failed")
        row = await service.context.database.run(replies.answer_to, str(asked))
        why = await stand_in.command(scene.general, scene.ann, "why")
    assert row is not None and "the log has" in row.notes[0]
    assert "I could not answer Ann" in why.text and "the log has" in why.text


async def _fail(*args: object) -> None:
    raise RuntimeError("a fault that nobody foresaw")


@pytest.mark.parametrize(("cut", "status"), [(505, 403), (505, 400), (502, 403)])
async def test_what_discord_took_before_it_refused_is_said(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    cut: int,
    status: int,
) -> None:
    faults, path = stand_in.rest.faults, f"/channels/{scene.general.id}/messages"
    async with taught(running, stand_in, service, scene):
        faults.add("error after accept", "POST", path, status=cut)
        faults.add("error", "POST", path, status=status, code=50013)
        call = f"{stand_in.bot.mention} what about the boats"
        asked = await stand_in.say(scene.general, scene.ann, call)
        await has_state(service, asked, "sent")
        row = await service.context.database.run(replies.answer_to, str(asked))
    (sent,) = stand_in.outbox.sent()
    assert row is not None and row.sent == [str(sent.message_id)]


async def test_a_reply_that_is_on_discord_already_is_not_said_again(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run, lines = service.context.database.run, ("small boats", "the tide")
    async with taught(running, stand_in, service, scene):
        guild, channel = await first_channel(service, scene)
    asked = await stand_in.say(scene.general, scene.ann, "about the boats")
    reply = await run(replies.claim, GuildId(guild), channel, "mention", str(asked))
    assert reply is not None
    made = {"text": "\n".join(lines), "state": "made", "provider": "markov"}
    assert await run(replies.finish, reply, made) is not None
    # Discord knows no nonce any more after a while.
    to = {"message_reference": {"message_id": str(asked)}}
    await stand_in.rest.keep_message(scene.general, {"content": "a start"})
    said = [
        await stand_in.rest.keep_message(scene.general, {"content": lines[0]} | to),
        await stand_in.rest.keep_message(scene.general, {"content": lines[1]}),
    ]
    scene.general.deny(stand_in.bot, rights.SEND_MESSAGES)
    async with running.connected():
        await has_state(service, asked, "sent")
    row = await run(replies.get, reply)
    assert row is not None and row.sent == [one["id"] for one in said]
    assert stand_in.outbox.sent() == []


async def test_a_character_keeps_its_name_in_a_line_that_is_sent_later(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    asked = await stand_in.say(scene.general, scene.ann, "marla, hello")
    server, place = scene.guild.id, scene.general.id
    begun = Unsent(CLAIM, server, place, asked, ("ahoy",), role="Marla")
    host.left_unsent = [begun]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.sent_as))
    (sent,) = stand_in.outbox.sent()
    assert sent.text == "Marla: ahoy"
    # The next start finds it, as it reads.
    host.left_unsent = [begun]
    host.sent_as.clear()
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert stand_in.outbox.sent() == [sent]


async def test_a_reply_with_the_servers_own_emoji_is_not_said_again_either(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    pepe = {"id": "111222333444555666", "name": "pepe", "available": True}
    scene.guild.emojis.append({**pepe, "roles": [], "animated": False})
    asked = await stand_in.say(scene.general, scene.ann, "hello")
    to = {"message_reference": {"message_id": str(asked)}}
    content = {"content": "well <:pepe:111222333444555666> done"}
    said = await stand_in.rest.keep_message(scene.general, content | to)
    parts = ("well :pepe: done",)
    host.left_unsent = [Unsent(CLAIM, scene.guild.id, scene.general.id, asked, parts)]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert host.sent_as == {1: [int(said["id"])]} and stand_in.outbox.sent() == []


async def test_a_command_that_is_answered_later_is_no_question_either(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    asked = await stand_in.say(scene.general, scene.ann, "!mark")
    place, server = scene.general.id, scene.guild.id
    host.left_unsent = [Unsent(CLAIM, server, place, asked, (), "command")]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert [ask.text for ask in host.asked] == [""]
