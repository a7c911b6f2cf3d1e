"""Decisions that last, thumbs that go, names that change, and figures that count."""

import asyncio

import discord

from app.discord.cogs import about
from app.discord.messages import incoming
from app.discord.permissions import NO_RIGHT
from app.discord.ports import Ask, ReadyReply
from app.service.service import Service
from app.settings.config_file import save
from app.store import feedback, guilds, replies
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import eventually, taught
from tests.discord.scene import Scene
from tests.discord.test_stop_and_again import has_state
from tests.discord_stand_in import rights
from tests.discord_stand_in.server import DiscordStandIn


async def test_a_mention_that_was_not_answered_in_time_stays_so_after_a_restart(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    bot = stand_in.bot
    async with taught(running, stand_in, service, scene):
        await stand_in.command(scene.general, scene.mod, "quiet", time="8h")
        await stand_in.say(scene.general, scene.ann, f"{bot.mention} the boats?")

        async def is_refused() -> bool:
            why = await stand_in.command(scene.general, scene.ann, "why")
            return "asked to be quiet" in why.text

        await eventually(is_refused)
        await stand_in.command(scene.general, scene.mod, "quiet", time="off")
    missed = await stand_in.say(scene.general, scene.ben, f"{bot.mention} the tide?")
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        await asyncio.sleep(0.3)
    assert [one.reply_to for one in stand_in.outbox.sent()] == [missed]


async def test_cleared_reactions_take_the_thumbs_with_them(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run = service.context.database.run

    async def votes() -> list[int]:
        return [one.value for one in await run(feedback.of_reply, row)]

    async def have(*values: int) -> None:
        async def is_so() -> bool:
            return sorted(await votes()) == sorted(values)

        await eventually(is_so)

    async with taught(running, stand_in, service, scene):
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own, row = stand_in.outbox.sent()[0].message_id, 1
        await stand_in.react(scene.general, scene.ann, own, "👍🏽")
        await stand_in.react(scene.general, scene.ben, own, "👎🏿")
        await have(1, -1)
        await stand_in.clear_reactions(scene.general, own, "👍🏽")
        await have(-1)
        await stand_in.react(scene.general, scene.mod, own, "👍")
        await have(1, -1)
        await stand_in.clear_reactions(scene.general, own)
        await have()


async def test_thumbs_of_any_skin_tone_count_and_can_be_taken_back(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")
        await stand_in.wait_for(lambda: bool(host.sent_as))
        own = stand_in.outbox.sent()[0].message_id
        for thumb, value in (("👍🏻", 1), ("👍🏿", 1), ("👎🏽", -1), ("👍️", 1)):
            await stand_in.react(scene.general, scene.ann, own, thumb)
            await stand_in.wait_for(lambda: bool(host.ratings))
            assert list(host.ratings.values()) == [value]
            await stand_in.unreact(scene.general, scene.ann, own, thumb)
            await stand_in.wait_for(lambda: not host.ratings)
        await stand_in.react(scene.general, scene.ann, own, "🎉")
        await stand_in.react(scene.general, scene.ben, own, "👍")
        await stand_in.wait_for(lambda: len(host.ratings) == 1)


async def test_the_name_of_a_server_is_followed(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async def is_new() -> bool:
        found = await service.context.database.run(guilds.every)
        return [one.name for one in found] == ["Port"]

    async with running.connected():
        await stand_in.command(scene.general, scene.mod, "config show")
        await stand_in.rename_guild(scene.guild, "Port")
        await eventually(is_new)


async def test_the_empty_first_message_of_a_thread_is_not_answered(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {
        "speak.join_in": 1.0, "speak.user_cooldown_seconds": 0.0,
    }  # fmt: skip
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        said = await stand_in.say(scene.general, scene.ann, "a line")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        thread = await stand_in.start_thread(scene.general, scene.ann, said, "on it")
        own = stand_in.outbox.sent()[0].message_id
        other = await stand_in.start_thread(scene.general, scene.ben, own, "on hers")
        await stand_in.say(thread, scene.ann, "the first words")
        await stand_in.say(other, scene.ben, "other first words")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 3)
    texts = [ask.text for ask in host.asked]
    assert texts == ["a line", "the first words", "other first words"]


async def test_a_channel_that_it_cannot_see_is_not_listened_to(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    scene.side.readable = False
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        refused = await stand_in.command(
            scene.general, scene.mod, "listen add", channel=scene.side
        )
        menu = await stand_in.command(scene.general, scene.mod, "listen add")
        every = await stand_in.command(scene.general, scene.mod, "listen modify")
        assert host.learning == {}
        await stand_in.command(
            scene.general, scene.mod, "listen add", channel=scene.general
        )
    assert "I cannot see" in refused.text and "View Channel" in refused.text
    for shown in (menu, every):
        (choice,) = [one for one in shown.components if one["type"] == 3]
        assert [one["label"] for one in choice["options"]] == ["#general"]
    assert set(host.learning) == {scene.general.id}


async def test_a_reply_is_told_how_many_wait_behind_it(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"speak.user_cooldown_seconds": 0.0}
    plain, free = host.answer, asyncio.Event()

    async def slow(ask: Ask) -> ReadyReply | None:
        await free.wait()
        return await plain(ask)

    host.answer = slow  # type: ignore[method-assign]
    async with start().connected():
        for number in range(4):
            text = f"{stand_in.bot.mention} {number}"
            await stand_in.say(scene.general, scene.ann, text)
        await stand_in.wait_for(lambda: len(host.replies) == 4)
        await asyncio.sleep(0.1)
        free.set()
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 4)
    assert [ask.waiting for ask in host.asked] == [0, 2, 1, 0]


async def test_the_figures_of_a_reply_count_its_time_in_the_queue(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run = service.context.database.run
    async with taught(running, stand_in, service, scene):
        lock_holder = service.context.replier
        plain = lock_holder.fulfil

        async def slow(*args: object, **kwargs: object) -> object:
            await asyncio.sleep(0.25)
            return await plain(*args, **kwargs)  # type: ignore[arg-type]

        lock_holder.fulfil = slow  # type: ignore[assignment, method-assign]
        for person in (scene.ann, scene.ben, scene.mod):
            await stand_in.say(scene.general, person, f"{stand_in.bot.mention} boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 3)
        rows = [await run(replies.get, number) for number in (1, 2, 3)]
    totals = [row.timings["total"] for row in rows if row]
    waited = [row.timings["waiting"] for row in rows if row]
    assert 240 <= totals[0] < totals[1] < totals[2]
    assert totals[2] >= 740 and waited[2] >= 740


async def test_why_a_call_got_no_answer_is_stored(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    scene.side.deny(stand_in.bot, rights.SEND_MESSAGES)
    save(service.context.home.config_file, "speak.wake_words", ["parrot"])
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        calls = [
            await stand_in.say(scene.side, scene.ann, text)
            for text in (f"{stand_in.bot.mention} hello", "parrot, hello")
        ]

        async def is_stored() -> bool:
            run = service.context.database.run
            rows = [await run(replies.answer_to, str(one)) for one in calls]
            told = [row.notes[0] if row and row.notes else "" for row in rows]
            return all(NO_RIGHT in one for one in told)

        await eventually(is_stored)
    assert stand_in.outbox.sent() == []


async def test_why_tells_of_calls_from_before_a_restart(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, call = scene.general, f"{stand_in.bot.mention} the boats?"
    async with taught(running, stand_in, service, scene):
        answered = await stand_in.say(general, scene.ann, call)
        await has_state(service, answered, "sent")
        await stand_in.command(general, scene.mod, "quiet", time="8h")
        refused = await stand_in.say(general, scene.ben, call)
        await has_state(service, refused, "silent")
    async with running.connected() as link:
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        # A bot that catches up may look at its latest messages again.
        bot = link.client
        assert bot is not None
        for number in (answered, refused):
            talk = bot.get_channel(general.id)
            assert isinstance(talk, discord.TextChannel)
            message = await talk.fetch_message(number)
            said = incoming(message, stand_in.bot.id)
            assert said is not None
            await bot.speaker.consider(message, said)
        why = await stand_in.command(general, scene.ann, "why")
        await service.context.settings.change("speak.never_say", "ann")
        nameless = await stand_in.command(general, scene.ann, "why")
        elsewhere = await stand_in.command(scene.side, scene.ann, "why")
    assert "I answered Ann: it was mentioned." in why.text
    assert "I did not answer Ben: it was asked to be quiet." in why.text
    assert why.text.index("Ann") < why.text.index("Ben")
    assert "I answered someone" in nameless.text and "Ann" not in nameless.text
    assert elsewhere.text == about.NO_CALL
