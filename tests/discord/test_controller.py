"""What the owner does on Discord from the screens, and switching it on and off."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import pytest

from app.core import secrets
from app.core.errors import UsageError
from app.core.paths import Home
from app.discord.controller import DiscordController
from app.ipc import control
from app.service.service import Service, open_service
from app.settings.config_file import save
from app.store import feedback, guilds, replies
from tests.asking import Nobody
from tests.discord.conftest import PACE
from tests.discord.real_host import eventually, listen
from tests.discord.scene import Scene
from tests.discord_stand_in.server import TOKEN, WAIT_SECONDS, DiscordStandIn


class Watcher:
    """Hears which replies are new or changed."""

    def __init__(self) -> None:
        self.changed: list[int] = []

    async def notify(self, told: object) -> None:
        if isinstance(told, control.ReplyMade):
            self.changed.append(told.row)


NOBODY = Nobody()


@pytest.fixture
async def service(home: Home) -> AsyncIterator[Service]:
    save(home.config_file, "reply.mode", "markov")
    async with open_service(home, Random(7)) as opened:
        yield opened


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[DiscordController]:
    """The calls while they run, at the pace of tests."""
    calls = DiscordController(service.context, Random(7))
    calls._surroundings = replace(calls._surroundings, pace=PACE)
    task = asyncio.create_task(calls.run())
    try:
        yield calls
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def is_online(calls: DiscordController) -> bool:
    return bool(calls.state().state == "online")


async def until_known(service: Service) -> None:
    """Wait until the store has the guild's channels."""
    async with asyncio.timeout(WAIT_SECONDS):
        channels = 0
        while channels < 2:
            await asyncio.sleep(0.02)
            for guild in await service.context.database.run(guilds.every):
                found = await service.context.database.run(guilds.channels, guild.id)
                channels = len(found)


async def test_without_a_token_it_is_off_until_one_is_entered(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    async with serving(service) as calls:
        await asyncio.sleep(0.1)
        assert calls.state().state == "off"
        secrets.put(home, "bot_token", TOKEN)
        await calls.reconnect(NOBODY, control.Reconnect())
        await stand_in.wait_for(lambda: is_online(calls))
        assert calls.state().user == "Mynah"
        assert "oauth2/authorize" in calls.state().invite
        await calls.reconnect(NOBODY, control.Reconnect(connect=False))
        await stand_in.wait_for(lambda: calls.state().state == "off")
        assert not stand_in.gateway.connected()


async def test_a_refused_token_is_told_with_a_hint_and_a_new_one_works(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", "wrong")
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: calls.state().state == "refused")
        assert "developer portal" in calls.state().hint
        secrets.put(home, "bot_token", TOKEN)
        await calls.reconnect(NOBODY, control.Reconnect())
        await stand_in.wait_for(lambda: is_online(calls))


async def test_the_owner_speaks_through_the_bot_without_pinging_anyone(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", TOKEN)
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        await until_known(service)
        await calls.send(NOBODY, control.Send("Harbour", "general", "hi @everyone"))
    (sent,) = stand_in.outbox.sent()
    assert sent.text == "hi @\u200beveryone"


async def test_drafts_are_sent_changed_or_thrown_away(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", TOKEN)
    save(home.config_file, "reply.shadow", True)
    save(home.config_file, "speak.user_cooldown_seconds", 0.0)
    run = service.context.database.run
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        asked = []
        for number in range(3):
            text = f"{stand_in.bot.mention} hello {number}"
            asked.append(await stand_in.say(scene.general, scene.ann, text))
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                drafts = await run(replies.latest)
                if [one.state for one in drafts] == ["draft"] * 3:
                    break
                await asyncio.sleep(0.02)
        first, second, third = sorted(drafts, key=lambda one: str(one.trigger))
        # One that Discord refuses waits on, until the owner mended the reason.
        stand_in.rest.faults.add("error", status=403, code=50013)
        with pytest.raises(UsageError, match="was not sent: I do not have permission"):
            await calls.decide(NOBODY, control.Decide(first.id, True))
        refused = await run(replies.get, first.id)
        assert refused is not None and refused.state == "draft"
        assert await run(feedback.rating, first.id) == 0
        await calls.decide(NOBODY, control.Decide(first.id, True))
        await calls.decide(NOBODY, control.Decide(second.id, True, "my own words"))
        await calls.decide(NOBODY, control.Decide(third.id, False))
        with pytest.raises(UsageError):
            await calls.decide(NOBODY, control.Decide(first.id, True))
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
        sent = stand_in.outbox.sent()
        assert [one.reply_to for one in sent] == asked[:2]
        rejected = await run(replies.get, third.id)
        assert rejected is not None and rejected.state == "rejected"
        assert (sent[0].text, sent[1].text) == (first.text, "my own words")
        assert await run(feedback.rating, first.id) == 1
        assert await run(feedback.rating, third.id) == -1
        (changed,) = await run(feedback.of_reply, second.id)
        assert (changed.kind, changed.value, changed.was) == ("edited", -1, second.text)
        # The owner takes the rejection back, and then sends it.
        watcher = Watcher()
        service.context.events.watch(watcher)
        await calls.draft_back(NOBODY, control.DraftBack(third.id))
        await stand_in.wait_for(lambda: watcher.changed == [third.id])
        waiting = await run(replies.get, third.id)
        assert waiting is not None and waiting.state == "draft"
        assert await run(feedback.rating, third.id) == 0
        with pytest.raises(UsageError, match="not a rejected draft"):
            await calls.draft_back(NOBODY, control.DraftBack(first.id))
        assert await run(replies.finish, third.id, {"role": "Marla"}) is not None
        await calls.decide(NOBODY, control.Decide(third.id, True))
        await stand_in.wait_for(lambda: watcher.changed == [third.id] * 2)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 3)
        assert stand_in.outbox.sent()[2].text == f"Marla: {third.text}"
        assert await run(feedback.rating, third.id) == 1


async def test_the_owner_chooses_channels_and_trains_them(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", TOKEN)
    for number in range(120):
        await stand_in.say(scene.general, scene.ann, f"line {number}")
    run = service.context.database.run
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        await until_known(service)
        with pytest.raises(UsageError):
            await calls.train(NOBODY, control.Train("Harbour"))
        await service.call(NOBODY, control.Listen("Harbour", "general", True))
        await calls.train(NOBODY, control.Train("Harbour"))
        (guild,) = await run(guilds.every)
        async with asyncio.timeout(WAIT_SECONDS):
            messages = 0
            while messages < 120:
                await asyncio.sleep(0.05)
                messages = (await run(guilds.counts, guild.id)).messages
        with pytest.raises(UsageError):
            await calls.job(NOBODY, control.JobControl(guild.id + 1, "stop"))


async def test_what_needs_discord_says_so_while_it_is_off(
    stand_in: DiscordStandIn, service: Service, home: Home
) -> None:
    row = await service.context.database.run(guilds.ensure, "Harbour", "1")
    await service.context.database.run(guilds.ensure_channel, row.id, "general", "2")
    async with serving(service) as calls:
        with pytest.raises(UsageError, match="not connected"):
            await calls.send(NOBODY, control.Send("Harbour", "general", "hi"))


async def test_a_bot_that_stays_connected_deletes_left_servers_when_it_is_time(
    stand_in: DiscordStandIn,
    service: Service,
    scene: Scene,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.discord.controller.GRACE_CHECK_SECONDS", 0.05)
    secrets.put(home, "bot_token", TOKEN)
    run = service.context.database.run
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))

        async def is_known() -> bool:
            return bool(await run(guilds.every))

        await eventually(is_known)
        await stand_in.remove_guild(scene.guild)
        (guild,) = await run(guilds.every)

        async def is_left() -> bool:
            return (await run(guilds.every))[0].left is not None

        async def is_deleted() -> bool:
            return not await run(guilds.every)

        await eventually(is_left)
        await asyncio.sleep(0.2)
        assert not await is_deleted()
        long_ago = int(time.time() * 1000) - 31 * 86_400_000
        save(home.config_file, "bot.keep_days_after_leaving", 0)
        await run(guilds.set_left, guild.id, long_ago)
        await asyncio.sleep(0.2)
        assert not await is_deleted(), "0 keeps it for good"
        save(home.config_file, "bot.keep_days_after_leaving", 30)
        await eventually(is_deleted)


@pytest.mark.parametrize("on", [True, False])
async def test_own_messages_of_what_was_forgotten_go_on_discord_where_wanted(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home, on: bool
) -> None:
    secrets.put(home, "bot_token", TOKEN)
    save(home.config_file, "learn.delete_own_lines", on)
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        await until_known(service)
        await listen(stand_in, scene)
        line = f"{stand_in.bot.mention} what about the zebrafish in the harbour"
        await stand_in.say(scene.general, scene.ann, line)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own = stand_in.outbox.sent()[0].message_id

        async def is_noted() -> bool:
            found = await service.context.database.run(replies.find_sent, str(own))
            return found is not None

        await eventually(is_noted)
        request = control.Forget("Harbour", author=str(scene.ann.id))
        done = await service.call(NOBODY, request)
    assert done.replies == 1
    assert (own in scene.general.messages) is not on
