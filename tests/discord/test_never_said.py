"""Words that the bot never says, whoever wrote them and however they are spelled."""

import asyncio
from random import Random

import pytest

from app.core import secrets
from app.core.errors import ConfigError, UsageError
from app.core.never_said import NeverSaid
from app.core.paths import Home
from app.discord.controller import ports_of
from app.discord.ports import MessagePlace
from app.ipc import control
from app.service.service import Service
from app.settings.config_file import save
from app.store import guilds, replies
from app.store.reply import outcomes
from tests.discord.conftest import Running
from tests.discord.real_host import LINES, eventually, listen, taught, until_stored
from tests.discord.scene import Scene
from tests.discord.test_controller import NOBODY, is_online, serving, until_known
from tests.discord.test_secrets import LOOSE
from tests.discord_stand_in.server import TOKEN, DiscordStandIn

WORDS = ["frak", "smeg*"]
FOUL = (
    "what the frak are the boats doing when the tide is out",
    "fr4kking boats are in the harbour when the tide is in",
    "F R A K the tide and the small fish of the cat",
    "smegheads take the small boats out of the harbour",
)


async def test_nothing_that_mark_says_has_one_of_the_words(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    async with running.connected():
        await listen(stand_in, scene)
        (guild,) = await service.context.database.run(guilds.every)
        for name, value in LOOSE.items():
            await service.context.settings.change(name, value, guild.id)
        await stand_in.command(
            scene.general, scene.mod, "config set", key="speak.never_say",
            value=", ".join(WORDS),
        )  # fmt: skip
        for text in (*FOUL * 2, *LINES):
            await stand_in.say(scene.general, scene.ann, text)
        await until_stored(service, 2 * len(FOUL) + len(LINES))
        for number in range(24):
            seed = ("frak", "the tide", "smegheads", "F R A", None, "what the")[
                number % 6
            ]
            seeded = {"seed": seed} if seed else {}
            await stand_in.command(scene.general, scene.ann, "mark", **seeded)
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} frak?")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
    said = [one.text for one in (*stand_in.outbox.answers(), *stand_in.outbox.sent())]
    lines = [text for text in said if "never_say" not in text]
    assert sum("tide" in text or "boats" in text for text in lines) > 12
    assert [text for text in lines if NeverSaid(WORDS).found_in(text)] == []


async def test_the_owner_sends_no_such_word_and_no_such_draft(
    stand_in: DiscordStandIn, service: Service, scene: Scene, home: Home
) -> None:
    secrets.put(home, "bot_token", TOKEN)
    save(home.config_file, "reply.shadow", True)
    run = service.context.database.run
    async with serving(service) as calls:
        await stand_in.wait_for(lambda: is_online(calls))
        await until_known(service)
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hello")

        async def is_there() -> bool:
            return [one.state for one in await run(replies.latest)] == ["draft"]

        await eventually(is_there)
        (draft,) = await run(replies.latest)
        save(home.config_file, "speak.never_say", ["frak", draft.text.split()[0]])
        for text in (None, "well, fr-ak"):
            with pytest.raises(UsageError, match="never says") as refused:
                await calls.decide(NOBODY, control.Decide(draft.id, True, text))
            assert "speak.never_say" in (refused.value.hint or "")
        with pytest.raises(UsageError, match="never says"):
            await calls.send(NOBODY, control.Send("Harbour", "general", "F.R.A.K."))
        assert stand_in.outbox.sent() == []
        await calls.decide(NOBODY, control.Decide(draft.id, True, "fair words"))
    assert [one.text for one in stand_in.outbox.sent()] == ["fair words"]


async def test_a_line_from_before_a_word_was_listed_is_made_again(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    context = service.context
    async with taught(running, stand_in, service, scene):
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} boats")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        await asyncio.sleep(0.1)
        (row,) = await context.database.run(replies.latest)
        await context.database.run(outcomes.set_state, row.id, "made")
        ports = ports_of(context, Random(1))
        assert await ports.replies.may_send(row.id)
        await context.settings.change("speak.never_say", "boat*, tide, cat, the")
        assert not await ports.replies.may_send(row.id)
        emptied = await context.database.run(replies.get, row.id)
    assert emptied is not None and (emptied.state, emptied.text) == ("claimed", "")


async def test_no_such_word_is_quoted_where_a_reply_is_explained(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general, settings = scene.general, service.context.settings
    async with taught(running, stand_in, service, scene):
        shown = await stand_in.command(general, scene.ann, "mark", debug=True)
        own = shown.parts[0].message_id
        why = await stand_in.message_command(general, scene.ann, "Why this?", own)
        assert NeverSaid(["tide", "boats"]).found_in(why.text + shown.text)
        await settings.change("speak.never_say", "tide, boats, harbour, cat")
        why = await stand_in.message_command(general, scene.ann, "Why this?", own)
        (row,) = await service.context.database.run(replies.latest)
        ports = ports_of(service.context, Random(1))
        told = await ports.records.explain(row.id, [general.id])
    assert "It took" in why.text and not why.parts[0].files
    assert "> " not in why.text and "channels not shown" not in why.text
    assert (told.text, told.shares, told.sources) == ("", [], [])


async def test_it_reacts_with_no_emoji_that_is_listed(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    place = MessagePlace(scene.guild.id, "Harbour", scene.general.id, "general")
    draw = running.surroundings.ports.guilds.emoji
    async with running.connected():
        await listen(stand_in, scene)
        for text in ("boats 🍆 <:frak:5>", "🍆", "<:frak:5> tide"):
            await stand_in.say(scene.general, scene.ann, text)
        await until_stored(service, 3)
        assert {await draw(place) for _ in range(30)} == {"🍆", "<:frak:5>"}
        await service.context.settings.change("speak.never_say", "frak")
        assert {await draw(place) for _ in range(10)} == {"🍆"}
        await service.context.settings.change("speak.never_say", "frak, 🍆")
        assert await draw(place) is None


async def test_a_list_that_forbids_everything_leaves_silence(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    every = ", ".join(f"*{letter}*" for letter in "aeiou")
    async with taught(running, stand_in, service, scene):
        await service.context.settings.change("speak.never_say", every)
        shown = await stand_in.command(scene.general, scene.ann, "mark", seed="boats")
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} boats")

        async def is_made() -> bool:
            rows = await service.context.database.run(replies.latest)
            return len(rows) == 2 and all(row.state != "claimed" for row in rows)

        await eventually(is_made)
    assert "nothing to say" in shown.text and stand_in.outbox.sent() == []


async def test_what_cannot_be_found_is_refused_with_a_sentence(
    service: Service,
) -> None:
    with pytest.raises(ConfigError, match="speak.never_say cannot find"):
        await service.context.settings.change("speak.never_say", "fine, ...")


async def test_no_name_that_is_never_said_is_in_a_report(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general = scene.general
    async with taught(running, stand_in, service, scene):
        asked = await stand_in.command(general, scene.mod, "catchup", hours=1)
        week = await stand_in.command(general, scene.mod, "stats")
        assert "Ann" in asked.text and "Ann" in week.text and "Ben" in week.text
        await service.context.settings.change("speak.never_say", "ann")
        asked = await stand_in.command(general, scene.mod, "catchup", hours=1)
        week = await stand_in.command(general, scene.mod, "stats")
        why = await stand_in.command(general, scene.mod, "why")
        said = await stand_in.command(general, scene.mod, "mark", debug=True)
    for told in (asked, week, why, said):
        assert "Ann" not in told.text
    assert "someone" in asked.text and "someone" in week.text and "Ben" in week.text
    assert "someone" in why.text
