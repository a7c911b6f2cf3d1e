"""A connection that breaks in any way is told, and started anew."""

import asyncio
import logging
from dataclasses import replace
from typing import Any

import discord
import pytest

from tests.discord.conftest import PACE, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import User

SOON = replace(PACE, silence=0.4, between_looks=0.05)


async def answers(stand_in: DiscordStandIn, scene: Scene) -> None:
    """The bot hears and answers."""
    before = len(stand_in.outbox.sent())
    # One person is not answered again at once.
    somebody = scene.guild.join(User("Somebody"))
    await stand_in.say(scene.general, somebody, f"{stand_in.bot.mention} there?")
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == before + 1)


UNREADABLE: dict[str, dict[str, Any]] = {
    "MESSAGE_REACTION_ADD": {"user_id": "1", "emoji": {"id": None}},
    "MESSAGE_CREATE": {"id": "no number"},
    "GUILD_CREATE": {"id": None},
    "CHANNEL_UPDATE": {},
    "THREAD_CREATE": {"guild_id": "1"},
    "INTERACTION_CREATE": {"type": 2},
}


@pytest.mark.parametrize("event", UNREADABLE)
async def test_an_event_that_cannot_be_read_costs_that_event_alone(
    stand_in: DiscordStandIn,
    start: Start,
    scene: Scene,
    event: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = start()
    body = UNREADABLE[event]
    if event == "THREAD_CREATE":
        body = body | {"guild_id": str(scene.guild.id)}
    async with running.connected() as link:
        for _ in range(2):
            await stand_in.gateway.dispatch(event, body)
        await answers(stand_in, scene)
        assert link.state.name == "online"
    assert len(stand_in.gateway.identifies) == 1 and stand_in.gateway.resumes == []
    found = [one for one in caplog.records if event in one.getMessage()]
    assert len(found) == 2 and all(one.exc_info for one in found)
    (shown,) = running.shown
    assert event in shown and ".py:" in shown


async def test_a_reaction_whose_emoji_has_no_name_does_not_end_the_connection(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        said = await stand_in.say(scene.general, scene.ann, "hello")
        for emoji in ({"id": None}, {"id": "1", "name": None}, {}):
            await stand_in.react(scene.general, scene.ben, said, emoji)
        await answers(stand_in, scene)


async def test_a_session_that_begins_unreadable_is_tried_again(
    stand_in: DiscordStandIn,
    start: Start,
    scene: Scene,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stand_in.gateway.broken_readies = 2
    # A session that lasted longer than the longest pause was no failed one.
    running = start(replace(PACE, longest_retry=30.0))
    async with running.connected():
        await answers(stand_in, scene)
    broken = [one for one in running.states if "broke (KeyError)" in one.detail]
    assert len(broken) == 2 and running.waits == [0.05, 0.1]
    assert "The connection to Discord" in caplog.text and "Traceback" in caplog.text


async def test_a_client_that_ends_by_itself_is_started_anew(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected() as link:
        assert link.client is not None
        await link.client.close()
        await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) == 2)
        await stand_in.wait_for(lambda: link.state.name == "online")
        await answers(stand_in, scene)


@pytest.mark.parametrize("code", [4000, 4003, 4008, 4009])
async def test_a_close_that_is_not_final_is_followed_by_a_new_connection(
    stand_in: DiscordStandIn, start: Start, scene: Scene, code: int
) -> None:
    async with start().connected() as link:
        await stand_in.gateway.close_sockets(code)
        await stand_in.wait_for(stand_in.gateway.connected)
        await stand_in.wait_for(lambda: link.state.name == "online")
        await answers(stand_in, scene)


async def test_a_socket_without_answered_heartbeats_is_left_for_a_new_one(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    running = start(SOON)
    async with running.connected() as link:
        # The first heartbeat was answered; the next one is due in 41 seconds.
        await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) == 2)
        stand_in.gateway.heartbeat_interval_ms = 50
        await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) == 3)
        await stand_in.wait_for(lambda: link.state.name == "online")
        await asyncio.sleep(0.6)
        await answers(stand_in, scene)
    assert len(stand_in.gateway.identifies) == 3
    assert any("no heartbeat was answered" in one.detail for one in running.states)


async def test_a_start_that_never_gets_ready_is_tried_again(
    stand_in: DiscordStandIn, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = discord.client.Client.is_ready
    late = iter([False] * 12)
    monkeypatch.setattr(
        discord.Client, "is_ready", lambda client: next(late, True) and ready(client)
    )
    running = start(replace(PACE, start=0.3, between_looks=0.05))
    async with running.started():
        await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) == 2)
    assert any("not ready" in one.detail for one in running.states)


async def test_the_state_is_told_from_the_socket_and_not_from_the_last_word(
    stand_in: DiscordStandIn, start: Start
) -> None:
    running = start(replace(PACE, silence=0.4, between_looks=100.0))
    async with running.connected() as link:
        assert link.state.name == "online"
        await stand_in.wait_for(lambda: link.state.name == "connecting")
        assert "Nothing comes from Discord" in link.state.detail
    assert running.states[-1].name == "online", "nothing else was said"


async def test_an_error_in_learning_is_logged_shown_once_and_does_not_stop_answering(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def hear(batch: object, **how: object) -> int:
        raise ZeroDivisionError("learning broke")

    host.hear = hear  # type: ignore[method-assign]
    running = start()
    async with running.connected():
        for _ in range(3):
            await answers(stand_in, scene)
    errors = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(errors) == 3 and all(one.exc_info for one in errors)
    (shown,) = running.shown
    assert "on_message" in shown and "ZeroDivisionError" in shown
    assert "Traceback" not in capsys.readouterr().err


async def test_an_error_while_answering_is_logged_and_shown(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async def answer(ask: object) -> None:
        raise ZeroDivisionError("answering broke")

    fine, host.answer = host.answer, answer  # type: ignore[method-assign]
    running = start()
    async with running.connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: len(running.shown) == 1)
        host.answer = fine  # type: ignore[method-assign]
        await answers(stand_in, scene)
    assert "Answering" in running.shown[0]


@pytest.mark.parametrize("path", ["/users/@me", "/gateway/bot"])
async def test_a_page_in_discords_place_is_named_and_tried_again(
    stand_in: DiscordStandIn, start: Start, path: str
) -> None:
    stand_in.rest.faults.add("page", "GET", path)
    running = start()
    async with running.connected():
        pass
    told = [one for one in running.states if one.name == "unreachable"]
    assert len(told) == 1 and "in Discord's place" in told[0].detail
    assert "Sign in" in told[0].hint


async def test_a_person_s_account_is_refused_once(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.bot.bot = False
    async with start().started() as link:
        await stand_in.wait_for(lambda: link.state.name == "refused")
        await asyncio.sleep(0.2)
    assert "person's account" in link.state.detail
    assert stand_in.gateway.identifies == []
    stand_in.bot.bot = True


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("900000000000000002", "application id"),
        ("0123456789abcdef" * 4, "public key"),
        ("aB3" * 10 + "_-", "client secret"),
        ("mfa." + "x" * 30, "person's account"),
        ("https://discord.com/oauth2/authorize?client_id=1", "web address"),
    ],
)
async def test_a_token_of_another_kind_is_named(
    stand_in: DiscordStandIn, start: Start, token: str, kind: str
) -> None:
    async with start().started(token) as link:
        await stand_in.wait_for(lambda: link.state.name == "refused")
    assert kind in link.state.hint and "developer portal" in link.state.hint


async def test_an_answer_that_comes_too_late_is_one_line_in_the_log(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = start()
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        late = stand_in.rest.interactions
        late.answer_seconds, late.may_be_late = -1.0, True
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await stand_in.command(scene.general, scene.ann, "help")
        late.answer_seconds = 3.0
        await answers(stand_in, scene)
    tracebacks = [one for one in caplog.records if one.exc_info]
    assert len(tracebacks) <= 1 and running.shown == []
