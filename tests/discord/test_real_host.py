"""The real host behind the real client, on a real home."""

import asyncio
import re
from collections.abc import Sequence

import pytest

from app.discord.stored.reply_service import StoredReplies
from app.service.handlers.replies import explain
from app.service.service import Service
from app.settings.config_file import save
from app.store import feedback, guilds, messages, replies
from tests.discord.conftest import Running
from tests.discord.real_host import (
    LINES,
    count,
    eventually,
    listen,
    reply_of,
    stored,
    taught,
    until_stored,
)
from tests.discord.scene import Scene
from tests.discord_stand_in.interactions import Interaction
from tests.discord_stand_in.server import DiscordStandIn, File
from tests.discord_stand_in.world import OWNER_ID, User
from tests.home_files import files_with


async def test_it_learns_speaks_explains_and_forgets(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        shown = await stand_in.command(
            scene.general, scene.ann, "mark", seed="the tide", debug=True
        )
        assert shown.texts[0].startswith("the tide")
        assert shown.texts[0] not in LINES
        await stand_in.wait_for(lambda: len(shown.parts) == 2)
        own = shown.parts[0].message_id
        why = await stand_in.message_command(scene.general, scene.ann, "Why this?", own)
        assert "markov" in why.text and "Source messages" in why.text
        gone = await stand_in.message_command(
            scene.general, scene.mod, "Forget the sources", own
        )
        assert "No trace of it is left" in gone.text
        assert await count(service) < len(LINES)


async def test_the_prompt_and_recalled_messages_are_explained_to_the_owner_alone(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        mention = f"{stand_in.bot.mention} what about the boats"
        await stand_in.say(scene.general, scene.ann, mention)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        (sent,) = stand_in.outbox.sent()
        row = (await reply_of(service, sent.message_id)).id
        seen = [scene.general.id, scene.side.id]
        on_discord = await running.surroundings.ports.records.explain(row, seen)
        in_the_screens = await explain(service.context, row)
    assert in_the_screens.turns[-1][1].endswith("what about the boats")
    assert on_discord.turns == [] and on_discord.moments == []
    assert on_discord.sources == in_the_screens.sources != []


async def test_a_mention_is_answered_from_what_was_learned(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} what about the boats"
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    (sent,) = stand_in.outbox.sent()
    assert sent.reply_to == asked
    words = set(" ".join(LINES).split())
    assert set(sent.text.split()) <= words | {"what", "about"}


async def test_a_reply_brings_the_file_of_a_message_it_drew_on(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    stand_in.rest.files["crab.png"] = b"a crab"
    async with running.connected():
        await listen(stand_in, scene)
        for line in LINES:
            await stand_in.say(scene.general, scene.ann, line, files=["crab.png"])
        await until_stored(service, len(LINES))
        await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} what about the boats"
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    (sent,) = stand_in.outbox.sent()
    assert (sent.files, sent.file_bodies) == (["crab.png"], [b"a crab"])


async def test_edits_and_deletions_reach_the_database(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        await stand_in.edit(scene.general, ids[0], "the tide changed its mind")
        await stand_in.delete(scene.general, ids[1])
        await stand_in.delete(scene.general, ids[2], ids[3])
        await until_stored(service, 3)
    kept = await stored(service)
    assert kept[str(ids[0])] == "the tide changed its mind"


async def test_what_was_written_edited_and_deleted_while_it_was_away_is_caught_up(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene) as ids:
        pass
    await stand_in.delete(scene.general, ids[1])
    await stand_in.edit(scene.general, ids[2], "changed while away")
    for number in range(229):
        await stand_in.say(scene.general, scene.ann, f"missed line {number}")
    thread = scene.guild.thread(scene.general, "begun while away")
    await stand_in.say(thread, scene.ben, "missed in a thread")
    old = await stand_in.say(
        scene.side, scene.ann, f"{stand_in.bot.mention} not listened to"
    )
    recent = await stand_in.say(
        scene.general, scene.ben, f"{stand_in.bot.mention} are you back"
    )
    async with running.connected():
        await until_stored(service, len(LINES) - 1 + 230 + 1)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    kept = await stored(service)
    assert str(ids[1]) not in kept and kept[str(ids[2])] == "changed while away"
    assert [one.reply_to for one in stand_in.outbox.sent()] == [recent]
    assert str(old) not in kept


async def test_a_mention_that_is_too_old_is_not_answered_after_downtime(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    first = await stand_in.say(
        scene.general, scene.ann, "long before", age_seconds=7200
    )
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.command(scene.general, scene.mod, "train")
        await until_stored(service, 1)
    await stand_in.say(
        scene.general, scene.ann, f"{stand_in.bot.mention} hello?", age_seconds=3600
    )
    async with running.connected() as link:
        client = link.client
        assert client is not None
        await stand_in.wait_for(lambda: bool(client.speaker.judged))
        shown = await stand_in.command(scene.general, scene.ann, "why")
    assert "s old" in shown.text
    assert stand_in.outbox.sent() == []
    assert str(first) in await stored(service)


async def test_a_member_can_see_export_forget_and_opt_out(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        shown = await stand_in.command(scene.general, scene.ann, "privacy show")
        ports = running.surroundings.ports.members
        await ports.allow_tuning(scene.guild.id, scene.ann.id, True)
        await ports.choose_server(scene.ann.id, scene.guild.id)
        export = await stand_in.command(scene.general, scene.ann, "privacy export")
        gone = await stand_in.command(scene.general, scene.ann, "privacy opt-out")
        assert re.search(r"Searched \d+ files .*: messages, .*, logs\.", gone.text)
        assert gone.text.endswith("None of the 3 texts was found.")
        await stand_in.say(scene.general, scene.ann, "never to be kept")
        await stand_in.say(scene.general, scene.ben, "to be kept")
        await until_stored(service, 4)
        after = await stand_in.command(scene.general, scene.ann, "privacy show")
    assert "3 messages" in shown.text and "3 of them learned" in shown.text
    body = export.parts[0].file_bodies[0].decode()
    assert LINES[0] in body and LINES[1] not in body
    assert '{"allows_tuning": true, "name": "Ann"}' in body
    assert '{"direct_messages_in_the_voice_of": "Harbour"}' in body
    assert "3 messages" in gone.text and "No trace of it is left" in gone.text
    assert "You opted out" in after.text
    assert "never to be kept" not in (await stored(service)).values()


async def test_no_byte_of_an_opted_out_member_stays_in_the_home(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await stand_in.say(scene.general, scene.ann, "zanzibarian marzipan")
        await until_stored(service, len(LINES) + 1)
        await stand_in.command(scene.general, scene.ann, "privacy opt-out")
        root = service.context.home.root
        assert files_with(root, "zanzibarian") == []
        await stand_in.say(scene.general, scene.ann, "zanzibarian again")
        await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} zanzibarian?"
        )
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert files_with(root, "zanzibarian") == []


async def test_an_export_attached_to_train_is_learned(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    stand_in.rest.files["old.json"] = b'[{"message": "one two"}, {"message": "two x"}]'
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        shown = await stand_in.command(
            scene.general, scene.mod, "train", json=File("old.json")
        )
        await stand_in.wait_for(lambda: "2 of them new" in _now(scene, shown))
    assert "Read 2 messages" in _now(scene, shown)


def _now(scene: Scene, shown: Interaction) -> str:
    """What an answer in the main channel says by now."""
    return str(scene.general.messages[shown.parts[0].message_id]["content"])


async def test_a_left_guild_is_deleted_after_its_grace_time_and_not_before(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await stand_in.remove_guild(scene.guild)
        await asyncio.sleep(0.2)
    assert await count(service) == len(LINES)
    (guild,) = await service.context.database.run(guilds.every)
    assert guild.left is not None
    day = 86_400_000
    await service.context.database.run(guilds.set_left, guild.id, guild.left - 31 * day)

    async def is_deleted() -> bool:
        return not await service.context.database.run(guilds.every)

    async with running.connected():
        await eventually(is_deleted)


async def test_a_draft_waits_for_the_owner(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    save(service.context.home.config_file, "reply.shadow", True)
    async with running.connected():
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")

        async def is_draft() -> bool:
            found = await service.context.database.run(replies.latest)
            return [one.state for one in found] == ["draft"]

        await eventually(is_draft)
    assert stand_in.outbox.sent() == []


async def test_what_was_said_where_nothing_is_learned_is_kept_nowhere(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await stand_in.say(scene.side, scene.ann, "quixotic aside")
        await stand_in.say(scene.side, scene.ben, f"{stand_in.bot.mention} quixotic?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert files_with(service.context.home.root, "quixotic") == []


async def test_bots_and_its_own_lines_are_stored_as_context_and_never_learned(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        await stand_in.say(scene.general, scene.robot, "beep boop says the machine")
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        (guild,) = await service.context.database.run(guilds.every)

        async def are_stored() -> bool:
            page = await service.context.database.run(messages.page, guild.id, limit=50)
            return sum(one.is_bot for one in page) == 2

        await eventually(are_stored)
        voice = await service.context.voices.voice(guild.id)
    assert voice.messages == len(LINES) + 1
    assert not voice.repeats("beep boop says the machine")


async def test_no_words_or_files_come_out_of_channels_that_people_cannot_see(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side, ann, mod = scene.general, scene.side, scene.ann, scene.mod
    side.for_moderators = True
    stand_in.rest.files["plan.png"] = b"a plan"
    seeds = ("the treasury", "treasury", "the tide", "below")
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        for channel in (general, side):
            await stand_in.command(channel, mod, "listen add", channel=channel)
        for line in LINES:
            await stand_in.say(general, ann, line)
            text = f"{line} and the treasury is below"
            await stand_in.say(side, mod, text, files=["plan.png"])
        await until_stored(service, 2 * len(LINES))
        outside = [
            await stand_in.command(general, ann, "mark", seed=seeds[n % 4], debug=True)
            for n in range(40)
        ]
        inside = await stand_in.command(side, mod, "mark", seed="treasury")
        await stand_in.say(
            general, ann, f"{stand_in.bot.mention} where is the treasury"
        )
        await stand_in.say(general, ann, "!mark debug")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 3)
    said = [part for shown in outside for part in shown.parts]
    said += stand_in.outbox.sent()
    assert not any(part.files for part in said)
    assert not any("is below" in part.text for part in said)
    own = [part.text for shown in outside for part in shown.parts[:1]]
    assert not any("treasury" in text for text in own)
    assert "treasury" in inside.text and inside.parts[0].files == ["plan.png"]


async def test_sources_in_a_channel_that_turned_private_are_shown_to_its_readers_alone(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, side, ann = scene.general, scene.side, scene.ann
    owner = scene.guild.join(User("owner", OWNER_ID))
    async with running.connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await stand_in.command(side, scene.mod, "listen add", channel=side)
        for line in LINES:
            await stand_in.say(side, scene.mod, line)
        await until_stored(service, len(LINES))
        shown = await stand_in.command(general, ann, "mark")
        own = shown.parts[0].message_id
        before = await stand_in.message_command(general, ann, "Why this?", own)
        side.for_moderators = True
        await stand_in.update_channel(side)
        why = await stand_in.message_command(general, ann, "Why this?", own)
        all_of_it = await stand_in.message_command(general, owner, "Why this?", own)
    assert "Source messages" in before.text
    assert "Source messages" not in why.text
    assert "from channels not shown here" in why.text
    assert "Source messages" in all_of_it.text


async def _own_lines(service: Service) -> list[str]:
    (guild,) = await service.context.database.run(guilds.every)
    page = await service.context.database.run(messages.page, guild.id, limit=50)
    return [one.text for one in page if one.is_bot]


async def _answered(
    stand_in: DiscordStandIn, service: Service, scene: Scene
) -> tuple[int, int]:
    """A mention that the bot answered, and the row of the answer."""
    asked = await stand_in.say(
        scene.general, scene.ann, f"{stand_in.bot.mention} what about zebrafish"
    )
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)

    async def is_stored() -> bool:
        return bool(await _own_lines(service))

    await eventually(is_stored)
    found = await service.context.database.run(replies.answer_to, str(asked))
    assert found is not None
    return asked, found.id


@pytest.mark.parametrize("how", ["an edit", "a deletion"])
async def test_an_edit_or_a_deletion_leaves_nothing_in_replies_or_own_lines(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    how: str,
) -> None:
    async with taught(running, stand_in, service, scene):
        asked, reply = await _answered(stand_in, service, scene)
        if how == "an edit":
            await stand_in.edit(scene.general, asked, "nothing about fish")
        else:
            await stand_in.delete(scene.general, asked)

        async def is_blank() -> bool:
            row = await service.context.database.run(replies.get, reply)
            assert row is not None
            return (row.state, row.text, row.turns) == ("forgotten", "", [])

        await eventually(is_blank)

        async def are_gone() -> bool:
            return await _own_lines(service) == []

        await eventually(are_gone)


async def test_a_mention_deleted_while_it_is_answered_is_not_answered_or_kept(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with taught(running, stand_in, service, scene):
        replier, begun, go_on = (
            service.context.replier,
            asyncio.Event(),
            asyncio.Event(),
        )
        make = replier._make

        async def slow_make(*asked):
            made = await make(*asked)
            begun.set()
            await go_on.wait()
            return made

        replier._make = slow_make  # type: ignore[method-assign]
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} what about zebrafish"
        )
        await begun.wait()
        await stand_in.delete(scene.general, asked)
        await until_stored(service, len(LINES))
        go_on.set()

        async def is_over() -> bool:
            row = await service.context.database.run(replies.answer_to, str(asked))
            assert row is not None
            return row.state == "forgotten" and row.turns == [] and row.text == ""

        await eventually(is_over)
        replier._make = make  # type: ignore[method-assign]
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    assert stand_in.outbox.sent()[0].reply_to != asked


@pytest.mark.parametrize("forget_banned", ["on", "off"])
async def test_a_ban_forgets_where_the_owner_wants_it(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    forget_banned: str,
) -> None:
    async with taught(running, stand_in, service, scene):
        (guild,) = await service.context.database.run(guilds.every)
        settings = service.context.settings
        await settings.change("learn.forget_banned", forget_banned, guild.id, 0)
        await stand_in.ban(scene.guild, scene.ann)
        left = len(LINES) // 2 if forget_banned == "on" else len(LINES)
        await stand_in.say(scene.general, scene.ben, "afterwards")
        await until_stored(service, left + 1)


async def test_a_reply_is_known_to_who_reacts_before_its_sending_is_noted(
    monkeypatch: pytest.MonkeyPatch,
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
) -> None:
    """A busy disk takes its time to note what everybody sees already."""
    note = StoredReplies.sent

    async def note_late(self: StoredReplies, reply: int, sent: Sequence[int]) -> None:
        await asyncio.sleep(0.5)
        await note(self, reply, sent)

    monkeypatch.setattr(StoredReplies, "sent", note_late)
    general, ann = scene.general, scene.ann
    async with taught(running, stand_in, service, scene):
        await stand_in.say(general, ann, f"{stand_in.bot.mention} what about the boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        own = stand_in.outbox.sent()[0].message_id
        await stand_in.react(general, ann, own, "👍")
        why = await stand_in.message_command(general, ann, "Why this?", own)
        assert "Source messages" in why.text
        reply = (await reply_of(service, own)).id

        async def is_liked() -> bool:
            return await service.context.database.run(feedback.rating, reply) == 1

        await eventually(is_liked)
