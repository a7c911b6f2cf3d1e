"""Work that was missed: a server that comes late, errors while catching up."""

import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.core.state_file import DISCORD, StateFile
from app.discord import catch_up
from app.discord.ports import Unsent
from app.discord.stored.reply_service import DIRECT
from app.service.service import Service
from app.store import guilds, replies
from app.store.database import write
from app.store.places import Claim
from app.store.tables import Reply
from tests.discord.conftest import PACE, Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import LINES, stored, taught, until_stored
from tests.discord.scene import Scene
from tests.discord.test_delivery import Writer
from tests.discord.test_stop_and_again import has_state
from tests.discord.test_unlisted_servers import first_channel
from tests.discord_stand_in import rights
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import VOICE_CHANNEL, snowflake


async def test_a_server_that_comes_after_ready_is_caught_up_and_answered(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        pass
    asked = await stand_in.say(
        scene.general, scene.ann, f"{stand_in.bot.mention} what about the boats"
    )
    await stand_in.say(scene.general, scene.ben, "a line that was missed")
    scene.guild.available = False
    async with running.connected():
        # The mark outlives the session's first look, which finds no channel.
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.return_guild(scene.guild)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await until_stored(service, len(LINES) + 2)
    assert stand_in.outbox.sent()[0].reply_to == asked
    assert "a line that was missed" in (await stored(service)).values()


async def test_a_server_that_was_away_for_a_while_is_caught_up(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await stand_in.remove_guild(scene.guild, unavailable=True)
        plain, stand_in.gateway.dispatch = stand_in.gateway.dispatch, _nothing  # type: ignore[method-assign]
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} what about the boats"
        )
        stand_in.gateway.dispatch = plain  # type: ignore[method-assign]
        await stand_in.return_guild(scene.guild)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert stand_in.outbox.sent()[0].reply_to == asked


async def test_of_many_channels_those_where_something_was_written_come_first(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catch_up, "MOST_AT_ONCE", 0)
    rooms = [scene.guild.channel(f"room-{n}") for n in range(4)]
    first = list[int]()
    async with taught(running, stand_in, service, scene):
        for room in rooms:
            await stand_in.command(room, scene.mod, "listen add", channel=room)
            first.append(await stand_in.say(room, scene.ann, f"{room.name} is empty"))
            await stand_in.say(room, scene.ann, f"{room.name} is full")
        await until_stored(service, len(LINES) + 8)
    *quiet, busy = rooms
    for room, message in zip(quiet, first, strict=False):
        del room.messages[message]
    bot, known = stand_in.bot, len(stand_in.rest.requests)
    asked = await stand_in.say(busy, scene.ann, f"{bot.mention} what of the boats")
    async with running.connected():
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await until_stored(service, len(LINES) + 8 + 1 - 3)
    assert stand_in.outbox.sent()[0].reply_to == asked
    pages = [
        path
        for method, path in stand_in.rest.requests[known:]
        if method == "GET" and path.endswith("/messages")
    ]
    assert pages[0] == f"/channels/{busy.id}/messages"


def test_the_marks_of_many_channels_are_not_all_written_for_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, writes = StateFile(tmp_path / "discord.json", DISCORD), list[int]()
    plain = StateFile._write
    state.put("behind", {str(number): number for number in range(1, 501)})

    def noted(self: StateFile) -> None:
        writes.append(len(self.get("behind")))
        plain(self)

    monkeypatch.setattr(StateFile, "_write", noted)
    monkeypatch.setattr(catch_up, "WRITE_SECONDS", 1000.0)
    nothing: Any = None
    reading = catch_up.CatchUp(nothing, nothing, state, nothing, nothing, 0.0, nothing)
    reading._write(state.get("behind"))
    for number in range(1, 501):
        reading._move(str(number), None)
    assert writes == [500, 0]
    assert StateFile(tmp_path / "discord.json", DISCORD).get("behind") == {}


async def test_what_was_read_before_a_stop_is_not_read_again_after_it(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    home: Home,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catch_up, "MOST_AT_ONCE", 0)
    monkeypatch.setattr(catch_up, "WRITE_SECONDS", 1000.0)
    rooms = [scene.guild.channel(f"room-{n}") for n in range(4)]
    marks = {room.id: snowflake() for room in rooms}

    async def newest(servers: Collection[int]) -> dict[int, int]:
        return marks

    monkeypatch.setattr(host, "newest", newest)
    running = start(replace(PACE, between_quiet=1000.0))
    async with running.connected():
        behind = running.surroundings.state.get
        await stand_in.wait_for(lambda: len(behind("behind")) == 3)
    (read,) = {
        path.split("/")[2]
        for method, path in stand_in.rest.requests
        if method == "GET" and path.endswith("/messages")
    }
    left = StateFile(home.root / "discord.json", DISCORD).get("behind")
    assert left.keys() == {str(room.id) for room in rooms} - {read}


async def _nothing(event: str, data: object, guild_id: object = None) -> None:
    return


async def test_an_error_while_unsent_replies_are_finished_is_tried_again(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
) -> None:
    asked = await stand_in.say(
        scene.general, scene.ann, f"{stand_in.bot.mention} before the restart"
    )
    host.learning[scene.general.id] = scene.guild.id
    host.left_unsent = [
        Unsent(
            Claim(1, GuildId(1), 1, 1, None),
            scene.guild.id,
            scene.general.id,
            asked,
            (),
        )
    ]
    path = f"/channels/{scene.general.id}/messages/{asked}"
    stand_in.rest.faults.add("error", "GET", path, times=1, status=505)
    async with start().connected():
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert stand_in.outbox.sent()[0].reply_to == asked


@pytest.mark.parametrize("why", ["may no longer read", "is gone"])
async def test_a_call_that_cannot_be_read_again_has_its_reason_stored(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, why: str
) -> None:
    asked = await stand_in.say(
        scene.general, scene.ann, f"{stand_in.bot.mention} before the restart"
    )
    if why == "is gone":
        await stand_in.delete(scene.general, asked)
    else:
        scene.general.deny(stand_in.bot, rights.READ_HISTORY)
    host.left_unsent = [
        Unsent(
            Claim(1, GuildId(1), 1, 1, None),
            scene.guild.id,
            scene.general.id,
            asked,
            (),
        )
    ]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.refusals))
    assert why in host.refusals[1] and stand_in.outbox.sent() == []


@pytest.mark.parametrize(
    ("place", "why"), [("gone", "is gone"), ("hidden", "may no longer read")]
)
async def test_a_call_whose_channel_is_gone_has_its_reason_stored(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    place: str,
    why: str,
) -> None:
    asked = await stand_in.say(scene.side, scene.ann, f"{stand_in.bot.mention} hello")
    if place == "gone":
        await stand_in.delete_channel(scene.side)
    else:
        scene.side.deny(stand_in.bot, rights.VIEW_CHANNEL)
    host.left_unsent = [
        Unsent(
            Claim(1, GuildId(1), 1, 1, None), scene.guild.id, scene.side.id, asked, ()
        )
    ]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.refusals))
    assert why in host.refusals[1] and stand_in.outbox.sent() == []


async def test_a_call_is_answered_in_a_thread_that_was_archived_meanwhile(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    thread = scene.guild.thread(scene.general, "quiet by now")
    asked = await stand_in.say(thread, scene.ann, f"{stand_in.bot.mention} hello")
    thread.archived = True
    host.left_unsent = [
        Unsent(Claim(1, GuildId(1), 1, 1, None), scene.guild.id, thread.id, asked, ())
    ]
    async with start().connected():
        await stand_in.wait_for(lambda: bool(host.sent_as))
    assert stand_in.outbox.sent()[0].reply_to == asked


@write
def age(reply: int) -> None:
    """Let a reply have been begun long ago."""
    Reply.update(created=1).where(Reply.id == reply).execute()


async def test_a_call_from_hours_ago_is_closed_with_its_reason(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run = service.context.database.run
    async with taught(running, stand_in, service, scene):
        guild, channel = await first_channel(service, scene)
        asked = snowflake(age_seconds=7200)
        reply = await run(replies.claim, GuildId(guild), channel, "mention", str(asked))
        assert reply is not None
    await run(age, reply)
    async with running.connected():
        await has_state(service, asked, "silent")
    row = await run(replies.get, reply)
    assert row is not None and "`speak.max_age_seconds`" in row.notes[0]
    assert await running.surroundings.ports.replies.unsent(time.time()) == []
    assert stand_in.outbox.sent() == []


async def test_a_direct_message_that_was_never_answered_is_closed_after_a_while(
    running: Running, service: Service, scene: Scene
) -> None:
    run, unsent = (
        service.context.database.run,
        running.surroundings.ports.replies.unsent,
    )
    guild = await run(guilds.ensure, "Harbour", str(scene.guild.id))
    old, new = [
        await run(replies.claim, guild.id, None, DIRECT, trigger)
        for trigger in ("1", "2")
    ]
    assert old is not None and new is not None
    await run(age, old)
    assert await unsent(time.time()) == []
    closed, open_ = await run(replies.get, old), await run(replies.get, new)
    assert closed is not None and open_ is not None
    assert (closed.state, open_.state) == ("silent", "claimed")
    assert "stopped before it answered" in closed.notes[0]


async def test_an_error_while_catching_up_is_tried_again_in_the_same_session(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        pass
    await stand_in.say(scene.general, scene.ann, "a line that was missed")
    path = f"/channels/{scene.general.id}/messages"
    stand_in.rest.faults.add("error", "GET", path, times=2, status=505)
    async with running.connected():
        await until_stored(service, len(LINES) + 1)
    assert len(stand_in.gateway.identifies) == 2


@pytest.mark.parametrize("fault", ["error", "drop"])
async def test_a_refused_edit_leaves_no_half_of_a_streamed_reply(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, fault: str
) -> None:
    words = [f"word{number}" for number in range(60)]
    writer = Writer(host, words, seconds=0.1)
    host.stream = writer.stream  # type: ignore[method-assign]
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": True}
    path = r"/channels/\d+/messages/\d+"
    stand_in.rest.faults.add(fault, "PATCH", path, times=2, status=400)  # type: ignore[arg-type]
    async with start(clock=lambda: writer.now).connected():
        writer.watch(stand_in)
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} go")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    (sent,) = host.sent_as[1]
    assert scene.general.messages[sent]["content"] == " ".join(words)


async def test_a_streamed_reply_that_may_not_be_finished_is_taken_back(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    words = [f"word{number}" for number in range(60)]
    writer = Writer(host, words, seconds=0.1)
    host.stream = writer.stream  # type: ignore[method-assign]
    host.overrides[(scene.guild.id, 0)] = {"reply.stream": True}
    scene.guild.blocked_words = {"word50": 200000}
    async with start(clock=lambda: writer.now).connected():
        writer.watch(stand_in)
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} go")
        await stand_in.wait_for(lambda: bool(host.sent_as))
    left = [
        body["content"]
        for body in scene.general.messages.values()
        if body["author"]["id"] == str(stand_in.bot.id)
    ]
    assert left == ["You said: go"], "the fragment went, and another line was said"


async def test_one_refusal_against_known_rights_ends_generating_there(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {
        "speak.join_in": 1.0,
        "speak.user_cooldown_seconds": 0.0,
    }
    path = f"/channels/{scene.side.id}/messages"
    stand_in.rest.faults.add("error", "POST", path, times=100, status=403)
    async with start().connected():
        for number in range(10):
            await stand_in.say(scene.side, scene.ann, f"line {number}")
            await stand_in.wait_for(lambda: bool(host.refusals))
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        in_side = [one for one in host.asked if one.place.channel == scene.side.id]
        assert len(in_side) == 1
        stand_in.rest.faults._waiting.clear()
        await stand_in.update_channel(scene.side)
        await stand_in.say(scene.side, scene.mod, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)


async def test_a_call_missed_in_a_thread_where_nothing_was_said_before_is_answered(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    thread = scene.guild.thread(scene.general, "older than anything stored")
    async with taught(running, stand_in, service, scene):
        pass
    missed = await stand_in.say(thread, scene.ann, f"{stand_in.bot.mention} the tide?")
    async with running.connected():
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert stand_in.outbox.sent()[0].reply_to == missed


@pytest.mark.parametrize("what", ["time-out", "rights"])
async def test_a_channel_that_it_may_read_again_is_caught_up_at_once(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    what: str,
) -> None:
    async with taught(running, stand_in, service, scene):
        pass
    bot, path = stand_in.bot, f"/channels/{scene.general.id}/messages"
    asked = await stand_in.say(scene.general, scene.ann, f"{bot.mention} the boats?")
    if what == "time-out":
        scene.guild.timed_out.add(bot.id)
    scene.general.deny(bot, rights.VIEW_CHANNEL | rights.SEND_MESSAGES)
    async with running.connected() as link:
        client = link.client
        assert client is not None
        await stand_in.wait_for(lambda: ("GET", path) in stand_in.rest.requests)
        await stand_in.wait_for(lambda: client.session_start.is_done)
        assert stand_in.outbox.sent() == [] and client.catch_up.is_behind
        scene.general.rights.clear()
        if what == "time-out":
            # Of the channel it is told nothing, and so it does not write there.
            scene.guild.timed_out.clear()
            await stand_in.change_own_member(scene.guild)
            await has_state(service, asked, "silent")
        else:
            await stand_in.update_channel(scene.general)
            await has_state(service, asked, "sent")


async def test_a_voice_channel_is_caught_up_when_a_time_out_runs_out(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    # In time-out a member has View Channel and Read Message History alone, and without
    # Connect the text of a voice channel is closed (topics/permissions#permissions-for-
    # timed-out-members). Discord sends no event when the time is over.
    voice = scene.guild.channel("evening", VOICE_CHANNEL)
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(voice, scene.mod, "listen add", channel=voice)
        await stand_in.say(voice, scene.ann, "the first boat is in")
        await until_stored(service, 1)
    await stand_in.say(voice, scene.ann, "the second boat is in")
    scene.guild.timed_out.add(stand_in.bot.id)
    scene.guild.time_out_seconds = 0.5
    path = f"/channels/{voice.id}/messages"
    stand_in.rest.requests.clear()
    async with running.connected() as link:
        client = link.client
        assert client is not None
        await stand_in.wait_for(lambda: ("GET", path) in stand_in.rest.requests)
        await stand_in.wait_for(lambda: client.session_start.is_done)
        scene.guild.timed_out.clear()
        await until_stored(service, 2)
