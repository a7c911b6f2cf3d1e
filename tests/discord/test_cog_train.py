"""Learning the past through Discord."""

import asyncio
import re
import time
from dataclasses import replace

import pytest

from tests.discord.conftest import Start
from tests.discord.memory_host import MemoryHost
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn, File


async def test_training_reads_all_of_the_history_and_its_threads(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    thread = scene.guild.thread(scene.general, "a thread")
    old = scene.guild.thread(scene.general, "an old thread")
    old.archived = True
    await stand_in.say(old, scene.ben, "in the archived thread")
    for number in range(250):
        await stand_in.say(scene.general, scene.ann, f"line {number}")
    await stand_in.say(thread, scene.ben, "in the thread")
    await stand_in.say(scene.side, scene.ben, "not listened to")
    async with start().connected():
        shown = await stand_in.command(scene.general, scene.mod, "train")
        await stand_in.wait_for(lambda: "Done: read 252" in _final(scene, shown))
    assert "#general" in shown.text
    assert len(host.messages) == 252


def _final(scene: Scene, shown) -> str:
    message = scene.general.messages[shown.parts[0].message_id]
    return str(message["content"])


async def test_training_goes_on_after_a_restart_where_it_was(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    for number in range(350):
        await stand_in.say(scene.general, scene.ann, f"line {number}")
    history = ("GET", f"/channels/{scene.general.id}/messages")
    hear = host.hear

    async def slow_hear(batch, **asked):
        new = await hear(batch, **asked)
        await asyncio.sleep(0.2)
        return new

    host.hear = slow_hear  # type: ignore[method-assign]
    async with start().connected():
        shown = await stand_in.command(scene.general, scene.mod, "train")
        await stand_in.wait_for(lambda: len(host.messages) >= 200)
    read_before = stand_in.rest.requests.count(history)
    host.hear = hear  # type: ignore[method-assign]
    async with start().connected():
        await stand_in.wait_for(lambda: "Done" in _final(scene, shown))
    assert len(host.messages) == 350
    # Catching up takes five requests. Two of the training's four pages were done; one
    # of them may have been read but not noted.
    assert stand_in.rest.requests.count(history) - read_before <= 5 + 3


async def test_training_leaves_out_channels_it_may_not_read_and_says_so(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning |= {scene.general.id: scene.guild.id, scene.side.id: scene.guild.id}
    scene.side.readable = False
    await stand_in.say(scene.general, scene.ann, "a line")
    async with start().connected():
        await stand_in.say(scene.general, scene.mod, "!mark train")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1)
        told = stand_in.outbox.sent()[0].message_id
        await stand_in.wait_for(
            lambda: (
                f"no permission to read <#{scene.side.id}>"
                in scene.general.messages[told]["content"]
            )
        )


async def test_training_asks_again_for_a_thread_after_an_error_of_discord(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.discord.backfill.RETRY_SECONDS", 0.0)
    host.learning[scene.general.id] = scene.guild.id
    old = scene.guild.thread(scene.general, "an old thread")
    old.archived = True
    await stand_in.say(old, scene.ben, "in the archived thread")
    stand_in.rest.faults.add("error", "GET", f"/channels/{old.id}", status=505)
    async with start().connected():
        shown = await stand_in.command(scene.general, scene.mod, "train")
        await stand_in.wait_for(lambda: "Done" in _final(scene, shown))
    assert "no permission" not in _final(scene, shown)
    assert [one.text for one in host.messages.values()] == ["in the archived thread"]
    assert stand_in.rest.faults.pending == 0


async def test_training_without_channels_says_what_to_do(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        shown = await stand_in.command(scene.general, scene.mod, "train")
    assert "/listen add" in shown.text


async def test_training_asks_before_it_forgets_what_is_learned(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        for line in ("one", "two", "three"):
            await stand_in.say(scene.general, scene.ann, line)
        await stand_in.wait_for(lambda: len(host.messages) == 3)
        of_files = next(iter(host.messages.values()))
        host.messages |= {number: replace(of_files, id=number) for number in (1, 2)}
        asked = await stand_in.command(scene.general, scene.mod, "train")
        assert "5 messages" in asked.text and len(host.messages) == 5
        refused = await stand_in.press(asked, scene.ann, "train-clean")
        assert refused.ephemeral and "permission" in refused.text
        kept = await stand_in.press(asked, scene.mod, "train-cancel")
        assert kept.text == "Nothing was changed." and len(host.messages) == 5
        asked = await stand_in.command(scene.general, scene.mod, "train")
        await stand_in.press(asked, scene.mod, "train-keep")
        await stand_in.wait_for(lambda: "Done" in _final(scene, asked))
        assert len(host.messages) == 5
        asked = await stand_in.command(scene.general, scene.mod, "train", clean=True)
        await stand_in.press(asked, scene.mod, "train-clean")
        await stand_in.wait_for(lambda: "Done" in _final(scene, asked))
    # As an answer it can be changed where the bot cannot see the channel, too.
    edits = ("edit", "edit answer")
    texts = [one.text for one in stand_in.outbox.messages if one.kind in edits]
    assert any("Forgotten: 5 messages" in text for text in texts)
    assert sorted(one.text for one in host.messages.values()) == ["one", "three", "two"]


async def test_the_message_form_of_training_asks_too(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "before")
        await stand_in.wait_for(lambda: len(host.messages) == 1)
        await stand_in.say(scene.general, scene.ann, "!mark train")
        await stand_in.say(scene.general, scene.mod, "!mark train")
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 2)
    refused, asked = stand_in.outbox.sent()
    assert "permission" in refused.text
    buttons = asked.payload["components"][0]["components"]
    assert [one["label"] for one in buttons] == [
        "Forget them first",
        "Keep them",
        "Cancel",
    ]


async def test_training_from_a_file_keeps_or_forgets_what_was_there(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.files["old.json"] = b'[{"message": "one"}, {"message": "two"}]'
    async with start().connected():
        await stand_in.command(
            scene.general, scene.mod, "listen add", channel=scene.general
        )
        await stand_in.say(scene.general, scene.ann, "before")
        await stand_in.wait_for(lambda: len(host.messages) == 1)
        file = File("old.json")
        added = await stand_in.command(
            scene.general, scene.mod, "train", json=file, clean=False
        )
        await stand_in.wait_for(lambda: "Read 2 messages" in _final(scene, added))
        assert len(host.messages) == 1
        asked = await stand_in.command(scene.general, scene.mod, "train", json=file)
        await stand_in.press(asked, scene.mod, "train-clean")
        await stand_in.wait_for(lambda: "Read 2 messages" in _final(scene, asked))
    assert "Forgotten: 1 messages" in _final(scene, asked)
    assert host.messages == {}


async def test_training_shows_percent_and_the_time_left(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    for number in range(500):
        await stand_in.say(scene.general, scene.ann, f"{number}")
    now = time.time()

    def clock() -> float:
        # Each look at the clock takes two seconds.
        nonlocal now
        now += 2.0
        return now

    async with start(clock=clock).connected():
        shown = await stand_in.command(scene.general, scene.mod, "train")
        await stand_in.wait_for(lambda: "Done" in _final(scene, shown))
    told = [one.text for one in stand_in.outbox.messages if one.kind == "edit"]
    progress = [text for text in told if text.startswith("Learning: ")]
    assert len(progress) >= 2
    assert re.fullmatch(
        r"Learning: \d+%, \d+ messages read, about [\d.]+ (s|min|h) left\.",
        progress[-1],
    )


async def test_training_that_can_read_nothing_forgets_nothing_and_says_why(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.learning[scene.general.id] = scene.guild.id
    async with start().connected():
        await stand_in.say(scene.general, scene.ann, "one")
        await stand_in.wait_for(lambda: len(host.messages) == 1)
        asked = await stand_in.command(scene.general, scene.mod, "train")
        scene.general.readable = False
        await stand_in.press(asked, scene.mod, "train-clean")
        await stand_in.wait_for(lambda: "may not read any" in _final(scene, asked))
    assert len(host.messages) == 1
