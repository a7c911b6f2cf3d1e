"""The context of a reply in channels that are not listened to."""

import pytest

from app.discord.ports import Ask, ReadyReply
from app.discord.talk import channel_talk
from app.service.service import Service
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import LINES, taught, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.rights import READ_HISTORY
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import Channel, User


def reads_of(stand_in: DiscordStandIn, channel: Channel) -> int:
    """How often the channel's history was asked for."""
    path = ("GET", f"/channels/{channel.id}/messages")
    return stand_in.rest.requests.count(path)


async def call(
    stand_in: DiscordStandIn, scene: Scene, host: MemoryHost, text: str = "so?"
) -> tuple[tuple[str, str], ...]:
    """Somebody mentions the bot; the turns that it was given."""
    before = len(host.asked)
    somebody = scene.guild.join(User("Ben"))
    await stand_in.say(scene.general, somebody, f"{stand_in.bot.mention} {text}")
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == before + 1)
    return host.asked[-1].turns


async def test_what_was_said_before_the_start_is_fetched_once(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    for n in range(30):
        await stand_in.say(scene.general, scene.ann, f"line {n}")
    async with start().connected():
        turns = await call(stand_in, scene, host)
        await stand_in.say(scene.general, scene.ann, "line 30")
        later = await call(stand_in, scene, host, "and now?")
    most = channel_talk.MOST_MESSAGES
    assert turns == tuple(("Ann", f"line {n}") for n in range(30 - most, 30))
    assert [text for _, text in later[-3:]] == ["so?", "You said: so?", "line 30"]
    assert len(later) == most and later[0] == ("Ann", f"line {33 - most}")
    assert reads_of(stand_in, scene.general) == 1
    assert host.messages == {}


async def test_after_a_restart_there_is_context_again(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    for _ in range(2):
        async with start().connected():
            await stand_in.say(scene.general, scene.ann, "the tide is low")
            turns = await call(stand_in, scene, host)
    assert [text for _, text in turns] == [
        "the tide is low", "so?", "You said: so?", "the tide is low",
    ]  # fmt: skip


async def test_edits_and_deletions_of_what_was_fetched_are_followed(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    ids = [await stand_in.say(scene.general, scene.ann, f"line {n}") for n in range(4)]
    async with start().connected() as link:
        await call(stand_in, scene, host)
        await stand_in.edit(scene.general, ids[0], "edited")
        await stand_in.delete(scene.general, ids[1])
        await stand_in.delete(scene.general, ids[2], ids[3])
        turns = await call(stand_in, scene, host)
        # py-cord forgets its messages again when many others come.
        kept = link.client._connection._messages if link.client else None
        assert kept is not None
        # Its own line may come back from Discord later than everybody saw it.
        own = "You said: so?"
        await stand_in.wait_for(lambda: [one.content for one in kept].count(own) == 2)
        kept.clear()
        later = await call(stand_in, scene, host)
    assert [text for _, text in turns] == ["edited", "so?", own]
    assert [text for _, text in later] == ["edited"]


async def test_without_the_right_discord_is_not_asked(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    scene.general.deny(stand_in.bot, READ_HISTORY)
    await stand_in.say(scene.general, scene.ann, "the tide is low")
    async with start().connected():
        assert await call(stand_in, scene, host) == ()
    assert reads_of(stand_in, scene.general) == 0


async def test_where_it_listens_discord_is_not_asked(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        assert await call(stand_in, scene, host) == ()
    assert reads_of(stand_in, scene.general) == 0


async def test_trouble_at_discord_costs_the_context_and_not_the_reply(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel_talk, "FETCH_SECONDS", 0.2)
    await stand_in.say(scene.general, scene.ann, "the tide is low")
    async with start().connected():
        path = f"/channels/{scene.general.id}/messages"
        stand_in.rest.faults.add("error", "GET", path)
        assert await call(stand_in, scene, host) == ()
        turns = await call(stand_in, scene, host)
    assert turns[0] == ("Ann", "the tide is low")


async def test_discord_is_asked_a_few_times_a_minute(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(channel_talk, "FETCHES_A_MINUTE", 1)
    await stand_in.say(scene.side, scene.ann, "the tide is low")
    async with start().connected():
        await call(stand_in, scene, host)
        await stand_in.say(scene.side, scene.mod, f"{stand_in.bot.mention} so?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
    assert host.asked[-1].turns == () and reads_of(stand_in, scene.side) == 0


@pytest.mark.parametrize("path", ["privacy opt-out", "privacy forget"])
async def test_what_was_forgotten_is_no_context_when_it_is_fetched(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    path: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await stand_in.say(scene.side, scene.ann, "my secret")
    await stand_in.say(scene.side, scene.mod, "a tide")
    replies, asked = running.surroundings.ports.replies, list[Ask]()
    answer = replies.answer

    async def note(ask: Ask) -> ReadyReply | None:
        asked.append(ask)
        return await answer(ask)

    monkeypatch.setattr(replies, "answer", note)
    async with taught(running, stand_in, service, scene):
        await stand_in.command(scene.general, scene.ann, path)
        await until_stored(service, len(LINES) // 2)
        await stand_in.say(scene.side, scene.ben, f"{stand_in.bot.mention} so?")
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
    assert asked[0].turns == (("Mod", "a tide"),)
