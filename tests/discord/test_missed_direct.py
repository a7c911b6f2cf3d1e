"""Direct messages from while the bot was away, or that it had begun to answer."""

import pytest

from app.discord.stored.reply_service import DIRECT
from app.service.service import Service
from app.store import guilds, replies
from tests.discord.conftest import Running
from tests.discord.real_host import LINES
from tests.discord.scene import Scene
from tests.discord.test_direct_messages import ASKED, open_to, said_in, until_said
from tests.discord.test_stop_and_again import has_state
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import Channel


async def talk(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> Channel:
    """Let Ann have one direct message answered, and the bot go away."""
    direct = stand_in.direct_channel(scene.ann)
    async with open_to(running, stand_in, service, scene, scene.ann):
        asked = await stand_in.say(direct, scene.ann, ASKED)
        await has_state(service, asked, "sent")
    assert len(said_in(stand_in, direct)) == 1
    return direct


async def test_what_was_written_while_it_was_away_is_answered_once(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    direct = await talk(stand_in, running, service, scene)
    old = await stand_in.say(direct, scene.ann, "from long ago", age_seconds=9000)
    missed = await stand_in.say(direct, scene.ann, "and the small fish?")
    for _ in range(2):
        async with running.connected():
            await has_state(service, missed, "sent")
            await stand_in.say(direct, scene.ann, " ")
            await stand_in.command(scene.general, scene.mod, "help")
    assert len(said_in(stand_in, direct)) == 2
    assert stand_in.outbox.sent()[-1].reply_to == missed
    assert await service.context.database.run(replies.answer_to, str(old)) is None


async def test_nobody_is_answered_whom_the_owner_does_not_want_any_more(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    direct = await talk(stand_in, running, service, scene)
    await stand_in.say(direct, scene.ann, "and the small fish?")
    await service.context.settings.change("bot.direct_people", "1234567890123456789")
    async with running.connected() as link:
        client = link.client
        assert client is not None and await client.missed_direct.catch_up()
    assert len(said_in(stand_in, direct)) == 1


@pytest.mark.parametrize("state", ["claimed", "made", "said"])
async def test_what_it_had_begun_to_answer_is_answered_once(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    state: str,
) -> None:
    run = service.context.database.run
    direct = await talk(stand_in, running, service, scene)
    asked = await stand_in.say(direct, scene.ann, "and the small fish?")
    guild = await run(guilds.find, str(scene.guild.id))
    assert guild is not None
    reply = await run(replies.claim, guild.id, None, DIRECT, str(asked))
    assert reply is not None
    if state != "claimed":
        made = {"text": LINES[0], "state": "made", "provider": "markov"}
        assert await run(replies.finish, reply, made) is not None
    if state == "said":
        # Discord knows no nonce any more after a while.
        said = {"content": LINES[0], "message_reference": {"message_id": str(asked)}}
        await stand_in.rest.keep_message(direct, said)
    async with running.connected():
        await has_state(service, asked, "sent")
    told = said_in(stand_in, direct)
    assert len(told) == (1 if state == "said" else 2)
    assert state != "made" or told[1] == LINES[0]


async def test_why_a_direct_message_is_not_answered_is_stored(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    await service.context.settings.change("speak.quiet_hours", "0:00-23:59")
    async with open_to(running, stand_in, service, scene, scene.ann):
        asked = await stand_in.say(direct, scene.ann, ASKED)
        await has_state(service, asked, "silent")
        row = await service.context.database.run(replies.answer_to, str(asked))
        assert row is not None and "quiet hours" in row.notes[0]
        await service.context.settings.change("speak.quiet_hours", None)
    async with running.connected() as link:
        assert link.client is not None and await link.client.missed_direct.catch_up()
        again = await stand_in.say(direct, scene.ann, ASKED)
        await until_said(stand_in, direct, 1)
    assert stand_in.outbox.sent()[0].reply_to == again
