"""Direct messages: to whom, in whose voice, and with whose words."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.chat.postprocess import neutralise
from app.core import secrets
from app.discord.ports import DirectAsk, ReadyReply
from app.discord.talk import direct_talk
from app.service.service import Service
from app.store import guilds, replies
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import LINES, count, eventually, taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import Channel, Guild, User
from tests.home_files import files_with

ASKED = "where are the small boats?"


def said_in(stand_in: DiscordStandIn, channel: Channel) -> list[str]:
    """What the bot sent there."""
    return [one.text for one in stand_in.outbox.sent() if one.channel_id == channel.id]


async def until_said(stand_in: DiscordStandIn, channel: Channel, n: int) -> list[str]:
    await stand_in.wait_for(lambda: len(said_in(stand_in, channel)) == n)
    return said_in(stand_in, channel)


@asynccontextmanager
async def open_to(
    running: Running,
    stand_in: DiscordStandIn,
    service: Service,
    scene: Scene,
    *people: User,
) -> AsyncIterator[None]:
    """A bot that learned `LINES` and answers these people's direct messages."""
    change = service.context.settings.change
    await change("bot.direct_messages", "on")
    await change("bot.direct_people", ", ".join(str(one.id) for one in people))
    async with taught(running, stand_in, service, scene):
        yield


async def test_they_are_off_by_default_and_a_sentence_says_so_once(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    async with start().connected():
        for _ in range(3):
            await stand_in.say(direct, scene.ann, ASKED)
        await stand_in.say(scene.general, scene.ben, f"{stand_in.bot.mention} hello")
        await until_said(stand_in, scene.general, 1)
        assert await until_said(stand_in, direct, 1) == [direct_talk.OFF]
    assert host.direct == []


async def test_an_owner_is_told_how_to_switch_them_on(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    async with start(owners=[str(scene.ann.id)]).connected():
        await stand_in.say(direct, scene.ann, ASKED)
        (told,) = await until_said(stand_in, direct, 1)
    assert "mynah config set bot.direct_messages true" in told


async def test_the_owner_and_those_whom_they_chose_are_answered_and_nobody_else(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    chosen = dict(owners=[str(scene.mod.id)], direct_people=[str(scene.ben.id)])
    people = (scene.mod, scene.ben, scene.ann, scene.robot)
    rooms = [stand_in.direct_channel(one) for one in people]
    async with start(direct_messages=True, **chosen).connected():
        for room, one in zip(rooms, people, strict=True):
            await stand_in.say(room, one, f"hello from {one.name}")
        for room, one in zip(rooms[:2], people, strict=False):
            (told,) = await until_said(stand_in, room, 1)
            assert told == f"You said: hello from {one.name}"
        assert await until_said(stand_in, rooms[2], 1) == [direct_talk.NOT_CHOSEN]
    assert said_in(stand_in, rooms[3]) == []
    assert {ask.author_name for ask in host.direct} == {"Mod", "Ben"}


async def test_it_answers_in_the_voice_of_the_server_and_learns_nothing(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    async with open_to(running, stand_in, service, scene, scene.ann):
        asked = await stand_in.say(direct, scene.ann, "do the zeppelins sleep?")
        (said,) = await until_said(stand_in, direct, 1)

        async def is_noted() -> bool:
            row = await service.context.database.run(replies.answer_to, str(asked))
            return row is not None and row.state == "sent"

        await eventually(is_noted)
        row = await service.context.database.run(replies.answer_to, str(asked))
        assert row is not None and row.text == said and row.reason == "direct message"
        assert "zeppelins" not in str(row.turns) and "Ann" not in str(row.turns)
        assert await count(service) == len(LINES)
        # A thumb on it counts as on any other reply.
        sent = stand_in.outbox.sent()[0]
        await stand_in.react(direct, scene.ann, sent.message_id, "👍")
    words = set(" ".join(LINES).split())
    assert set(neutralise(said)[0].lower().split()) <= words


async def test_it_says_public_words_alone(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    secret = scene.guild.channel("secret")
    secret.for_moderators = True
    direct = stand_in.direct_channel(scene.mod)
    async with open_to(running, stand_in, service, scene, scene.mod):
        await stand_in.command(scene.general, scene.mod, "listen add", channel=secret)
        for n in range(30):
            await stand_in.say(secret, scene.mod, f"the zeppelin {n} is a secret")

        async def is_learned() -> bool:
            return await count(service) == len(LINES) + 30

        await eventually(is_learned)
        await service.context.settings.change("speak.user_cooldown_seconds", "0")
        for n in range(1, 9):
            await stand_in.say(direct, scene.mod, "the zeppelin is a secret of the")
            await until_said(stand_in, direct, n)
    assert "zeppelin" not in " ".join(said_in(stand_in, direct))


async def test_of_several_servers_it_says_whose_voice_it_is_and_lets_them_choose(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    port, far = Guild("Port"), Guild("A far one")
    port.channel("general")
    port.join(scene.ann)
    await stand_in.add_guild(port)
    await stand_in.add_guild(far)
    direct = stand_in.direct_channel(scene.ann)
    mine = dict(owners=[str(scene.ann.id)], direct_messages=True)
    async with start(**mine).connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.say(direct, scene.ann, "hello")
        told = await until_said(stand_in, direct, 2)
        assert told == [direct_talk.SPEAKS_AS.format("Harbour"), "You said: hello"]
        shown = await stand_in.command(direct, scene.ann, "help")
        assert "voice of **Harbour**" in shown.text and "Port" in shown.text
        assert "A far one" not in shown.text
        offered = await stand_in.complete(direct, scene.ann, "direct", "server", "po")
        assert offered == ["Port"]
        wrong = await stand_in.command(direct, scene.ann, "direct", server="A far one")
        assert "Harbour, Port" in wrong.text
        chosen = await stand_in.command(direct, scene.ann, "direct", server="port")
        assert "**Port**" in chosen.text
    async with start(**mine).connected():
        await stand_in.say(direct, scene.ann, "hello again")
        await until_said(stand_in, direct, 4)
    assert [ask.guild for ask in host.direct] == [scene.guild.id, port.id]


async def test_the_choice_of_a_server_is_kept_without_a_name_until_it_is_forgotten(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    port = Guild("Port")
    port.join(scene.ann)
    await stand_in.add_guild(port)
    direct = stand_in.direct_channel(scene.ann)
    async with open_to(running, stand_in, service, scene, scene.ann):
        await stand_in.command(direct, scene.ann, "direct", server="Port")
        members = running.surroundings.ports.members
        assert await members.chosen_server(scene.ann.id) == port.id
        assert await members.chosen_server(scene.ben.id) is None
    # Only the settings name her, as one who may write directly.
    home = service.context.home
    assert files_with(home.root, str(scene.ann.id)) == [home.config_file]
    await members.forget_author(scene.guild.id, scene.ann.id)
    assert await members.chosen_server(scene.ann.id) is None


async def test_help_in_direct_messages_says_that_they_are_off(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        shown = await stand_in.command(direct, scene.ann, "help")
        refused = await stand_in.command(direct, scene.ann, "direct", server="Harbour")
    assert direct_talk.OFF in shown.text and refused.text == direct_talk.OFF


async def test_a_stranger_to_every_server_and_a_server_of_drafts_are_told(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stranger = User("Cleo")
    host.overrides[scene.guild.id, 0] = {"reply.shadow": True}
    rooms = [stand_in.direct_channel(one) for one in (stranger, scene.ann)]
    people = [str(stranger.id), str(scene.ann.id)]
    async with start(direct_messages=True, direct_people=people).connected():
        await stand_in.say(rooms[0], stranger, "hello")
        assert await until_said(stand_in, rooms[0], 1) == [direct_talk.NO_SERVER]
        await stand_in.say(rooms[1], scene.ann, "hello")
        (told,) = await until_said(stand_in, rooms[1], 1)
    assert told == direct_talk.DRAFTS.format("Harbour") and host.direct == []


async def test_who_takes_no_direct_messages_is_no_trouble(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    async with open_to(running, stand_in, service, scene, scene.ann):
        scene.ann.takes_direct = False
        asked = await stand_in.say(direct, scene.ann, ASKED)

        async def is_refused() -> bool:
            row = await service.context.database.run(replies.answer_to, str(asked))
            return row is not None and row.state == "refused"

        await eventually(is_refused)
    assert running.shown == []


@pytest.mark.parametrize("path", ["privacy opt-out", "privacy forget"])
async def test_what_somebody_forgot_or_deleted_is_in_no_direct_answer(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    path: str,
) -> None:
    direct = stand_in.direct_channel(scene.ben)
    async with open_to(running, stand_in, service, scene, scene.ben):
        asked = await stand_in.say(direct, scene.ben, ASKED)
        await until_said(stand_in, direct, 1)
        await stand_in.delete(direct, asked)

        async def is_blank() -> bool:
            row = await service.context.database.run(replies.answer_to, str(asked))
            return row is not None and not row.text

        await eventually(is_blank)
        for one in (scene.ann, scene.ben):
            await stand_in.command(scene.general, one, path)
        later = await stand_in.say(direct, scene.ben, ASKED)
        await until_said(stand_in, direct, 2)
        row = await service.context.database.run(replies.answer_to, str(later))
        assert row is not None and len(row.turns) <= 1
        assert await count(service) == 0


async def test_words_of_another_servers_voice_stay_out_of_this_ones(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = Guild("Port")
    port.join(scene.ann)
    await stand_in.add_guild(port)
    direct = stand_in.direct_channel(scene.ann)
    asked: list[tuple[tuple[str, str], ...]] = []
    async with open_to(running, stand_in, service, scene, scene.ann):
        await service.context.settings.change("speak.user_cooldown_seconds", "0")
        made = running.surroundings.ports.replies.answer_direct

        async def note(ask: DirectAsk) -> ReadyReply | None:
            asked.append(ask.turns)
            return await made(ask)

        port_of_replies = running.surroundings.ports.replies
        monkeypatch.setattr(port_of_replies, "answer_direct", note)
        await stand_in.say(direct, scene.ann, "first")
        (_, first) = await until_said(stand_in, direct, 2)
        await stand_in.say(direct, scene.ann, "second")
        await until_said(stand_in, direct, 3)
        await stand_in.command(direct, scene.ann, "direct", server="Port")
        await stand_in.say(direct, scene.ann, "third")
        await stand_in.wait_for(lambda: len(asked) == 3)
        (guild, *_) = await service.context.database.run(guilds.every)
    assert guild.name == "Harbour"
    assert [text for _, text in asked[1]] == ["first", first]
    assert asked[2] == ()


async def test_a_locked_server_keeps_direct_messages_from_the_cloud(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    secrets.put(service.context.home, "openai_key", "sk-test")
    async with open_to(running, stand_in, service, scene, scene.ann):
        change = service.context.settings.change
        (guild,) = await service.context.database.run(guilds.every)
        await change("reply.mode", "llm", guild.id)
        await change("reply.provider", "openai", guild.id, agreed=True)
        await change("reply.local_only", "on", guild.id)
        asked = await stand_in.say(direct, scene.ann, ASKED)
        await until_said(stand_in, direct, 1)
        row = await service.context.database.run(replies.answer_to, str(asked))
        assert row is not None
        reasons = [one.reason for one in row.rungs if one.provider == "openai"]
    assert reasons and "locked" in reasons[0]


async def test_an_unlisted_server_lends_no_voice(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    port = Guild("Port")
    port.join(scene.ann)
    await stand_in.add_guild(port)
    host.chosen[scene.ann.id] = scene.guild.id
    direct = stand_in.direct_channel(scene.ann)
    mine = dict(owners=[str(scene.ann.id)], direct_messages=True)
    async with start(servers=[str(port.id)], **mine).connected():
        await stand_in.say(direct, scene.ann, "hello")
        assert await until_said(stand_in, direct, 1) == ["You said: hello"]
        shown = await stand_in.command(direct, scene.ann, "help")
    assert [ask.guild for ask in host.direct] == [port.id]
    assert "Port" in shown.text and "Harbour" not in shown.text


async def test_the_most_servers_that_are_asked_are_of_the_owners_list(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(direct_talk, "MOST_SERVERS", 1)
    port = Guild("Port")
    port.join(scene.ann)
    await stand_in.add_guild(port)
    direct = stand_in.direct_channel(scene.ann)
    mine = dict(owners=[str(scene.ann.id)], direct_messages=True)
    async with start(servers=[str(port.id)], **mine).connected():
        await stand_in.say(direct, scene.ann, "hello")
        await until_said(stand_in, direct, 1)
    assert [ask.guild for ask in host.direct] == [port.id]


async def test_people_who_wrote_long_ago_are_not_kept_in_memory(
    stand_in: DiscordStandIn,
    start: Start,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(direct_talk, "SHARED_SECONDS", 60.0)
    people, ahead = (scene.ann, scene.ben), 0.0
    chosen = [str(one.id) for one in people]
    mine = dict(direct_messages=True, direct_people=chosen)
    running = start(clock=lambda: time.time() + ahead, **mine)
    async with running.connected() as link:
        assert link.client is not None
        talk = link.client.direct
        for one in people:
            direct = stand_in.direct_channel(one)
            await stand_in.say(direct, one, "hello")
            await until_said(stand_in, direct, 1)
            # Behind a sent reply it may look once more, with the time of then.
            await stand_in.wait_for(lambda: not talk._turns)
            ahead += 61.0
        assert [person for person, _ in talk._shared] == [scene.ben.id]


async def test_nobody_is_answered_before_it_is_known_who_reads_what(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, known = asyncio.Event(), asyncio.Event()

    async def wait(places: object) -> None:
        asked.set()
        await known.wait()

    monkeypatch.setattr(host, "channels_seen", wait)
    direct = stand_in.direct_channel(scene.ann)
    mine = dict(owners=[str(scene.ann.id)], direct_messages=True)
    async with start(**mine).connected():
        await asked.wait()
        await stand_in.say(direct, scene.ann, "hello")
        await asyncio.sleep(0.3)
        assert host.direct == []
        known.set()
        assert await until_said(stand_in, direct, 1) == ["You said: hello"]


async def test_what_was_deleted_or_edited_before_its_turn_is_not_answered_as_it_was(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    plain, may_go_on = host.answer_direct, asyncio.Event()

    async def answer(ask: DirectAsk) -> ReadyReply | None:
        await may_go_on.wait()
        return await plain(ask)

    host.answer_direct = answer  # type: ignore[method-assign]
    host.overrides[scene.guild.id, 0] = {"speak.user_cooldown_seconds": 0.0}
    direct = stand_in.direct_channel(scene.ann)
    mine = dict(owners=[str(scene.ann.id)], direct_messages=True)
    async with start(**mine).connected():
        await stand_in.say(direct, scene.ann, "first")
        gone = await stand_in.say(direct, scene.ann, "second")
        changed = await stand_in.say(direct, scene.ann, "third")
        await stand_in.delete(direct, gone)
        await stand_in.edit(direct, changed, "third, in other words")
        await stand_in.command(scene.general, scene.mod, "help")
        may_go_on.set()
        await until_said(stand_in, direct, 2)
    assert [ask.text for ask in host.direct] == ["first", "third, in other words"]


async def test_a_draft_is_not_said_directly_even_if_drafts_were_switched_on_meanwhile(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = iter([True, False])

    async def answer(ask: DirectAsk) -> ReadyReply:
        return ReadyReply(0, (ask.text,), is_draft=next(said))

    monkeypatch.setattr(host, "answer_direct", answer)
    host.overrides[scene.guild.id, 0] = {"speak.user_cooldown_seconds": 0.0}
    direct = stand_in.direct_channel(scene.ann)
    mine = dict(owners=[str(scene.ann.id)], direct_messages=True)
    async with start(**mine).connected():
        await stand_in.say(direct, scene.ann, "first")
        await stand_in.say(direct, scene.ann, "second")
        assert await until_said(stand_in, direct, 1) == ["second"]


@pytest.mark.parametrize("way", ["edit", "privacy forget", "privacy opt-out"])
async def test_the_answer_goes_with_the_words_of_the_one_who_asked(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    way: str,
) -> None:
    direct = stand_in.direct_channel(scene.mod)
    async with open_to(running, stand_in, service, scene, scene.mod):
        asked = await stand_in.say(direct, scene.mod, ASKED)

        async def has_words() -> bool:
            row = await service.context.database.run(replies.answer_to, str(asked))
            return row is not None and row.state == "sent" and bool(row.text)

        async def is_blank() -> bool:
            row = await service.context.database.run(replies.answer_to, str(asked))
            return row is not None and not row.text

        await eventually(has_words)
        if way == "edit":
            await stand_in.edit(direct, asked, "never mind")
        else:
            await stand_in.command(scene.general, scene.mod, way)
        await eventually(is_blank)


async def test_names_of_servers_are_offered_to_nobody_who_is_not_answered(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    direct = stand_in.direct_channel(scene.ann)
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        offered = await stand_in.complete(direct, scene.ann, "direct", "server", "ha")
    assert offered == []
