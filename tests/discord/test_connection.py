"""How the connection to Discord behaves, against a Discord of our own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from discord.backoff import ExponentialBackoff

from app.discord.connection import DiscordLink
from app.discord.surroundings import Pace
from app.store.engines.shards import Shards
from tests.discord.conftest import PACE, Start
from tests.discord.memory_host import MemoryHost
from tests.discord_stand_in.rights import BAN_MEMBERS
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import Guild, User


async def test_it_identifies_once_and_is_online(
    stand_in: DiscordStandIn, start: Start
) -> None:
    await stand_in.add_guild(Guild("Here"))
    async with start().connected() as link:
        assert link.client is not None
        assert [guild.name for guild in link.client.guilds] == ["Here"]
    assert len(stand_in.gateway.identifies) == 1


async def test_it_is_online_as_soon_as_discord_told_of_every_server(
    stand_in: DiscordStandIn, start: Start
) -> None:
    away, here = Guild("Away"), Guild("Here")
    for guild in (away, here):
        await stand_in.add_guild(guild)
    away.available = False
    patient = start(replace(PACE, guild_ready_timeout=60.0))
    async with patient.started() as link:
        await stand_in.wait_for(lambda: has_server(link, "Here"))
        assert link.state.name == "connecting"
        await stand_in.return_guild(away)
        await stand_in.wait_for(lambda: link.state.name == "online")
        assert link.state.detail.endswith("is in 2 servers.")
    # A server with an outage does not keep it from being online for ever.
    away.available = False
    async with start().connected() as link:
        assert has_server(link, "Here")


async def test_the_number_of_servers_follows_those_that_come_and_go(
    stand_in: DiscordStandIn, start: Start
) -> None:
    await stand_in.add_guild(Guild("Here"))
    async with start().connected() as link:
        assert link.state.detail.endswith("is in 1 server.")
        came = await stand_in.add_guild(Guild("New"))
        await stand_in.wait_for(lambda: link.state.detail.endswith("is in 2 servers."))
        await stand_in.remove_guild(came)
        await stand_in.wait_for(lambda: link.state.detail.endswith("is in 1 server."))


async def test_it_answers_where_discord_told_of_the_server_while_others_are_to_come(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost
) -> None:
    stand_in.gateway.required_shards = 2
    first = await stand_in.add_guild(Guild("First", id=1000 << 22))
    await stand_in.add_guild(Guild("Second", id=1001 << 22))
    room, ann = first.channel("general"), first.join(User("Ann"))
    slow = start(replace(PACE, between_identifies=60.0))
    async with slow.started() as link:
        await stand_in.wait_for(lambda: has_server(link, "First"))
        asked = await stand_in.say(room, ann, f"{stand_in.bot.mention} where are you")
        await stand_in.wait_for(lambda: asked in [one.trigger for one in host.asked])
        assert link.state.name == "connecting"


async def test_a_start_tells_of_all_servers_together_and_not_of_each(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    joined = list[str]()

    async def note(guild: int, name: str) -> None:
        joined.append(name)

    monkeypatch.setattr(host, "joined", note)
    for number in range(5):
        await stand_in.add_guild(Guild(f"Server {number}"))
    async with start().connected():
        await stand_in.wait_for(lambda: len(host.guilds) == 5)
        late = await stand_in.add_guild(Guild("Late"))
        await stand_in.wait_for(lambda: joined == [late.name])


def has_server(link: DiscordLink, name: str) -> bool:
    """Tell if Discord told of a server."""
    found = link.client.guilds if link.client else []
    return any(one.name == name and not one.unavailable for one in found)


async def test_a_dropped_socket_is_resumed_and_nothing_is_missed(
    stand_in: DiscordStandIn, start: Start
) -> None:
    async with start().connected() as link:
        await stand_in.gateway.drop_sockets()
        await stand_in.add_guild(Guild("Made while away"))
        await stand_in.wait_for(lambda: len(stand_in.gateway.resumes) == 1)
        client = link.client
        assert client is not None
        await stand_in.wait_for(lambda: len(client.guilds) == 1)
    assert len(stand_in.gateway.identifies) == 1


async def test_it_resumes_at_the_address_that_discord_named(
    stand_in: DiscordStandIn, start: Start
) -> None:
    async with start().connected() as link:
        client = link.client
        assert client is not None
        for _ in range(2):
            before = len(stand_in.gateway.resumes)
            await stand_in.gateway.drop_sockets()
            await stand_in.wait_for(stand_in.gateway.connected)
            assert len(stand_in.gateway.resumes) == before + 1
            # The bot hears of it a moment after the stand-in has its socket.
            await stand_in.wait_for(lambda: client.rules._resume_url is not None)
    assert stand_in.gateway.paths == ["/gateway", "/resume", "/resume"]


async def test_it_falls_back_to_the_general_address_when_the_named_one_is_dead(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.resume_url = "ws://127.0.0.1:9/resume"
    async with start().connected():
        await stand_in.gateway.drop_sockets()
        await stand_in.wait_for(lambda: len(stand_in.gateway.resumes) == 1)
    assert stand_in.gateway.paths == ["/gateway", "/gateway"]


async def test_a_request_to_reconnect_is_followed_by_a_resume(
    stand_in: DiscordStandIn, start: Start
) -> None:
    async with start().connected():
        await stand_in.gateway.ask_reconnect()
        await stand_in.wait_for(lambda: len(stand_in.gateway.resumes) == 1)
    assert len(stand_in.gateway.identifies) == 1


async def test_an_invalidated_session_is_identified_anew(
    stand_in: DiscordStandIn, start: Start
) -> None:
    async with start().connected() as link:
        await stand_in.gateway.invalidate()
        await stand_in.wait_for(lambda: len(stand_in.gateway.identifies) == 2)
        await stand_in.wait_for(lambda: link.state.name == "online")


async def test_a_gateway_that_falls_silent_is_left_and_resumed(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.heartbeat_interval_ms = 100
    pace = Pace(0.0, 0.5, 0.05, 0.05, 0.2)
    async with start(pace).connected():
        stand_in.gateway.acknowledges = False
        await stand_in.wait_for(lambda: len(stand_in.gateway.resumes) >= 1)
        stand_in.gateway.acknowledges = True
    assert len(stand_in.gateway.identifies) == 1


async def test_a_refused_token_is_tried_once_and_never_again(
    stand_in: DiscordStandIn, start: Start
) -> None:
    running = start()
    async with running.started("wrong") as link:
        await stand_in.wait_for(lambda: link.state.name == "refused")
        await asyncio.sleep(0.3)
    assert "developer portal" in link.state.hint
    assert stand_in.rest.requests == [("GET", "/users/@me")]
    assert stand_in.gateway.identifies == []


async def test_without_the_content_intent_it_runs_on_mentions_only(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.refused_intents = 1 << 15
    async with start().connected() as link:
        assert link.state.is_mention_only
        assert "Message Content Intent" in link.state.hint
    assert len(stand_in.gateway.identifies) == 2


async def test_it_shards_when_discord_asks_for_it(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.required_shards = 2
    for number in range(4):
        await stand_in.add_guild(Guild(f"Guild {number}", id=(number + 1) << 22))
    async with start().connected() as link:
        assert link.client is not None
        assert len(link.client.guilds) == 4
    shards = [tuple(one["shard"]) for one in stand_in.gateway.identifies]
    assert shards == [(0, 2), (1, 2)]


async def test_a_shard_that_identifies_anew_concerns_its_own_servers_alone(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.required_shards = 2
    for number in range(4):
        guild = await stand_in.add_guild(Guild(f"Guild {number}", id=number + 1 << 22))
        guild.bot_rights |= BAN_MEMBERS
    asked = stand_in.rest.requests

    def looks(number: int) -> int:
        return asked.count(("GET", f"/guilds/{number + 1 << 22}/bans"))

    async with start().connected():
        await stand_in.wait_for(lambda: [looks(n) for n in range(4)] == [1] * 4)
        await stand_in.gateway.invalidate(1)
        await stand_in.wait_for(lambda: looks(0) == looks(2) == 2)
        assert looks(1) == looks(3) == 1
    assert len(stand_in.gateway.identifies) == 3


async def test_a_server_that_it_left_while_a_shard_was_away_is_known_to_be_gone(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost
) -> None:
    stand_in.gateway.required_shards = 2
    for number in range(4):
        await stand_in.add_guild(Guild(f"Guild {number}", id=number + 1 << 22))
    async with start().connected() as link:
        del stand_in.gateway.guilds[1 << 22]
        await stand_in.gateway.invalidate(1)
        await stand_in.wait_for(lambda: not has_server(link, "Guild 0"))
        assert link.client is not None
        assert len(link.client.guilds) == 3
        await stand_in.wait_for(lambda: host.gone == {1 << 22})


@pytest.fixture
async def half_lost(
    stand_in: DiscordStandIn, start: Start, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[DiscordLink]:
    """A link of two shards, of which one is lost and pauses before its next try."""
    monkeypatch.setattr(ExponentialBackoff, "delay", lambda self: 60.0)
    gateway = stand_in.gateway
    gateway.required_shards, gateway.heartbeat_interval_ms = 2, 100
    async with start(
        replace(PACE, silence=0.8, between_looks=0.05)
    ).connected() as link:
        tried = len(gateway.paths)
        gateway.refuses_sockets = True
        await gateway.drop_sockets(1)
        await stand_in.wait_for(lambda: len(gateway.paths) > tried)
        gateway.refuses_sockets = False
        yield link


async def test_a_lost_shard_connects_anew_while_the_others_stay(
    stand_in: DiscordStandIn, half_lost: DiscordLink
) -> None:
    gateway, client = stand_in.gateway, half_lost.client
    (first,) = [one for one in gateway.sessions.values() if one.shard[0] == 0]
    await stand_in.wait_for(lambda: half_lost.state.name == "connecting")
    await stand_in.wait_for(lambda: len(gateway.identifies) == 3)
    await stand_in.wait_for(lambda: half_lost.state.name == "online")
    assert gateway.identifies[2]["shard"] == [1, 2]
    assert half_lost.client is client and first in gateway.sessions.values()
    assert gateway.resumes == []


async def test_a_shard_waits_for_no_other_that_is_lost(
    stand_in: DiscordStandIn, half_lost: DiscordLink
) -> None:
    await stand_in.gateway.drop_sockets(0)
    await stand_in.wait_for(lambda: len(stand_in.gateway.resumes) == 1)
    assert len(stand_in.gateway.identifies) == 2


async def test_a_process_connects_its_own_shards_alone_when_it_is_their_turn(
    stand_in: DiscordStandIn, start: Start
) -> None:
    asked = list[tuple[int, float]]()

    async def wait(bucket: int, seconds: float) -> float:
        asked.append((bucket, seconds))
        return 0.0

    stand_in.gateway.required_shards = 4
    for number in range(8):
        await stand_in.add_guild(Guild(f"Guild {number}", id=(number + 1) << 22))
    running = start(replace(PACE, between_identifies=1.0))
    running.surroundings = replace(
        running.surroundings, shards=Shards(1, 2, 4), identify_wait=wait
    )
    async with running.connected() as link:
        assert link.client is not None
        assert {(one.id >> 22) % 4 for one in link.client.guilds} == {1, 2}
    shards = [tuple(one["shard"]) for one in stand_in.gateway.identifies]
    assert shards == [(1, 4), (2, 4)]
    assert [bucket for bucket, _ in asked] == [0, 0]
    assert all(1.0 < seconds < 1.5 for _, seconds in asked)
    assert stand_in.rest.commands == [], "the process with shard 0 sends them"


async def test_too_few_shards_for_all_processes_are_told_once(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.required_shards = 4
    running = start()
    running.surroundings = replace(running.surroundings, shards=Shards(0, 0, 2))
    async with running.started() as link:
        await stand_in.wait_for(lambda: link.state.name == "refused")
        assert "2 shards are too few" in link.state.detail
    assert len(stand_in.gateway.identifies) == 1


async def test_more_shards_than_starts_in_ten_minutes_connect(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.required_shards = 7
    async with start().connected() as link:
        assert link.state.name == "online"
    assert len(stand_in.gateway.identifies) == 7


async def test_it_waits_when_too_few_sessions_are_left_for_its_shards(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.gateway.required_shards = 7
    stand_in.rest.identifies_left = 13
    running = start()
    async with running.started() as link:
        await stand_in.wait_for(lambda: link.state.name == "waiting")
    assert stand_in.gateway.identifies == []


async def test_it_waits_when_discord_has_few_sessions_left(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.rest.identifies_left = 3
    running = start()
    async with running.started() as link:
        await stand_in.wait_for(lambda: link.state.name == "waiting")
    assert stand_in.gateway.identifies == []
    assert running.waits[0] == 3600


async def test_restarting_again_and_again_stays_within_the_identify_budget(
    stand_in: DiscordStandIn, start: Start
) -> None:
    for _ in range(5):
        async with start().connected():
            pass
    running = start()
    async with running.started() as link:
        await stand_in.wait_for(lambda: link.state.name == "waiting")
    assert len(stand_in.gateway.identifies) == 5
    assert 0 < running.waits[0] <= 600


async def test_it_keeps_trying_while_discord_is_down(
    stand_in: DiscordStandIn, start: Start
) -> None:
    # aiohttp itself repeats a GET once, so four drops are two failures.
    stand_in.rest.faults.add("drop", "GET", "/users/@me", times=4)
    running = start()
    async with running.connected():
        pass
    names = [state.name for state in running.states]
    assert names.count("unreachable") == 2
    assert running.waits == [PACE.first_retry, PACE.first_retry * 2]


async def test_an_address_banned_by_cloudflare_waits_long(
    stand_in: DiscordStandIn, start: Start
) -> None:
    stand_in.rest.faults.add("cloudflare", "GET", "/users/@me")
    running = start()
    async with running.connected():
        pass
    assert running.waits == [PACE.longest_retry]


async def test_a_token_withdrawn_while_running_stops_it(
    stand_in: DiscordStandIn, start: Start
) -> None:
    async with start().connected() as link:
        await stand_in.gateway.close_sockets(4004)
        await stand_in.wait_for(lambda: link.state.name == "refused")
        await asyncio.sleep(0.2)
    assert len(stand_in.gateway.identifies) == 1
