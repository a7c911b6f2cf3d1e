"""People who write through PluralKit or Tupperbox, which post by a webhook."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from app.discord.ports import Incoming, MessagePlace
from app.service.service import Service
from app.store import guilds, messages, replies
from app.store.rows import StoredMessage
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, eventually, stored, taught, until_stored
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn
from tests.discord_stand_in.world import snowflake

HELLO = "the gulls are back from the sea and want the small fish"


@asynccontextmanager
async def hearing(
    running: Running, stand_in: DiscordStandIn, service: Service, scene: Scene
) -> AsyncIterator[None]:
    """A bot that learned `LINES`, in a server whose moderator switched it on."""
    async with taught(running, stand_in, service, scene):
        told = await stand_in.command(
            scene.general, scene.mod, "config set", key="learn.proxied", value="on"
        )
        assert "learn.proxied" in told.text
        yield


async def until_known(service: Service, message: int) -> None:
    async def is_so() -> bool:
        return str(message) in await stored(service)

    await eventually(is_so)


async def row_of(service: Service, message: int) -> StoredMessage:
    (guild,) = await service.context.database.run(guilds.every)
    found = await service.context.database.run(messages.find, guild.id, str(message))
    assert found is not None
    return found


async def settled(stand_in: DiscordStandIn, service: Service, scene: Scene) -> None:
    """Wait until everything told before is done."""
    await until_known(service, await stand_in.say(scene.general, scene.ben, "after"))


async def test_names_of_webhooks_are_no_people_unless_that_is_set(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        said = await stand_in.say_by_webhook(scene.general, "Luna", HELLO)
        await settled(stand_in, service, scene)
        row = await row_of(service, said)
    assert row.is_bot and row.dropped == "bot"


@pytest.mark.parametrize("is_deleted_first", [False, True])
async def test_a_proxied_line_is_learned_under_its_name_and_its_original_goes(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    is_deleted_first: bool,
) -> None:
    async with hearing(running, stand_in, service, scene):
        original, copy = await stand_in.proxy(
            scene.general, scene.ann, "Luna", HELLO, marks="L:{}",
            is_deleted_first=is_deleted_first,
        )  # fmt: skip
        await until_known(service, copy)
        row = await row_of(service, copy)
        await settled(stand_in, service, scene)
        (guild,) = await service.context.database.run(guilds.every)
        voice = await service.context.voices.voice(guild.id)
        assert voice.messages == len(LINES) + 2
        said = await stored(service)
    assert (row.name, row.text, row.dropped) == ("Luna", HELLO, None)
    assert str(original) not in said and said[str(copy)] == HELLO


@pytest.mark.parametrize("is_deleted_first", [False, True])
async def test_a_proxied_call_is_answered_once_and_the_answer_stays(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    is_deleted_first: bool,
) -> None:
    async with hearing(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} where are the small boats?"
        _, copy = await stand_in.proxy(
            scene.general, scene.ann, "Luna", call, is_deleted_first=is_deleted_first
        )
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        await until_known(service, copy)
        plain = await stand_in.say(
            scene.general, scene.ben, f"{stand_in.bot.mention} and the cat?"
        )
        await stand_in.wait_for(
            lambda: any(one.reply_to == plain for one in stand_in.outbox.sent())
        )
        assert len(stand_in.outbox.sent()) == 2
        first = stand_in.outbox.sent()[0]
        # The answer keeps its words, as nothing that it answers was forgotten.
        row = await service.context.database.run(replies.answer_to, str(copy))
        assert row is not None and row.text == first.text
    # After a restart the proxied line counts as answered as well.
    async with running.connected():
        await settled(stand_in, service, scene)
        assert len(stand_in.outbox.sent()) == 2


async def test_a_streamed_answer_refers_to_the_proxied_line(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
) -> None:
    await service.context.settings.change("reply.stream", "on")
    async with hearing(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} where are the small boats?"
        _, copy = await stand_in.proxy(
            scene.general, scene.ann, "Luna", call, is_deleted_first=True
        )
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
    assert stand_in.outbox.sent()[0].reply_to == copy


async def test_an_answer_given_before_the_proxy_came_keeps_its_words(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} where are the small boats?"
        said = await stand_in.say(scene.general, scene.ann, call)
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        await until_known(service, said)
        await stand_in.delete(scene.general, said)
        # The deletion is told first, and the copy a moment later.
        await asyncio.sleep(0.2)
        copy = await stand_in.say_by_webhook(
            scene.general, "Luna", call, mentions=[stand_in.bot.payload()]
        )
        await until_known(service, copy)
        await settled(stand_in, service, scene)
        row = await service.context.database.run(replies.answer_to, str(copy))
        (sent,) = stand_in.outbox.sent()
        assert row is not None and row.text == sent.text


async def test_a_name_whose_original_was_missed_is_a_person_who_is_answered(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} where are the small boats?"
        said = await stand_in.say_by_webhook(
            scene.general, "Luna", call, mentions=[stand_in.bot.payload()]
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        assert stand_in.outbox.sent()[0].reply_to == said
        assert not (await row_of(service, said)).is_bot


async def test_a_deletion_that_no_proxy_made_is_followed(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        said = await stand_in.say(scene.general, scene.ann, HELLO)
        await until_stored(service, len(LINES) + 1)
        await stand_in.delete(scene.general, said)
        await until_stored(service, len(LINES))


async def test_a_deleted_proxied_line_is_forgotten_and_an_edited_one_replaced(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        _, copy = await stand_in.proxy(scene.general, scene.ann, "Luna", HELLO)
        await until_known(service, copy)
        await stand_in.edit(scene.general, copy, "the gulls are gone")

        async def is_edited() -> bool:
            return (await stored(service)).get(str(copy)) == "the gulls are gone"

        await eventually(is_edited)
        # PluralKit deletes it where its author reacts with a cross.
        await stand_in.delete(scene.general, copy)
        await until_stored(service, len(LINES))


@pytest.mark.parametrize("path", ["privacy opt-out", "privacy forget"])
async def test_what_an_account_forgets_holds_for_its_proxied_names(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    path: str,
) -> None:
    async with hearing(running, stand_in, service, scene):
        hook = snowflake()
        _, copy = await stand_in.proxy(
            scene.general, scene.ann, "Luna", HELLO, webhook=hook
        )
        await until_known(service, copy)
        told = await stand_in.command(scene.general, scene.ann, "privacy export")
        mine = [json.loads(one) for one in told.parts[-1].file_bodies[0].splitlines()]
        assert HELLO in [one["text"] for one in mine]
        shown = await stand_in.command(scene.general, scene.ann, "privacy show")
        assert f"{len(LINES) // 2 + 1} messages" in shown.text
        await stand_in.command(scene.general, scene.ann, path)
        await until_stored(service, len(LINES) // 2)
        # Reading the channel again brings nothing of it back.
        await stand_in.command(scene.general, scene.mod, "train", clean=False)
        later = await stand_in.say_by_webhook(
            scene.general, "Luna", "the gulls are loud", hook
        )
        await settled(stand_in, service, scene)
        said = await stored(service)
    assert str(copy) not in said
    assert (str(later) in said) == (path == "privacy forget")


async def test_a_name_is_linked_later_and_what_was_stored_under_it_goes_with_it(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        first = await stand_in.say_by_webhook(scene.general, "Luna", HELLO)
        await until_known(service, first)
        await stand_in.command(scene.general, scene.ann, "privacy opt-out")
        _, copy = await stand_in.proxy(
            scene.general, scene.ann, "Luna", "the gulls are loud"
        )

        async def is_gone() -> bool:
            return str(first) not in await stored(service)

        await eventually(is_gone)
        await settled(stand_in, service, scene)
        assert str(copy) not in await stored(service)


async def test_a_name_that_two_accounts_use_is_whose_original_was_seen(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        _, of_ann = await stand_in.proxy(scene.general, scene.ann, "Luna", HELLO)
        await until_known(service, of_ann)
        _, of_ben = await stand_in.proxy(scene.general, scene.ben, "Luna", LINES[2])
        await until_known(service, of_ben)
        nobodys = await stand_in.say_by_webhook(scene.general, "Luna", "whose is it?")
        await settled(stand_in, service, scene)
        assert str(nobodys) not in await stored(service)
        # It is no context either where nothing is stored: Ann may have opted out.
        place = MessagePlace(scene.guild.id, "Harbour", scene.side.id, "side")
        said_aside = Incoming(
            place, nobodys + 1, 7, "Luna", "whose is it?", 0, is_bot=True,
            is_webhook=True,
        )  # fmt: skip
        withheld = running.surroundings.ports.messages.withheld
        assert await withheld(scene.guild.id, [said_aside]) == {nobodys + 1}
        await stand_in.command(scene.general, scene.ann, "privacy forget")
        said = await stored(service)
    assert str(of_ann) not in said and str(of_ben) in said


async def test_what_only_repeats_a_message_is_no_proxied_line(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    """A bridge or a star board posts again what stays where it was."""
    async with hearing(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} where are the small boats?"
        said = await stand_in.say(scene.general, scene.ann, call)
        again = await stand_in.say_by_webhook(
            scene.general, "Bridge", call, mentions=[stand_in.bot.payload()]
        )
        await until_known(service, again)
        await settled(stand_in, service, scene)
        assert [one.reply_to for one in stand_in.outbox.sent()] == [said]
        assert str(said) in await stored(service)


async def test_answers_of_other_bots_and_announcements_are_no_people(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        answer = await stand_in.answer_command(
            scene.general, scene.robot, scene.ann, "pong"
        )
        news = await stand_in.say(scene.side, scene.mod, "we moved")
        (posted,) = await stand_in.publish(scene.side, news, [scene.general])
        await settled(stand_in, service, scene)
        for one in (answer, posted):
            assert (await row_of(service, one)).is_bot


async def test_a_cooldown_of_one_name_is_not_that_of_another(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        await stand_in.command(
            scene.general, scene.mod, "config set",
            key="speak.user_cooldown_seconds", value="600",
        )  # fmt: skip
        hook, call = snowflake(), f"{stand_in.bot.mention} where are the boats?"
        for name in ("Luna", "Max", "Luna"):
            await stand_in.say_by_webhook(
                scene.general, name, call, hook, mentions=[stand_in.bot.payload()]
            )
        await settled(stand_in, service, scene)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)


async def test_who_called_under_another_name_may_replace_the_answer(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with hearing(running, stand_in, service, scene):
        call = f"{stand_in.bot.mention} where are the small boats?"
        _, copy = await stand_in.proxy(scene.general, scene.ann, "Luna", call)

        async def is_sent() -> bool:
            row = await service.context.database.run(replies.answer_to, str(copy))
            return row is not None and row.state == "sent"

        await eventually(is_sent)
        theirs = await stand_in.command(scene.general, scene.ben, "again")
        mine = await stand_in.command(scene.general, scene.ann, "again")
    assert "Only the person" in theirs.text and "another one" in mine.text
