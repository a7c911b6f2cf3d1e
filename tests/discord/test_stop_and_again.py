"""Stopping a reply, and replacing one: buttons and commands, for those who may."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.core.paths import Home
from app.ipc.child import Process, spawn
from app.service.service import Service
from app.settings.config_file import save
from app.store import feedback, forgetting, guilds, messages, replies, stats
from app.store.reply import outcomes
from app.store.reply.reply_sources import SourceMessage
from app.store.rows import StoredReply
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import eventually, listen, taught
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

RUNNER = """
import json, sys, threading, time
print(json.dumps({"method": "ready", "params": {"model": "m", "context": 4096,
    "can_roll_back": True, "prompt_tokens_per_second": 1e4,
    "tokens_per_second": 1e4}}), flush=True)
stopped = threading.Event()
def write(stream):
    number = 0
    while not stopped.is_set():
        number += 1
        piece = {"stream": stream, "text": f" word{number}", "at_ms": 1.0}
        print(json.dumps({"method": "piece", "params": piece}), flush=True)
        time.sleep(0.05)
for line in sys.stdin:
    asked = json.loads(line)
    with open(sys.argv[1], "a") as log:
        log.write(asked["method"] + "\\n")
    if asked["method"] == "generate":
        stopped.clear()
        stream = asked["params"]["stream"]
        threading.Thread(target=write, args=(stream,), daemon=True).start()
    elif asked["method"] == "cancel_generate":
        stopped.set()
"""
"""A model that never ends by itself, and notes what it is asked."""

Asked = Callable[[], str]


@pytest.fixture
async def asked_of_runner(home: Home, service: Service, tmp_path: Path) -> Asked:
    """Answer by the endless model; the result tells what it was asked."""
    log = tmp_path / "asked"
    log.touch()

    async def run(command: Sequence[str]) -> Process:
        return await spawn([sys.executable, "-c", RUNNER, str(log)])

    service.context.local._keeper._spawn = run
    for name, value in (
        ("model.name", "echo"),
        ("reply.mode", "llm"),
        ("reply.llm_seconds", 60.0),
    ):
        save(home.config_file, name, value)
    assert await service.context.local.wait_until_ready(20)
    return log.read_text


def buttons(scene: Scene, message: int) -> list[str]:
    rows = scene.general.messages[message]["components"]
    return [one["label"] for row in rows for one in row["components"]]


async def answer_to(service: Service, asked: int) -> StoredReply | None:
    return await service.context.database.run(replies.answer_to, str(asked))


async def has_state(service: Service, asked: int, state: str) -> None:
    async def is_so() -> bool:
        row = await answer_to(service, asked)
        return row is not None and row.state == state

    await eventually(is_so)


async def test_the_button_stops_the_runner_and_what_is_there_stays(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    asked_of_runner: Asked,
) -> None:
    save(home.config_file, "reply.stream", True)
    async with running.connected():
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} tell me all"
        )
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        own = stand_in.outbox.sent()[0].message_id
        assert buttons(scene, own) == ["Stop"]
        refused = await stand_in.press_on(scene.general, scene.ben, own, "Stop")
        assert refused.ephemeral and "Only the person who asked" in refused.text
        assert "cancel_generate" not in asked_of_runner()
        await stand_in.press_on(scene.general, scene.ann, own, "Stop")
        await stand_in.wait_for(lambda: "cancel_generate" in asked_of_runner())
        await has_state(service, asked, "sent")
    assert asked_of_runner().split().count("generate") == 1
    assert scene.general.messages[own]["content"].startswith("word1 word2")
    assert buttons(scene, own) == ["Again"]
    row = await answer_to(service, asked)
    assert row and row.text == scene.general.messages[own]["content"]
    assert any("somebody stopped it" in note for note in row.notes)


async def test_the_command_stops_a_reply_that_nobody_sees_yet_and_it_stays_unsaid(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    asked_of_runner: Asked,
) -> None:
    general = scene.general
    async with running.connected():
        nothing = await stand_in.command(general, scene.ann, "stop")
        asked = await stand_in.say(
            general, scene.ann, f"{stand_in.bot.mention} tell me all"
        )
        await stand_in.wait_for(lambda: "generate" in asked_of_runner())
        theirs = await stand_in.command(general, scene.ben, "stop")
        elsewhere = await stand_in.command(scene.side, scene.mod, "stop")
        done = await stand_in.command(general, scene.mod, "stop")
        await has_state(service, asked, "stopped")
        why = await stand_in.command(general, scene.ann, "why")
        await stand_in.wait_for(lambda: "cancel_generate" in asked_of_runner())
    assert "not writing" in nothing.text and "not writing" in elsewhere.text
    assert "Only the person who asked" in theirs.text
    assert done.text == "Stopped." and done.ephemeral
    assert "somebody stopped it" in why.text
    async with running.connected():
        await asyncio.sleep(0.2)
    assert stand_in.outbox.sent() == []


async def test_half_a_reply_is_finished_after_a_restart_and_loses_its_stop_button(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    asked_of_runner: Asked,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.discord.responder.CLOSING_SECONDS", 0.0)
    save(home.config_file, "reply.stream", True)
    async with running.connected():
        await listen(stand_in, scene)
        await stand_in.say(scene.general, scene.ben, "the tide is low at noon today")
        asked = await stand_in.say(
            scene.general, scene.ann, f"{stand_in.bot.mention} tell me all"
        )
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
    own = stand_in.outbox.sent()[0].message_id
    assert buttons(scene, own) == ["Stop"]
    save(home.config_file, "reply.mode", "markov")
    async with running.connected():
        await has_state(service, asked, "sent")
    row = await answer_to(service, asked)
    assert row and row.text == scene.general.messages[own]["content"]
    assert "word1" not in row.text and buttons(scene, own) == ["Again"]


async def test_a_stop_button_that_outlived_its_reply_goes_away(
    stand_in: DiscordStandIn, running: Running, scene: Scene
) -> None:
    button = {"type": 2, "style": 2, "label": "Stop", "custom_id": "reply-stop-77"}
    rows = [{"type": 1, "components": [button]}]
    async with running.connected():
        body = await stand_in.rest.keep_message(
            scene.general, {"content": "half of", "components": rows}
        )
        own = int(body["id"])
        pressed = await stand_in.press_on(scene.general, scene.ann, own, "Stop")
        await stand_in.wait_for(lambda: len(pressed.parts) == 2)
    assert buttons(scene, own) == []
    assert pressed.parts[1].ephemeral and "not writing" in pressed.text


async def mention(stand_in: DiscordStandIn, scene: Scene) -> tuple[int, int]:
    """Ann mentions the bot; the ids of her message and of the answer."""
    before = len(stand_in.outbox.sent())
    asked = await stand_in.say(
        scene.general, scene.ann, f"{stand_in.bot.mention} what of the tide"
    )
    await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) > before)
    return asked, stand_in.outbox.sent()[-1].message_id


async def test_again_replaces_the_reply_and_likes_stay_with_what_was_liked(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run, general = service.context.database.run, scene.general
    async with taught(running, stand_in, service, scene):
        asked, own = await mention(stand_in, scene)
        await has_state(service, asked, "sent")
        old = await answer_to(service, asked)
        assert old is not None and buttons(scene, own) == ["Again"]
        await stand_in.react(general, scene.ben, own, "👍")

        async def is_liked() -> bool:
            return await run(feedback.rating, old.id) == 1

        await eventually(is_liked)
        refused = await stand_in.press_on(general, scene.ben, own, "Again")
        await stand_in.wait_for(lambda: bool(refused.parts))
        assert refused.parts[0].ephemeral and "Only the person" in refused.text
        await stand_in.press_on(general, scene.ann, own, "Again")

        async def is_replaced() -> bool:
            row = await run(replies.find_sent, str(own))
            return row is not None and row.id != old.id and row.state == "sent"

        await eventually(is_replaced)
        new = await run(replies.find_sent, str(own))
        assert new is not None and new.text == general.messages[own]["content"]
        assert buttons(scene, own) == ["Again"] and len(stand_in.outbox.sent()) == 1
        # Ben's like is of the old words; taken back, it is gone there as well.
        assert await run(feedback.rating, new.id) == 0
        assert await run(feedback.rating, old.id) == 1 - 1  # Ann wanted another one
        await stand_in.unreact(general, scene.ben, own, "👍")

        async def is_taken_back() -> bool:
            return await run(feedback.rating, old.id) == -1

        await eventually(is_taken_back)

        async def is_reworded() -> bool:
            rows = await run(messages.rows_of, old.guild_id, [str(own)])
            stored = await run(messages.by_rows, rows)
            return [one.text for one in stored] == [new.text]

        await eventually(is_reworded)
        # The week counts both, with what was thought of each.
        seen = await run(stats.received, old.guild_id, [str(general.id)], 0)
        assert sorted(one.rating for one in seen) == [-1, 0]


async def test_forgetting_what_a_replaced_reply_drew_on_leaves_the_new_one(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    run = service.context.database.run
    async with taught(running, stand_in, service, scene) as ids:
        guild = (await run(guilds.every))[0].id
        channel = (await run(guilds.channels, guild))[0].id
    drawn = (await run(messages.rows_of, guild, [str(ids[0])]))[0]
    for trigger in ("1", "2"):
        row = await run(replies.claim, guild, channel, "again", trigger) or 0
        sources = [SourceMessage(drawn)] if trigger == "1" else []
        await run(replies.finish, row, {"text": f"words {trigger}"}, sources)
        if trigger == "2":
            await run(outcomes.note_replaced, row - 1, ["77"])
        await run(outcomes.note_sent, row, ["77"])
    gone = await run(forgetting.blank_replies, guild, [drawn])
    assert gone.sent == ()
    found = await run(replies.find_sent, "77")
    assert found is not None and found.text == "words 2"


async def test_again_keeps_to_the_rates_and_works_after_a_restart(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
) -> None:
    general = scene.general
    async with taught(running, stand_in, service, scene):
        asked, own = await mention(stand_in, scene)
        await has_state(service, asked, "sent")
    save(home.config_file, "speak.user_cooldown_seconds", 60.0)
    async with running.connected():
        first = await stand_in.press_on(general, scene.ann, own, "Again")
        await has_state(service, asked, "replaced")
        again = await stand_in.press_on(general, scene.ann, own, "Again")
        await stand_in.wait_for(lambda: bool(again.parts))
        by_command = await stand_in.command(general, scene.ann, "again")
        by_mod = await stand_in.command(general, scene.mod, "again")
        nowhere = await stand_in.command(scene.side, scene.mod, "again")
    assert not first.parts
    assert again.parts[0].ephemeral and "Please wait" in again.text
    assert "Please wait" in by_command.text
    assert by_mod.ephemeral and str(own) in by_mod.text
    assert "not replied in this channel" in nowhere.text
    edits = [one for one in stand_in.outbox.messages if one.kind == "edit"]
    assert [one.message_id for one in edits] == [own, own]


async def test_the_answer_to_a_command_is_replaced_for_its_user_alone(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> None:
    general = scene.general
    async with taught(running, stand_in, service, scene):
        shown = await stand_in.command(general, scene.ann, "mark")
        own = shown.parts[0].message_id
        assert buttons(scene, own) == ["Again"]

        async def is_noted() -> bool:
            run = service.context.database.run
            return await run(replies.find_sent, str(own)) is not None

        await eventually(is_noted)
        refused = await stand_in.press_on(general, scene.ben, own, "Again")
        await stand_in.wait_for(lambda: bool(refused.parts))
        await stand_in.press_on(general, scene.ann, own, "Again")
        await stand_in.wait_for(
            lambda: any(one.kind == "edit" for one in stand_in.outbox.messages)
        )
    assert "Only the person" in refused.text


async def test_without_the_setting_there_are_no_buttons(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
) -> None:
    save(home.config_file, "reply.buttons", False)
    async with taught(running, stand_in, service, scene):
        _, own = await mention(stand_in, scene)
        assert buttons(scene, own) == []


async def test_a_reply_of_several_messages_is_replaced_for_its_asker(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.answer_parts = ("the tide", "is out")
    host.overrides[scene.guild.id, 0] = {"speak.user_cooldown_seconds": 0.0}
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
        await mention(stand_in, scene)
        await stand_in.wait_for(lambda: any(len(s) == 2 for s in host.sent_as.values()))
        theirs = await stand_in.command(scene.general, scene.ben, "again")
        mine = await stand_in.command(scene.general, scene.ann, "again")
    assert "Only the person" in theirs.text and "another one" in mine.text
    assert host.asked[-1].text == host.asked[0].text == "what of the tide"


async def test_another_version_from_the_menu_of_a_message_can_be_stopped_too(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    asked_of_runner: Asked,
) -> None:
    general = scene.general
    save(home.config_file, "reply.mode", "markov")
    async with taught(running, stand_in, service, scene):
        asked, own = await mention(stand_in, scene)
        await has_state(service, asked, "sent")
        await service.context.settings.change("reply.mode", "llm")
        wished = asyncio.create_task(
            stand_in.message_command(general, scene.ann, "Again", own)
        )
        await stand_in.wait_for(lambda: "generate" in asked_of_runner())
        theirs = await stand_in.command(general, scene.ben, "stop")
        mine = await stand_in.command(general, scene.ann, "stop")
        await stand_in.wait_for(lambda: "cancel_generate" in asked_of_runner())
        await wished
    assert "Only the person who asked" in theirs.text and mine.text == "Stopped."
