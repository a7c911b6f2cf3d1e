"""Snapshots: kept, compared, brought back, taken along, rid of what is forgotten."""

import json
import zipfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.core.errors import UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.service.handlers.snapshots import UNDO
from app.service.service import Service, open_service
from app.settings import effective
from app.store import guilds, messages, settings, snapshots
from tests.asking import ask
from tests.home_files import files_with
from tests.runner import tiny
from tests.service import cards

pytestmark = pytest.mark.process

CALM = ["blorp on the roof", "blorp again", "the roof is calm", "good morning"]
RAID = ["buy cheap things here", "cheap things here now", "buy now"]
PHRASE = "quizzical zanzibar platypus"
PLANTED = (("I saw his", "roof"), ("on my", "again"))


class Town:
    """The guild G of a home whose bot is open."""

    def __init__(self, service: Service, path: Path) -> None:
        self.service = service
        self.run = service.context.database.run
        self._path = path

    async def ask(self, request: Any) -> Any:
        return await ask(self.service, request)

    async def row(self) -> GuildId:
        return (await self.service.context.guild("G")).id

    async def learn(self, name: str, texts: Sequence[str]) -> None:
        rows = [
            {"guild": "G", "channel": "c", "id": f"{name}{n}", "author": "a",
             "ts": "2024-01-01T00:00:00+00:00", "text": text,
             "attachments": [{"id": f"f{n}", "name": "cat.png", "url": "https://x/y"}]}
            for n, text in enumerate(texts)
        ]  # fmt: skip
        file = self._path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        await self.ask(control.Import("G", [str(file)]))

    async def set(self, key: str, value: str) -> None:
        await self.ask(control.ConfigSet(key, value, "G", agreed=True))

    async def value(self, key: str) -> object:
        (found,) = (await self.ask(control.ConfigGet(key, "G"))).settings
        return found.value

    async def knows(self, word: str) -> bool:
        voice = await self.service.context.voices.voice(await self.row())
        try:
            return word in voice.speak(Random(1), seed=word).text
        except LookupError:
            return False


@asynccontextmanager
async def opened(home: Home, path: Path) -> AsyncIterator[Town]:
    async with open_service(home) as service:
        yield Town(service, path)


@pytest.fixture
async def town(home: Home, tmp_path: Path) -> AsyncIterator[Town]:
    """The guild after some calm days."""
    async with opened(home, tmp_path) as town:
        await town.learn("calm", CALM)
        yield town


async def test_rolling_back_gives_voice_and_persona_back_and_can_be_undone(
    town: Town,
) -> None:
    await town.set("reply.persona", "an old roofer")
    taken = await town.ask(control.SnapshotTake("G", "calm"))
    assert taken.messages == len(CALM)
    await town.learn("raid", RAID)
    await town.set("reply.persona", "a loud seller")
    assert await town.knows("cheap")
    done = await town.ask(control.SnapshotRestore("G", "calm"))
    assert done.complete and not await town.knows("cheap")
    assert await town.knows("blorp")
    assert await town.value("reply.persona") == "an old roofer"
    (guild,) = (await town.ask(control.Guilds())).guilds
    assert guild.messages == len(CALM + RAID) and guild.learned == len(CALM)
    assert guild.dropped == {"rolled back": len(RAID)}
    await town.learn("later", ["a parrot came", "the parrot sang"])
    assert await town.knows("parrot") and not await town.knows("cheap")
    await town.ask(control.SnapshotRestore("G", done.undo))
    assert await town.knows("cheap") and not await town.knows("parrot")
    assert await town.value("reply.persona") == "a loud seller"
    kept = (await town.ask(control.Snapshots("G"))).snapshots
    assert [one.name for one in kept] == [UNDO, "calm"]


async def test_what_may_leave_the_machine_is_not_rolled_back(
    town: Town, tmp_path: Path
) -> None:
    await town.set("reply.provider", "openai")
    adapter = tiny.write_adapter(tmp_path / "adapter.gguf")
    model = tiny.write(tmp_path / "tiny.gguf")
    await town.ask(control.ConfigSet("model.name", str(model)))
    await town.set("model.adapter", str(adapter))
    await town.ask(control.SnapshotTake("G", "cloudy"))
    await town.set("reply.provider", "local")
    await town.set("reply.local_only", "true")
    await town.set("model.adapter", "")
    await town.ask(control.SnapshotRestore("G", "cloudy"))
    assert await town.value("model.adapter") == ""
    assert await town.value("reply.provider") == "local"
    assert await town.value("reply.local_only") is True


async def test_no_rollback_makes_the_bot_say_a_word_that_it_never_says(
    town: Town,
) -> None:
    await town.ask(control.SnapshotTake("G", "calm"))
    await town.set("speak.never_say", "blorp")
    await town.ask(control.SnapshotRestore("G", "calm"))
    assert await town.value("speak.never_say") == ["blorp"]


async def test_a_comparison_tells_words_and_settings(town: Town) -> None:
    await town.ask(control.SnapshotTake("G", "calm"))
    await town.learn("raid", [*RAID, "Blorp! Cheap"])
    await town.set("reply.dial", "70")
    since = await town.ask(control.SnapshotCompare("G", "calm"))
    assert since.gained[0] == control.CountedText("cheap", 3)
    assert "blorp" not in str(since).lower() and since.lost == []
    assert since.settings == [control.SettingChange(None, "reply.dial", None, 70)]
    await town.ask(control.SnapshotTake("G", "raided"))
    back = await town.ask(control.SnapshotCompare("G", "raided", "calm"))
    assert back.gained == [] and back.lost == since.gained
    with pytest.raises(UsageError, match="no snapshot"):
        await town.ask(control.SnapshotCompare("G", "calm", "other"))


async def test_what_is_forgotten_is_in_no_snapshot(home: Home, tmp_path: Path) -> None:
    async with opened(home, tmp_path) as town:
        await town.learn(
            "calm",
            [*CALM, *[f"{who} {PHRASE} {what}" for who, what in PLANTED]],
        )
        await town.ask(control.SnapshotTake("G", "before"))
        await town.learn("raid", [*RAID, f"a {PHRASE} again"])
        await town.ask(control.SnapshotRestore("G", "before"))
        assert await town.knows("platypus")
        planted = ["calm4", "calm5", "raid3"]
        done = await town.ask(control.Forget("G", messages=planted))
        assert done.messages == 3 and done.complete
        assert files_with(home.root, *PHRASE.split()) == []
        for name in (UNDO, "before"):
            await town.ask(control.SnapshotRestore("G", name))
            assert not await town.knows("platypus")
        assert files_with(home.root, *PHRASE.split()) == []
        await town.ask(control.Forget("G", everything=True))
        assert (await town.ask(control.Snapshots("G"))).snapshots == []


async def test_a_rollback_cut_short_is_finished_at_the_next_start(
    home: Home, tmp_path: Path
) -> None:
    async with opened(home, tmp_path) as town:
        await town.learn("calm", CALM)
        await town.ask(control.SnapshotTake("G", "calm"))
        await town.learn("raid", RAID)
        run, guild = town.run, await town.row()
        snapshot = await run(snapshots.get, guild, "calm")
        assert snapshot is not None
        kept, put = effective.never_restored(), effective.restored(snapshot.settings)
        await run(snapshots.roll_back, snapshot, kept, put)
    async with opened(home, tmp_path) as town:
        assert await town.knows("blorp") and not await town.knows("cheap")


async def test_an_edit_does_not_bring_back_what_was_rolled_back(town: Town) -> None:
    await town.ask(control.SnapshotTake("G", "calm"))
    await town.learn("raid", RAID)
    await town.ask(control.SnapshotRestore("G", "calm"))
    guild = await town.row()
    (row,) = await town.run(messages.rows_of, guild, ["raid0"])
    await town.service.context.voices.edit(guild, row, "marvelous offers")
    assert not await town.knows("marvelous")


async def test_a_snapshot_moves_to_another_home(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "calm.zip"
    async with opened(home, tmp_path) as town:
        await town.learn("calm", CALM)
        await town.set("reply.persona", "an old roofer")
        await town.set("reply.provider", "openai")
        await town.ask(control.ConfigSet("reply.dial", "70", "G", "c"))
        await town.ask(control.SnapshotTake("G", "calm"))
        await town.learn("raid", RAID)
        file.write_bytes(b"mine")
        with pytest.raises(UsageError, match="already exists"):
            await town.ask(control.SnapshotExport("G", "calm", str(file)))
        assert file.read_bytes() == b"mine"
        done = await town.ask(control.SnapshotExport("G", "calm", str(file), True))
        assert done.messages == len(CALM)
    async with opened(Home(tmp_path / "other").create(), tmp_path) as town:
        done = await town.ask(control.SnapshotImport("G", str(file)))
        assert (done.added, done.name, done.settings) == (4, "calm", 2)
        assert await town.knows("blorp") and not await town.knows("cheap")
        assert await town.value("reply.persona") == "an old roofer"
        assert await town.value("reply.provider") == "local"
        run, guild = town.run, await town.row()
        channel = await run(guilds.find_channel, guild, "c")
        assert channel is not None
        assert await run(settings.of, guild, channel.id) == {"reply.dial": 70}
        rows = await run(messages.rows_of, guild, ["calm0"])
        assert len(await run(messages.attachments_of, rows)) == 1
        await town.learn("raid", RAID)
        await town.ask(control.SnapshotRestore("G", "calm"))
        assert not await town.knows("cheap")


async def test_characters_come_back_and_move_with_a_snapshot(
    home: Home, tmp_path: Path
) -> None:
    file, card = tmp_path / "calm.zip", tmp_path / "marla.png"
    card.write_bytes(cards.picture(("chara", cards.packed(cards.V1))))
    async with opened(home, tmp_path) as town:
        await town.learn("calm", CALM)
        cast, guild = town.service.context.cast, await town.row()
        await town.ask(control.PersonaAdd("G", str(card), "c", 30))
        (marla,) = await cast.of(guild)
        await town.ask(control.SnapshotTake("G", "calm"))
        await town.ask(control.PersonaAdd("G", str(card), dial=90))
        await town.ask(control.SnapshotRestore("G", "calm"))
        assert await cast.of(guild) == [marla]
        assert await cast.picture(guild, "Marla") == cards.picture()
        await town.ask(control.PersonaDismiss("G", "Marla"))
        await town.ask(control.SnapshotRestore("G", "calm"))
        assert await cast.of(guild) == [replace(marla, face="")]
        await town.ask(control.SnapshotExport("G", "calm", str(file)))
    async with opened(Home(tmp_path / "other").create(), tmp_path) as town:
        await town.ask(control.SnapshotImport("G", str(file)))
        (shown,) = (await town.ask(control.PersonaCast("G"))).characters
        assert (shown.name, shown.dial, shown.channels) == ("Marla", 30, ["c"])
        assert shown.about == marla.about


@pytest.mark.parametrize(
    ("facts", "lines", "guild"),
    [
        ({}, b"\x00\x01noise", "New"),
        ({}, b'{"no": 1}\n', "New"),
        ({}, b"", "5"),
        ({"name": {"a": 1}}, b'{"text": "hi"}\n', "New"),
        ({"name": " "}, b'{"text": "hi"}\n', "New"),
        ({"settings": [[7, "reply.dial", 5]]}, b'{"text": "hi"}\n', "New"),
        ({"characters": [["Ida", "x", 130, []]]}, b'{"text": "hi"}\n', "New"),
        ({"characters": [["Ida", "x", 1, []]] * 21}, b'{"text": "hi"}\n', "New"),
    ],
)
async def test_a_snapshot_that_is_refused_leaves_no_server_behind(
    home: Home,
    tmp_path: Path,
    facts: dict[str, object],
    lines: bytes,
    guild: str,
) -> None:
    file = tmp_path / "odd.zip"
    with zipfile.ZipFile(file, "w") as archive:
        told = {"format": 1, "name": "odd", "settings": []} | facts
        archive.writestr("snapshot", json.dumps(told))
        archive.writestr("messages.jsonl", lines)
    async with opened(home, tmp_path) as town:
        before = [one.name for one in await town.run(guilds.every)]
        with pytest.raises(UsageError):
            await town.ask(control.SnapshotImport(guild, str(file)))
        assert [one.name for one in await town.run(guilds.every)] == before


async def test_a_made_up_snapshot_changes_nothing_it_should_not(
    home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "evil.zip"
    wanted = [
        [None, "reply.provider", "openai"],
        [None, "reply.cloud_consent", True],
        [None, "openai.base_url", "https://evil.example"],
        [None, "openai.monthly_budget", 999.0],
        [None, "openai.model", "gpt-dear"],
        [None, "learn.tuning_channels", ["secret"]],
        [None, "learn.patterns", ["."]],
        [None, "reply.local_only", False],
        [None, "speak.channels", ["none"]],
        [None, "reply.dial", "many"],
        [None, "no.such", 1],
        ["nowhere", "reply.dial", 3],
        [None, "reply.dial", 30],
    ]
    with zipfile.ZipFile(file, "w") as archive:
        facts = {"format": 1, "name": "evil", "settings": wanted}
        archive.writestr("snapshot", json.dumps(facts))
        archive.writestr("messages.jsonl", "")
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(broken, "w") as archive:
        archive.writestr("snapshot", "[]")
    async with opened(home, tmp_path) as town:
        done = await town.ask(control.SnapshotImport("G", str(file)))
        assert done.settings == 1
        here = await town.run(settings.of, await town.row())
        assert here == {"reply.dial": 30}
        for path in (broken, tmp_path / "absent.zip", Path(__file__)):
            with pytest.raises(UsageError, match="not a snapshot"):
                await town.ask(control.SnapshotImport("G", str(path)))
