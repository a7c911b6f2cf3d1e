"""Pictures that come with a call: what is read, by whom, and what is said without."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from app.core.errors import AppError
from app.core.paths import Home
from app.discord.talk import attached_pictures
from app.providers.markov import UNSEEN
from app.replies.viewer import NOBODY
from app.service.service import Service
from app.settings.config_file import save
from app.store.rows import StoredReply
from tests.discord.conftest import Running, Start
from tests.discord.memory_host import MemoryHost
from tests.discord.real_host import reply_of, taught
from tests.discord.scene import Scene
from tests.discord.test_direct_messages import until_said
from tests.discord_stand_in.server import DiscordStandIn
from tests.home_files import files_with
from tests.runner import tiny


def picture(form: str = "PNG") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (90, 60), (200, 30, 40)).save(data, form)
    return data.getvalue()


@pytest.fixture(autouse=True)
def stand_in_is_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in's files lie on this computer, and not under Discord's names."""
    monkeypatch.setattr(attached_pictures, "_is_on_discord", lambda url: True)


async def read_of(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    *files: str,
) -> list[bytes | str]:
    """What is read of a call with those files, or why it is not."""
    async with start().connected():
        mention = f"{stand_in.bot.mention} look"
        await stand_in.say(scene.general, scene.ann, mention, files=files)
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
        (ask,) = host.asked
        found: list[bytes | str] = []
        for read in ask.pictures:
            try:
                found.append(await read())
            except AppError as error:
                found.append(error.message)
        return found


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.webp"])
async def test_a_picture_is_read_whole(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, name: str
) -> None:
    kinds = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP"}
    data = stand_in.rest.files[name] = picture(kinds[name[2:]])
    assert await read_of(stand_in, start, host, scene, name) == [data]


@pytest.mark.parametrize(
    "name, data, said",
    [
        ("fake.png", b"MZ not a picture", "says it is"),
        ("fake.jpg", picture("PNG"), "says it is"),
        ("empty.png", b"", "says it is"),
        ("big.png", b"x" * (attached_pictures.MAX_BYTES + 1), "too large"),
    ],
)
async def test_what_is_no_picture_or_too_large_is_not_taken(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    name: str,
    data: bytes,
    said: str,
) -> None:
    stand_in.rest.files[name] = data
    (reason,) = await read_of(stand_in, start, host, scene, name)
    assert isinstance(reason, str) and said in reason


async def test_a_file_that_is_larger_than_it_says_is_cut_off_while_it_is_read(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, monkeypatch
) -> None:
    stand_in.rest.files["a.png"] = data = picture()
    taken: list[bytes] = []

    async def endless(self: object, size: int) -> AsyncIterator[bytes]:
        while True:
            taken.append(data)
            yield data + bytes(size)

    monkeypatch.setattr("discord.Attachment.read_chunked", endless)
    (reason,) = await read_of(stand_in, start, host, scene, "a.png")
    assert isinstance(reason, str) and "too large" in reason
    assert len(taken) <= attached_pictures.MAX_BYTES // attached_pictures.CHUNK + 1


@pytest.mark.parametrize(
    "name", ["notes.txt", "film.mp4", "drawing.svg", "scan.tiff", "SPOILER_a.png"]
)
async def test_other_files_and_hidden_pictures_are_not_read(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene, name: str
) -> None:
    stand_in.rest.files[name] = picture()
    assert await read_of(stand_in, start, host, scene, name) == []


async def test_only_the_first_pictures_are_read(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    names = [f"{n}.png" for n in range(5)]
    stand_in.rest.files |= {name: picture() for name in names}
    found = await read_of(stand_in, start, host, scene, *names)
    assert len(found) == attached_pictures.MOST_PICTURES


async def test_a_setting_keeps_pictures_away(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    host.overrides[(scene.guild.id, 0)] = {"context.pictures": "off"}
    stand_in.rest.files["a.png"] = picture()
    assert await read_of(stand_in, start, host, scene, "a.png") == []


@pytest.mark.parametrize("has_opted_out", [False, True])
async def test_a_picture_that_a_call_answers_is_read_if_its_author_allows_it(
    stand_in: DiscordStandIn,
    start: Start,
    host: MemoryHost,
    scene: Scene,
    has_opted_out: bool,
) -> None:
    stand_in.rest.files["a.png"] = picture()
    if has_opted_out:
        host.opted_out_of.add((scene.guild.id, scene.ben.id))
    general = scene.general
    async with start().connected():
        shown = await stand_in.say(general, scene.ben, "look", files=["a.png"])
        mention = f"{stand_in.bot.mention} what is it?"
        await stand_in.say(general, scene.ann, mention, reply_to=shown)
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
    (ask,) = host.asked
    assert len(ask.pictures) == (0 if has_opted_out else 1)


async def test_a_picture_alone_in_a_direct_talk_is_answered(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    stand_in.rest.files["a.png"] = picture()
    room = stand_in.direct_channel(scene.mod)
    async with start(direct_messages=True, owners=[str(scene.mod.id)]).connected():
        await stand_in.say(room, scene.mod, "", files=["a.png"])
        await until_said(stand_in, room, 1)
        (ask,) = host.direct
        assert [await read() for read in ask.pictures] == [picture()]


async def test_another_file_alone_in_a_direct_talk_is_not(
    stand_in: DiscordStandIn, start: Start, host: MemoryHost, scene: Scene
) -> None:
    room = stand_in.direct_channel(scene.mod)
    async with start(direct_messages=True, owners=[str(scene.mod.id)]).connected():
        await stand_in.say(room, scene.mod, "", files=["b.zip"])
        await stand_in.say(scene.general, scene.ann, f"{stand_in.bot.mention} hi")
        await stand_in.wait_for(lambda: bool(stand_in.outbox.sent()))
    assert host.direct == []


@asynccontextmanager
async def called_with_a_picture(
    stand_in: DiscordStandIn, running: Running, service: Service, scene: Scene
) -> AsyncIterator[tuple[StoredReply, str]]:
    """The stored reply to a call with a picture, and what was sent."""
    stand_in.rest.files["a.png"] = picture()
    async with taught(running, stand_in, service, scene):
        mention = f"{stand_in.bot.mention} what about the boats"
        await stand_in.say(scene.general, scene.ann, mention, files=["a.png"])
        await stand_in.wait_for(lambda: len(stand_in.outbox.sent()) == 1, seconds=30)
        (sent,) = stand_in.outbox.sent()
        row = await reply_of(service, sent.message_id)
        yield row, row.text


def model_of(home: Home, tmp_path: Path, *, has_eyes: bool) -> None:
    path = tiny.write(tmp_path / "mine.gguf")
    if has_eyes:
        tiny.write_projector(tmp_path / "mine.mmproj.gguf")
    save(home.config_file, "model.name", str(path))
    save(home.config_file, "model.context", 6144)
    save(home.config_file, "model.threads", 1)
    save(home.config_file, "reply.mode", "llm")


@pytest.mark.process
@pytest.mark.llama
async def test_a_model_with_eyes_looks_at_it_from_discord_to_the_answer(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    tmp_path: Path,
) -> None:
    model_of(home, tmp_path, has_eyes=True)
    assert await service.context.local.wait_until_ready(30)
    assert service.context.local.picture_ms > 0
    called = called_with_a_picture(stand_in, running, service, scene)
    async with called as (row, text):
        assert text not in UNSEEN
        tried = [rung.outcome for rung in row.rungs if rung.provider == "local"]
        # Random weights may write nothing that may be said, but they saw it.
        assert tried[0] in ("answered", "rejected"), row.rungs
        assert row.timings["pictures"] > 0
        if row.provider == "local":
            assert "it looked at 1 picture" in row.notes
    assert files_with(home.root, "JFIF") == files_with(home.root, "IHDR") == []


async def test_without_eyes_it_says_a_human_line_and_asks_no_model(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
    tmp_path: Path,
) -> None:
    model_of(home, tmp_path, has_eyes=False)
    called = called_with_a_picture(stand_in, running, service, scene)
    async with called as (row, text):
        assert text in UNSEEN
        assert NOBODY in row.notes
        assert [rung.outcome for rung in row.rungs] == ["skipped", "answered"]


async def test_the_chain_speaks_as_ever_where_it_writes_alone(
    stand_in: DiscordStandIn,
    running: Running,
    service: Service,
    scene: Scene,
    home: Home,
) -> None:
    save(home.config_file, "reply.mode", "markov")
    called = called_with_a_picture(stand_in, running, service, scene)
    async with called as (row, text):
        assert text not in UNSEEN
        assert row.provider == "markov"


@pytest.mark.parametrize(
    "url, is_read",
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&hm=2", True),
        ("https://media.discordapp.net/attachments/1/2/a.png", True),
        ("http://cdn.discordapp.com/attachments/1/2/a.png", False),
        ("https://cdn.discordapp.com.example.org/a.png", False),
        ("https://cdn.discordapp.com@example.org/a.png", False),
        ("https://user@cdn.discordapp.com/a.png", False),
        ("https://cdn.discordapp.com:8443/a.png", False),
        ("https://example.org/cdn.discordapp.com/a.png", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://[::1]/a.png", False),
        ("https://2130706433/a.png", False),
        ("file:///etc/passwd", False),
        ("https://cdn.discordapp.com\\@example.org/a.png", False),
        ("", False),
        ("https://[", False),
    ],
)
def test_only_discords_own_hosts_are_asked(url: str, is_read: bool) -> None:
    assert IS_ON_DISCORD(url) is is_read


IS_ON_DISCORD = attached_pictures._is_on_discord
"""As it is before a test replaces it."""
