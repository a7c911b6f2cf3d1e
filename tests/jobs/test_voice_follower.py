"""The process that builds a voice beside an import, started for real."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.paths import Home
from app.ipc.control import Progress
from app.ipc.jobs import ImportJob
from app.jobs import import_and_rebuild, voice_follower
from app.jobs.voice_follower import VoiceFollower
from app.store import guilds
from app.store.database import Database
from app.voice.voice import Voice

pytestmark = pytest.mark.process

COUNT = 3000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with Database(home.database, checkpoints=False) as database:
        yield database


@pytest.fixture(autouse=True)
def follower(monkeypatch) -> list[VoiceFollower]:
    """Each follower that was made, the first of which starts early."""
    made: list[VoiceFollower] = []

    class Noted(VoiceFollower):
        def __init__(self, *args) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(voice_follower, "MANY", 1000)
    monkeypatch.setattr(import_and_rebuild, "VoiceFollower", Noted)
    return made


def learn(home: Home, database: Database, tmp_path: Path, tell) -> int:
    file = tmp_path / "chat.jsonl"
    lines = (
        json.dumps({"id": str(one), "author": "ann", "text": f"word{one} again"})
        for one in range(COUNT)
    )
    file.write_text("\n".join(lines), "utf-8")
    guild = database.call(guilds.ensure, "den").id
    job = ImportJob(guild, [str(file)])
    reply = import_and_rebuild.import_and_learn(home, database, job, tell)
    assert reply.built and reply.counts.added == COUNT
    return guild


def test_a_follower_learns_all_that_an_import_stores(
    home, database, tmp_path, follower, monkeypatch
):
    def refuse(*args):
        raise AssertionError("the import built the voice itself")

    monkeypatch.setattr(import_and_rebuild, "rebuild", refuse)
    told: list[Progress] = []
    guild = learn(home, database, tmp_path, told.append)
    assert Voice.open(home.voice(guild)).messages == COUNT
    assert follower[0]._process.returncode == 0
    # One progress after the other, as one job tells them.
    works = [progress.work for progress in told]
    assert works == sorted(works)


def test_an_import_whose_follower_died_builds_the_voice_itself(
    home, database, tmp_path, follower
):
    def tell(progress):
        if follower[0]._process:
            follower[0]._process.kill()

    guild = learn(home, database, tmp_path, tell)
    assert follower[0]._process.returncode
    assert Voice.open(home.voice(guild)).messages == COUNT


def test_a_failed_import_ends_its_follower(home, database, tmp_path, follower):
    def tell(progress):
        if follower[0]._process:
            raise OSError("no room left")

    with pytest.raises(OSError, match="no room"):
        learn(home, database, tmp_path, tell)
    assert follower[0]._process.returncode


def test_a_few_messages_start_no_follower(
    home, database, tmp_path, follower, monkeypatch
):
    monkeypatch.setattr(voice_follower, "MANY", COUNT + 1)
    guild = learn(home, database, tmp_path, lambda progress: None)
    assert follower[0]._process is None
    assert Voice.open(home.voice(guild)).messages == COUNT
