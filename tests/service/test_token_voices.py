"""Token voices: built by real children, told of all changes, rid of the forgotten."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.importers.records import Record
from app.runner import llama, quantisation
from app.service.job_runner import JobRunner
from app.service.voices.token_voices import THROUGH, TokenVoices
from app.service.voices.voice_keeper import VoiceKeeper
from app.store import feedback, guilds, replies, voice_changes
from app.store.database import Database
from app.store.reply.reply_sources import SourceMessage
from app.store.voice_changes import Learnable
from app.voice.tokens import TokenVoice
from tests import mapped_files
from tests.asking import built_in
from tests.runner import tiny

pytestmark = pytest.mark.process


class Runner:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.pid: int | None = 1
        self.learned: list[tuple[Path, str]] = []
        self.forgotten: list[int] = []
        self.weights: dict[int, float] = {}

    async def learn(self, voice: Path, rows: list[Learnable]) -> None:
        self.learned += [(voice, text) for _, text, _ in rows]

    async def forget(self, voice: Path, rows: Sequence[int]) -> None:
        self.forgotten += rows

    async def weigh(self, voice: Path, weights: Mapping[int, float]) -> None:
        self.weights |= weights

    def take(self) -> list[str]:
        """The texts learned since the last time."""
        texts = [text for _, text in self.learned]
        self.learned.clear()
        return texts


class Bench:
    """A home with one guild and a tiny model."""

    def __init__(self, home: Home, database: Database, model: Path | None) -> None:
        self.home, self.database = home, database
        self.runner = Runner()
        jobs = JobRunner(home)
        self.voices = TokenVoices(home, database, jobs, lambda: model)
        self.voices.attach(self.runner)
        self.learning = VoiceKeeper(
            home,
            database,
            built_in,
            jobs,
            on_forgotten=[self.voices.forget],
            on_scrub=self.voices.scrub,
        )
        self.guild = database.call(guilds.ensure, "here").id
        self.said = 0

    async def say(self, *texts: str) -> list[int]:
        first, self.said = self.said, self.said + len(texts)
        records = [
            Record("7", "anna", text, str(id), id, channel="hall", channel_id="9")
            for id, text in enumerate(texts, first + 1)
        ]
        return await self.learning.hear(self.guild, records)


@asynccontextmanager
async def opened(home: Home, model: Path | None) -> AsyncIterator[Bench]:
    with Database(home.database) as database:
        bench = Bench(home, database, model)
        yield bench
        await bench.voices.close()
        await bench.learning.close()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny.write(tmp_path / "tiny.gguf")


async def test_without_a_model_there_is_no_token_voice(home: Home):
    async with opened(home, None) as bench:
        assert await bench.voices.get(bench.guild) is None


async def test_the_first_reply_has_it_built_and_later_ones_use_it(home, model):
    async with opened(home, model) as bench:
        await bench.say("hello there", "good morning all")
        assert await bench.voices.get(bench.guild) is None
        assert await bench.voices.prepare(bench.guild)
        path = await bench.voices.get(bench.guild)
        assert path is not None
        assert TokenVoice.open(path).messages == 2


async def test_the_voice_of_a_model_used_before_is_removed(home, model):
    async with opened(home, model) as bench:
        await bench.say("hello there")
        await bench.voices.prepare(bench.guild)
        first = await bench.voices.get(bench.guild)
    other = tiny.write(model.with_name("other.gguf"), "recurrent")
    async with opened(home, other) as bench:
        assert await bench.voices.prepare(bench.guild)
        second = await bench.voices.get(bench.guild)
    assert first is not None
    assert second is not None
    assert list(first.parent.iterdir()) == [second]


async def test_a_requantised_file_of_the_same_model_keeps_the_voice(home, model):
    async with opened(home, model) as bench:
        await bench.say("hello there")
        await bench.voices.prepare(bench.guild)
        first = await bench.voices.get(bench.guild)
    tuned = model.with_name("tiny.tuned.gguf")
    llama.start()
    quantisation.requantise(model, tuned, "Q8_0", 1)
    assert tuned.stat().st_size < model.stat().st_size
    async with opened(home, tuned) as bench:
        assert await bench.voices.get(bench.guild) == first


async def test_a_damaged_model_has_no_voice_and_the_log_says_why(home, model, caplog):
    model.write_bytes(model.read_bytes()[:5000])
    async with opened(home, model) as bench:
        assert await bench.voices.get(bench.guild) is None
    assert "cut short" in caplog.text


async def test_what_was_said_since_the_build_is_told_before_the_next_reply(home, model):
    async with opened(home, model) as bench:
        await bench.say("old words")
        await bench.voices.prepare(bench.guild)
        assert bench.runner.take() == []
        await bench.say("new words", "newer words")
        await bench.voices.get(bench.guild)
        assert bench.runner.take() == ["new words", "newer words"]
        await bench.voices.get(bench.guild)
        assert bench.runner.take() == []


async def test_a_runner_started_anew_is_told_everything_since_the_build(home, model):
    async with opened(home, model) as bench:
        await bench.say("old words")
        await bench.voices.prepare(bench.guild)
        await bench.say("new words")
        await bench.voices.get(bench.guild)
        bench.runner.pid = 2
        bench.runner.take()
        await bench.voices.get(bench.guild)
        assert bench.runner.take() == ["new words"]


async def test_what_is_forgotten_is_taken_out_at_once_and_not_built_again(home, model):
    async with opened(home, model) as bench:
        (row,) = await bench.say("my secret")
        await bench.say("plain words")
        await bench.voices.prepare(bench.guild)
        await bench.learning.forgetter.forget(bench.guild, [row], wait=False)
        assert bench.runner.forgotten == [row]
        bench.runner.pid = 2
        await bench.voices.get(bench.guild)
        assert bench.runner.forgotten == [row, row]
        done = await bench.learning.forgetter.forget(bench.guild, [], wait=True)
        assert done.complete
        assert await bench.voices.prepare(bench.guild)
        path = await bench.voices.get(bench.guild)
        assert path is not None
        assert TokenVoice.open(path).messages == 1


async def test_a_deletion_leaves_the_voice_in_use_and_nothing_of_it_on_disk(
    home, model
):
    async with opened(home, model) as bench:
        (row,) = await bench.say("my secret")
        await bench.say("plain words", "more words")
        await bench.voices.prepare(bench.guild)
        path = await bench.voices.get(bench.guild)
        assert path is not None
        assert (await bench.learning.forgetter.forget(bench.guild, [row])).complete
        assert await bench.voices.get(bench.guild) == path
        voice = TokenVoice.open(path)
        assert (voice.messages, voice.forget([row])) == (2, 0)
        assert len([*path.glob("*.bin")]) == 1


class MappingRunner(Runner):
    """Has the voice open as the real one: anew whenever it is told of a change."""

    voice: TokenVoice | None = None

    async def forget(self, voice: Path, rows: Sequence[int]) -> None:
        await super().forget(voice, rows)
        self.voice = TokenVoice.open(voice)


@mapped_files.ON_LINUX
async def test_where_mapped_files_stay_nothing_of_a_deletion_is_left_all_the_same(
    home, model, monkeypatch
):
    mapped_files.are_kept(monkeypatch)
    async with opened(home, model) as bench:
        rows = await bench.say("my secret", "plain words", "your secret", "more words")
        await bench.voices.prepare(bench.guild)
        bench.runner = MappingRunner()
        bench.voices.attach(bench.runner)
        path = await bench.voices.get(bench.guild)
        assert path is not None
        bench.runner.voice = TokenVoice.open(path)
        assert (await bench.learning.forgetter.forget(bench.guild, rows[:1])).complete
        assert len([*path.glob("*.bin")]) == 1
        elsewhere = TokenVoice.open(path)
        forgotten = await bench.learning.forgetter.forget(bench.guild, rows[2:3])
        assert not forgotten.complete
        del elsewhere
        assert (await bench.learning.forgetter.forget(bench.guild, rows[3:])).complete
        assert len([*path.glob("*.bin")]) == 1


async def test_an_edit_is_told_at_once_and_to_every_runner_after_it(home, model):
    async with opened(home, model) as bench:
        row, _ = await bench.say("old secret", "plain words")
        await bench.voices.prepare(bench.guild)
        path = await bench.voices.get(bench.guild)
        assert path is not None
        for text in ("new words", "newer words"):
            await bench.learning.edit(bench.guild, row, text)
            assert await bench.voices.get(bench.guild) == path
            assert bench.runner.take() == [text]
        assert set(bench.runner.forgotten) == {row}
        assert (await bench.learning.forgetter.forget(bench.guild, [])).complete
        assert TokenVoice.open(path).messages == 1
        for pid in (1, 2):
            bench.runner.pid = pid
            assert await bench.voices.get(bench.guild) == path
            assert bench.runner.take() == ["newer words"]
    async with opened(home, model) as bench:
        assert await bench.voices.get(GuildId(1)) == path
        assert bench.runner.take() == ["newer words"]


async def test_what_is_deleted_during_a_build_is_in_no_file_of_it(home, model):
    async with opened(home, model) as bench:
        (row,) = await bench.say("my secret")
        await bench.say("plain words")
        assert await bench.voices.get(bench.guild) is None
        directory = home.token_voice(bench.guild, "any").parent
        while not any(directory.glob("*/*")):  # noqa: ASYNC110 - the job tells nobody
            await asyncio.sleep(0.001)
        assert (await bench.learning.forgetter.forget(bench.guild, [row])).complete
        path = await bench.voices.get(bench.guild)
        assert path is not None
        assert TokenVoice.open(path).forget([row]) == 0


async def test_a_rollback_builds_the_voice_anew_without_being_asked(home, model):
    async with opened(home, model) as bench:
        await bench.say("hello there")
        await bench.voices.prepare(bench.guild)
        path = await bench.voices.get(bench.guild)
        assert path is not None
        await bench.voices.scrub(bench.guild, [voice_changes.ALL])
        assert not path.exists()
        while not (path / THROUGH).exists():  # noqa: ASYNC110 - the job tells nobody
            await asyncio.sleep(0.01)
        assert await bench.voices.get(bench.guild) == path


async def test_a_damaged_voice_is_built_anew(home, model):
    async with opened(home, model) as bench:
        await bench.say("hello there", "good morning all")
        assert await bench.voices.prepare(bench.guild)
        path = await bench.voices.get(bench.guild)
        assert path is not None
    (file,) = path.glob("*.bin")
    file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:])
    async with opened(home, model) as bench:
        assert await bench.voices.get(bench.guild) is None
        assert await bench.voices.prepare(bench.guild)
        assert TokenVoice.open(path).messages == 2


async def test_a_new_runner_is_told_which_messages_are_disliked(
    home: Home, model: Path
) -> None:
    async with opened(home, model) as bench:
        (row, *_) = await bench.say("the sea was calm", "nobody knows")
        assert await bench.voices.prepare(bench.guild)
        assert not bench.runner.weights
        run = bench.database.run
        fields = {"reason": "say", "state": "made"}
        drawn = [SourceMessage(row, 2, "the sea")]
        reply = await run(replies.add, bench.guild, fields, drawn)
        assert reply is not None
        await run(feedback.rate, reply, "ann", -1, "thumb")
        bench.runner.pid = 2
        await bench.voices.get(bench.guild)
        assert bench.runner.weights[row] < 1
