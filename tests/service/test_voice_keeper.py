"""Voices in step with the database, with real child processes."""

import asyncio
import json
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from random import Random

import psutil
import pytest

from app.core.errors import AppError, UsageError
from app.core.files import UNFINISHED
from app.core.names import GuildId
from app.core.paths import Home
from app.importers.filters import Filters
from app.importers.records import File, Record
from app.importers.sources import DiskFile, fingerprint
from app.ipc.control import ImportedFile, Progress
from app.service.job_runner import JobRunner
from app.service.voices import opened_voices
from app.service.voices.voice_keeper import VoiceKeeper
from app.settings.schema import Config
from app.settings.setting_keys import with_stored
from app.store import (
    embeddings,
    forgetting,
    guilds,
    imports,
    members,
    messages,
    replies,
    settings,
    voice_changes,
)
from app.store.database import Database
from app.store.reply.reply_sources import SourceMessage
from app.voice.voice import Voice
from tests.home_files import files_with
from tests.mapped_files import ON_LINUX

pytestmark = pytest.mark.process

PHRASE = "quizzical zanzibar platypus"


@asynccontextmanager
async def opened(home: Home) -> AsyncIterator["Bench"]:
    with Database(home.database) as database:
        bench = Bench(home, database)
        await bench.learning.start()
        yield bench
        await bench.learning.close()


class Bench:
    """A home with one guild, as the bot has it open."""

    def __init__(self, home: Home, database: Database) -> None:
        self.home = home
        self.database = database
        self.progress: list[Progress] = []
        self.forgotten: list[int] = []
        self.jobs = JobRunner(home)
        self.learning = VoiceKeeper(
            home,
            database,
            self._settings,
            self.jobs,
            on_progress=self.progress.append,
            on_forgotten=[self._note],
            scrub_seconds=0.0,
        )
        self.guild = database.call(guilds.ensure, "Elsinore").id

    async def _settings(self, guild: GuildId) -> Config:
        return with_stored(Config(), await self.database.run(settings.of, guild))

    async def _note(self, guild: GuildId, rows: Sequence[int]) -> None:
        self.forgotten += rows

    async def hear(self, text: str, id: str = "1", author: str = "7") -> int | None:
        record = Record(
            author, f"yorick{author}", text, id, 5, channel="hall", channel_id="9"
        )
        rows = await self.learning.hear(self.guild, [record])
        return rows[0] if rows else None

    async def knows(self, word: str) -> bool:
        voice = await self.learning.voice(self.guild)
        try:
            line = voice.speak(Random(1), seed=word)
        except LookupError:
            return False
        return word in line.text

    async def settled(self) -> None:
        """Wait for what goes on in the background."""
        while self.learning._voices._tasks:
            await asyncio.gather(*self.learning._voices._tasks)


def lines(home: Home, count: int, start: int = 0) -> Path:
    path = home.root.parent / f"lines-{start}-{count}.jsonl"
    words = "the king queen ghost sword night is was here there gone".split()
    rng = Random(start)
    with path.open("w") as file:
        for number in range(start, start + count):
            text = f"w{number} " + " ".join(rng.choices(words, k=6))
            row = {"guild": "g", "channel": "c", "id": f"m{number}", "author": "a"}
            row |= {"ts": "2024-01-01T00:00:00+00:00", "text": text}
            file.write(json.dumps(row) + "\n")
    return path


async def test_a_message_can_be_spoken_as_soon_as_it_is_stored(home: Home) -> None:
    async with opened(home) as bench:
        row = await bench.hear("something is rotten in denmark")
        assert row is not None
        assert await bench.knows("rotten")
        assert await bench.hear("something is rotten in denmark") is None


async def test_what_was_heard_before_a_restart_is_spoken_after_it(home: Home) -> None:
    async with opened(home) as bench:
        await bench.hear("something is rotten in denmark")
    async with opened(home) as bench:
        assert await bench.knows("rotten")


async def test_filters_and_opt_outs_hold_for_what_is_heard(home: Home) -> None:
    async with opened(home) as bench:
        run, guild = bench.database.run, bench.guild
        await run(settings.put, guild, "learn.words", ["poison"])
        assert await bench.hear("the poison cup", "1") is not None
        assert not await bench.knows("cup")
        author = bench.learning._authors.author("9")
        await run(members.set_opted_out, guild, author, True)
        assert await bench.hear("my very own words", "2", author="9") is None
        assert await run(guilds.counts, guild) == guilds.GuildCounts(
            guild, "Elsinore", 1, 0, 1, 1, 0, {"word": 1}
        )


async def test_files_and_mentions_of_what_is_heard_are_stored(home: Home) -> None:
    record = Record(
        "7", "Ann", "look <@5>", "1", 5, channel="hall", channel_id="9",
        files=(File("3", "skull.png", "https://c.example/3"),), mentions={"5": "Bo"},
    )  # fmt: skip
    async with opened(home) as bench:
        (row,) = await bench.learning.hear(bench.guild, [record])
        stored = await bench.database.run(messages.get, row)
        assert stored is not None and stored.text == "look @Bo"
        (file,) = await bench.database.run(messages.attachments_of, [row])
        assert file.name == "skull.png"


async def test_an_edit_replaces_what_is_spoken(home: Home) -> None:
    async with opened(home) as bench:
        row = await bench.hear("something is rotten in denmark")
        assert row is not None
        await bench.learning.rebuild(bench.guild)
        await bench.learning.edit(bench.guild, row, "something is splendid here")
        assert await bench.knows("splendid") and not await bench.knows("rotten")
        await bench.settled()
        assert files_with(home.root, "rotten") == []
        await bench.learning.edit(bench.guild, row, "!command")
        assert not await bench.knows("splendid")


async def test_an_edits_filters_run_beside_the_event_loop(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    real = Filters.reason

    def reason(self: Filters, text: str) -> str | None:
        threads.append(threading.current_thread())
        return real(self, text)

    async with opened(home) as bench:
        row = await bench.hear("something is rotten here")
        assert row is not None
        monkeypatch.setattr(Filters, "reason", reason)
        await bench.learning.edit(bench.guild, row, "something is splendid here")
    assert threads
    assert threading.main_thread() not in threads


async def test_an_edit_survives_a_restart_before_the_files_follow(home: Home) -> None:
    async with opened(home) as bench:
        row = await bench.hear("something is rotten in denmark")
        assert row is not None
        await bench.learning.rebuild(bench.guild)
        await bench.database.run(messages.edit, row, "something is splendid here")
    async with opened(home) as bench:
        assert await bench.knows("splendid") and not await bench.knows("rotten")


async def test_an_import_is_spoken_from_and_a_second_adds_nothing(home: Home) -> None:
    path = lines(home, 800)
    async with opened(home) as bench:
        await bench.hear("something is rotten in denmark")
        counts = await bench.learning.import_files(bench.guild, [path])
        assert (counts.read, counts.added) == (800, 800)
        voice = await bench.learning.voice(bench.guild)
        assert voice.messages == 801
        assert voice.tail_messages == 0, "a large import is built into the files"
        assert "import" in {step.work for step in bench.progress}
        again = await bench.learning.import_files(bench.guild, [path])
        assert (again.added, again.duplicates) == (0, 800)
        few = lines(home, 20, start=5000)
        await bench.learning.import_files(bench.guild, [few])
        assert voice.messages == 821
        assert voice.tail_messages == 20, "a small one joins what runs"


async def test_what_is_heard_during_an_import_is_not_lost(home: Home) -> None:
    path = lines(home, 3000)
    async with opened(home) as bench:
        work = asyncio.create_task(bench.learning.import_files(bench.guild, [path]))
        heard: list[int] = []
        while not work.done():
            row = await bench.hear("alive and kicking", f"live{len(heard)}")
            heard += [row] if row else []
            await asyncio.sleep(0.01)
        await work
        voice = await bench.learning.voice(bench.guild)
        assert len(heard) > 5 and voice.messages == 3000 + len(heard)
        assert voice.forget(heard) == len(heard)


async def test_a_broken_path_is_told_and_the_voice_goes_on(home: Home) -> None:
    async with opened(home) as bench:
        await bench.hear("something is rotten in denmark")
        with pytest.raises(UsageError, match="does not exist"):
            await bench.learning.import_files(bench.guild, [home.root / "nothing"])
        assert await bench.knows("rotten")


async def test_an_import_waits_while_it_is_paused_and_then_goes_on(home: Home) -> None:
    async with opened(home) as bench:
        heard, file = bench.progress, lines(home, 20_000)
        work = asyncio.create_task(bench.learning.import_files(bench.guild, [file]))
        await _first(heard, work)
        assert await bench.jobs.steer(heard[0].job, "pause")
        assert heard[-1].paused
        await asyncio.sleep(0.6)  # One more report may have been under way.
        count = len(heard)
        await asyncio.sleep(0.6)
        assert len(heard) == count and not work.done()
        assert await bench.jobs.steer(heard[0].job, "resume")
        assert (await work).added == 20_000
        assert heard[-1].finished and not heard[-1].paused
        assert not await bench.jobs.steer(heard[0].job, "pause")


async def test_an_import_that_is_stopped_keeps_what_it_read_and_goes_on_later(
    home: Home,
) -> None:
    async with opened(home) as bench:
        heard, file = bench.progress, lines(home, 20_000)
        work = asyncio.create_task(bench.learning.import_files(bench.guild, [file]))
        await _first(heard, work)
        assert await bench.jobs.steer(heard[0].job, "stop")
        with pytest.raises(AppError, match="stopped"):
            await work
        assert heard[-1].stopped and not heard[-1].error
        counts = await bench.learning.import_files(bench.guild, [file])
        assert counts.duplicates + counts.added == 20_000
        kind = "messages (JSON Lines)"
        assert counts.files == [ImportedFile(file.name, 20_000, counts.added, kind)]
        await bench.settled()
        assert await bench.knows("w1")


async def _first(heard: list[Progress], work: "asyncio.Task[object]") -> None:
    """Wait for the first report of a job."""
    while not heard:
        assert not work.done()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("by", ["message", "author", "channel", "everything"])
async def test_nothing_forgotten_is_left_in_the_home(home: Home, by: str) -> None:
    async with opened(home) as bench:
        run, guild, learning = bench.database.run, bench.guild, bench.learning
        await learning.import_files(guild, [lines(home, 700)])
        row = await bench.hear(f"I saw a {PHRASE} today", "x1", author="66")
        assert row is not None
        await learning.rebuild(guild)
        reply = await run(replies.claim, guild, None, "mention", "x1")
        assert reply is not None
        fields = {"text": PHRASE, "state": "sent", "turns": [["a", PHRASE, row]]}
        await run(replies.finish, reply, fields, [SourceMessage(row, 3, PHRASE)])
        await run(embeddings.add_many, guild, "mini", [(row, PHRASE.encode())])
        assert files_with(home.root, *PHRASE.split()) != []

        if by == "message":
            done = await learning.forgetter.forget(guild, [row])
        elif by == "author":
            done = await learning.forgetter.forget_author(guild, "66")
        elif by == "channel":
            channel = await run(guilds.find_channel, guild, "9")
            assert channel is not None
            done = await learning.forgetter.forget_channel(guild, channel.id)
        else:
            done = await learning.forgetter.forget_everything(guild)

        assert done.complete
        assert (done.embeddings, done.replies) == (1, 1)
        assert files_with(home.root, *PHRASE.split()) == []
        assert not await bench.knows("zanzibar")
        assert row in bench.forgotten
        left = await run(messages.count, guild)
        assert left == (0 if by == "everything" else 700)
        assert await run(replies.claim, guild, None, "mention", "x1") is None
        if by in ("author", "everything"):
            assert files_with(home.root, "yorick66") == []


async def test_a_stopped_import_starts_over_after_everything_was_forgotten(
    home: Home,
) -> None:
    async with opened(home) as bench:
        path, run = lines(home, 700), bench.database.run
        file = fingerprint(DiskFile(path), "")
        await bench.learning.import_files(bench.guild, [path])
        # Stopped near its end.
        await run(imports.add_batch, bench.guild, file, 650, [], [], [])
        await bench.learning.forgetter.forget_everything(bench.guild)
        counts = await bench.learning.import_files(bench.guild, [path])
        assert (counts.added, counts.duplicates) == (700, 0)
        assert await run(messages.count, bench.guild) == 700


async def test_a_deletion_is_spoken_of_no_more_and_the_files_follow(home: Home) -> None:
    async with opened(home) as bench:
        row = await bench.hear(PHRASE)
        assert row is not None
        await bench.learning.rebuild(bench.guild)
        done = await bench.learning.forgetter.forget(bench.guild, [row], wait=False)
        assert done.messages == 1 and not done.complete
        assert not await bench.knows("zanzibar")
        await bench.settled()
        assert files_with(home.root, *PHRASE.split()) == []


async def test_a_deletion_that_was_cut_short_is_finished_at_the_next_start(
    home: Home,
) -> None:
    async with opened(home) as bench:
        row = await bench.hear(PHRASE)
        assert row is not None
        await bench.learning.rebuild(bench.guild)
        await bench.database.run(forgetting.delete, bench.guild, [row])
    async with opened(home) as bench:
        assert not await bench.knows("zanzibar")
        await bench.settled()
        assert await bench.database.run(voice_changes.changes, bench.guild) == []
        assert files_with(home.root, *PHRASE.split()) == []


async def test_copies_from_before_an_update_go_with_what_is_forgotten(
    home: Home,
) -> None:
    async with opened(home) as bench:
        row = await bench.hear(PHRASE)
        assert row is not None
        home.backups.mkdir()
        copy, own = home.backups / "before-version-7.db", home.backups / "mine.zip"
        for path in (copy, own):
            path.write_text(PHRASE)
        assert (await bench.learning.forgetter.forget(bench.guild, [row])).complete
        assert not copy.exists()
        assert own.exists(), "the owner's own files stay as they are"


@pytest.mark.parametrize("wait", [True, False])
async def test_forgetting_that_failed_is_tried_until_no_byte_is_left(
    home: Home, monkeypatch: pytest.MonkeyPatch, wait: bool
) -> None:
    """A full disk, and then a log that another program reads."""
    monkeypatch.setattr(opened_voices, "RETRY_SECONDS", 0.01)
    async with opened(home) as bench:
        row = await bench.hear(PHRASE)
        assert row is not None
        await bench.learning.rebuild(bench.guild)
        files = bench.learning._voices._files
        scrub, left = files.scrub, [False, OSError("no space"), AppError("no space")]

        async def failing(voice: Voice, guild: GuildId) -> bool:
            if not left:
                return await scrub(voice, guild)
            if isinstance(trouble := left.pop(), Exception):
                raise trouble
            return False

        monkeypatch.setattr(files, "scrub", failing)
        with pytest.raises(AppError) if wait else nullcontext():
            await bench.learning.forgetter.forget(bench.guild, [row], wait=wait)
        await bench.settled()
        assert left == []
        assert await bench.database.run(voice_changes.changes, bench.guild) == []
        assert files_with(home.root, *PHRASE.split()) == []


Damage = Callable[[Path], object]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-9]), id="cut"),
        pytest.param(lambda path: path.unlink(), id="lost"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(
            lambda path: path.write_bytes(
                (data := path.read_bytes())[:-100]
                + bytes([data[-100] ^ 4])
                + data[-99:]
            ),
            id="one bit",
        ),
    ],
)
@pytest.mark.parametrize("which", ["*.bin", "*.json"])
async def test_damaged_voice_files_are_noticed_and_built_anew(
    home: Home, damage: Damage, which: str
) -> None:
    async with opened(home) as bench:
        await bench.learning.import_files(bench.guild, [lines(home, 600)])
        guild = bench.guild
    (path,) = home.voice(guild).glob(which)
    damage(path)
    async with opened(home) as bench:
        assert await bench.knows("w599"), "speaks from the newest messages meanwhile"
        await bench.settled()
        voice = await bench.learning.voice(guild)
        assert (voice.messages, voice.tail_messages) == (600, 0)
        voice.verify()


@ON_LINUX
async def test_a_voice_that_was_used_is_not_open_once_its_keeper_closed(
    home: Home,
) -> None:
    async with opened(home) as bench:
        await bench.learning.import_files(bench.guild, [lines(home, 600)])
        await bench.learning.voice(bench.guild)
    mapped = [one.path for one in psutil.Process().memory_maps()]
    assert not [path for path in mapped if path.startswith(str(home.voice(GuildId(1))))]


async def test_leftovers_of_killed_builds_are_swept_up(home: Home) -> None:
    async with opened(home) as bench:
        await bench.learning.import_files(bench.guild, [lines(home, 600)])
        guild = bench.guild
    for name in ("voice-9.tmp", f".voice-9.bin.00ff00ff{UNFINISHED}"):
        (home.voice(guild) / name).write_text(PHRASE)
    stray = home.guild(777) / "voice"
    stray.mkdir(parents=True)
    (stray / "voice-1.bin").write_text(PHRASE)
    async with opened(home):
        assert files_with(home.root, *PHRASE.split()) == []


async def test_the_log_of_the_database_is_emptied_by_forgetting(home: Home) -> None:
    async with opened(home) as bench:
        row = await bench.hear(PHRASE)
        assert row is not None
        reader = sqlite3.connect(home.database)
        reader.execute("BEGIN").execute("SELECT * FROM message").fetchone()
        work = asyncio.create_task(bench.learning.forgetter.forget(bench.guild, [row]))
        await asyncio.sleep(0.5)
        reader.close()
        assert (await work).complete
        assert files_with(home.root, *PHRASE.split()) == []
