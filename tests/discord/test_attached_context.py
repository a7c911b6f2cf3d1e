"""Text files and names of things that come with a call are read as context alone."""

from typing import Any

import discord
import pytest

from app.core.paths import Home
from app.discord.talk import attached_context
from app.service.service import Service
from app.settings.schema import Config
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import taught
from tests.discord.scene import Scene
from tests.discord_stand_in.payloads import poll_of
from tests.discord_stand_in.server import DiscordStandIn
from tests.home_files import files_with

CALLED = 1

NOTES = "The kraken wakes at noon. " * 300


async def turns_of(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    *files: str,
    **extra: Any,
) -> tuple[tuple[str, str], ...]:
    """The turns before a call with those files."""
    async with start().connected():
        mention = f"{stand_in.bot.mention} read this"
        await stand_in.say(scene.general, scene.ann, mention, files=files, **extra)
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == CALLED)
    (ask,) = host.asked
    assert ask.text == "read this"
    return ask.turns


async def test_a_text_file_is_read_up_to_a_limit(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.files["notes.txt"] = NOTES.encode()
    turns = await turns_of(stand_in, start, host, scene, "notes.txt")
    assert {speaker for speaker, _ in turns} == {"notes.txt"}
    assert "".join(text for _, text in turns) == NOTES[: attached_context.MAX_CHARS]


@pytest.mark.parametrize(
    "name, data, read",
    [
        ("a.md", "\ufeffgrüß".encode(), "grüß"),
        ("a.log", "grüß".encode("utf-16"), "grüß"),
        ("A.PY", "print('grüß')".encode("latin-1"), "print('grüß')"),
        ("fake.txt", b"\x89PNG\r\n\x1a\n" + bytes(200), None),
        ("fake.txt", bytes(range(128, 256)) * 20, None),
        ("large.txt", b"x" * (attached_context.MAX_BYTES + 1), None),
        ("empty.txt", b"", None),
        ("tool.exe", b"MZ plain text", None),
        ("cat.png", b"a cat", None),
    ],
)
async def test_what_is_no_text_is_told_by_its_name(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    name: str,
    data: bytes,
    read: str | None,
) -> None:
    stand_in.rest.files[name] = data
    turns = await turns_of(stand_in, start, host, scene, name)
    assert turns == (((name, read),) if read else (("file", name),))


async def test_a_lost_file_costs_no_reply(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, monkeypatch
) -> None:
    stand_in.rest.files["notes.txt"] = b"hello"

    async def fail(self: object) -> bytes:
        raise TimeoutError

    monkeypatch.setattr("discord.Attachment.read", fail)
    turns = await turns_of(stand_in, start, host, scene, "notes.txt")
    assert turns == (("file", "notes.txt"),)


async def test_stickers_polls_and_links_are_told_by_their_names(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    turns = await turns_of(
        stand_in,
        start,
        host,
        scene,
        sticker_items=[{"id": "5", "name": "Wave", "format_type": 1}],
        poll=poll_of("Tea or coffee?", ["tea", "coffee"]),
        embeds=[{"type": "link", "url": "https://example.org", "title": "A page"}],
    )
    assert turns == (
        ("sticker", "Wave"),
        ("poll", "Tea or coffee? (tea, coffee)"),
        ("link", "A page"),
    )


async def test_another_reply_reads_the_file_again(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[scene.guild.id, 0] = {"speak.user_cooldown_seconds": 0.0}
    stand_in.rest.files["notes.txt"] = b"hello"
    general, ann = scene.general, scene.ann
    async with start().connected():
        mention = f"{stand_in.bot.mention} read this"
        await stand_in.say(general, ann, mention, files=["notes.txt"])
        await stand_in.wait_for(lambda: bool(host.sent_as))
        (sent,) = stand_in.outbox.sent()
        await stand_in.message_command(general, ann, "Again", sent.message_id)
        await stand_in.wait_for(lambda: len(host.asked) == CALLED + 1)
    assert [one.turns for one in host.asked] == [(("notes.txt", "hello"),)] * 2


async def test_a_setting_keeps_all_of_it_away(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"context.attached": False}
    stand_in.rest.files["notes.txt"] = b"hello"
    assert await turns_of(stand_in, start, host, scene, "notes.txt") == ()


async def test_no_word_of_a_file_is_stored(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    monkeypatch,
) -> None:
    read: list[tuple[str, str]] = []

    async def noted(
        message: discord.Message, config: Config, took: attached_context.Took
    ) -> attached_context.Turns:
        turns = await attached_context.attached_turns(message, config, took)
        read.extend(turns)
        return turns

    monkeypatch.setattr("app.discord.responder.attached_turns", noted)
    stand_in.rest.files["notes.txt"] = b"the zirkonite lies under the pier"
    async with taught(running, stand_in, service, scene):
        mention = f"{stand_in.bot.mention} where is it?"
        await stand_in.say(scene.general, scene.ann, mention, files=["notes.txt"])
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == CALLED)
    assert read == [("notes.txt", "the zirkonite lies under the pier")]
    assert files_with(home.root, "zirkonite") == []
