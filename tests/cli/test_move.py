"""`mynah move`: to PostgreSQL and back, and a home whose database is there."""

import io
import json
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from app.cli import main
from app.core import secrets
from app.core.paths import Home
from app.service.home_lock import hold
from app.settings import config_file
from app.store import guilds
from app.store.database import Database, bound
from app.store.engines.address import StoreAddress, place_of
from tests.home_files import files_with
from tests.store.conftest import new_place, server

__all__ = ["server"]

SAMPLE = [
    {"guild": "g", "channel": "general", "id": str(number), "author": f"a{number % 3}",
     "ts": "2024-01-01T00:00:00+00:00", "text": f"the kraken {number} swims at night"}
    for number in range(60)
]  # fmt: skip


@pytest.fixture
def there(home: Home, request: pytest.FixtureRequest) -> StoreAddress:
    """An empty database on a server."""
    context = new_place("postgresql", home.root, request)
    place = context.__enter__()
    request.addfinalizer(lambda: context.__exit__(None, None, None))
    assert isinstance(place, StoreAddress)
    return place


@pytest.fixture
def learned(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in its file that learned a server."""
    monkeypatch.setenv("MYNAH_HOME", str(home.root))
    file = tmp_path / "sample.jsonl"
    file.write_text("\n".join(map(json.dumps, SAMPLE)))
    assert main(["import", "Harbour", str(file)]) == 0
    return home


def test_a_home_moves_there_and_back_and_speaks_at_either(
    learned: Home, there: StoreAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["move", "--to", str(there)]) == 0
    assert "compared" in capsys.readouterr().out
    assert str(place_of(learned)) == str(there)
    assert not learned.database.exists()
    assert (learned.backups / "before-move.db").exists()
    for words in (["guilds"], ["say", "--guild", "Harbour", "--mode", "markov", "x"]):
        assert main(words) == 0
    assert main(["move", "--to", "sqlite", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["tables"]["message"] == len(SAMPLE)
    assert place_of(learned) == learned.database
    assert main(["guilds"]) == 0
    assert "60 messages" in capsys.readouterr().out


def test_it_is_refused_beside_a_bot_and_nothing_changes(
    learned: Home, there: StoreAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold(learned):
        assert main(["move", "--to", str(there)]) == 69
    assert "Another Mynah already uses" in capsys.readouterr().err
    assert place_of(learned) == learned.database


def test_a_password_on_the_command_line_is_refused_and_never_repeated(
    learned: Home, there: StoreAddress, capsys: pytest.CaptureFixture[str]
) -> None:
    text = str(there).replace("postgres@", "postgres:hunter2@")
    assert main(["move", "--to", text]) == 78
    assert main(["config", "set", "store.url", text]) == 78
    shown = capsys.readouterr()
    assert "hunter2" not in shown.out + shown.err and "store_password" in shown.err
    assert place_of(learned) == learned.database


def test_a_backup_and_the_report_of_such_a_home_tell_what_they_may(
    learned: Home,
    there: StoreAddress,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    secrets.put(learned, "store_password", "hunter2 the second")
    assert main(["move", "--to", str(there)]) == 0
    assert main(["backup", str(tmp_path / "home.zip")]) == 69
    assert "pg_dump" in capsys.readouterr().err
    assert not (tmp_path / "home.zip").exists()
    assert main(["doctor"]) in (0, 69)
    assert f" at {there}" in capsys.readouterr().out
    assert main(["report", str(tmp_path / "report.zip")]) == 0
    with zipfile.ZipFile(tmp_path / "report.zip") as bundle:
        words = "".join(bundle.read(name).decode() for name in bundle.namelist())
    assert "hunter2" not in words and str(there) not in words
    assert there.host not in words and "[database]" in words


def test_the_doctor_names_a_database_that_does_not_answer_and_its_password_can_be_set(
    learned: Home,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    away = "postgresql://ann@127.0.0.1:1/mynah"
    config_file.save(learned.config_file, "store.url", away)
    assert main(["doctor"]) == 69
    out = capsys.readouterr().out
    assert f"does not answer at {away}" in out and "BAD  start" in out
    monkeypatch.setattr("sys.stdin", io.StringIO("a word\n"))
    assert main(["config", "set", "store_password"]) == 0


@pytest.mark.process
def test_a_bot_waits_for_its_database_and_says_so_in_one_line(
    learned: Home, there: StoreAddress
) -> None:
    away = replace(there, port=1)
    assert main(["move", "--to", str(there)]) == 0
    config_file.save(learned.config_file, "store.url", str(away))
    command = [sys.executable, "-m", "app", "serve"]
    bot = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert bot.stderr is not None
        line = bot.stderr.readline()
        assert "does not answer" in line and "tries again in 2 seconds" in line
        config_file.save(learned.config_file, "store.url", str(there))
        rest = iter(bot.stderr.readline, "")
        began = time.monotonic()
        while "Mynah is up" not in (line := next(rest)):
            assert "Traceback" not in line and time.monotonic() - began < 60
    finally:
        bot.terminate()
        bot.communicate(timeout=30)


def test_what_is_moved_is_there_for_whoever_opens_it(
    learned: Home, there: StoreAddress
) -> None:
    assert main(["move", "--to", str(there)]) == 0
    with Database(place_of(learned), read_only=True) as reader:
        assert [one.name for one in reader.call(guilds.every)] == ["Harbour"]


def test_what_is_forgotten_is_in_no_file_of_the_home_or_of_the_tables(
    learned: Home,
    there: StoreAddress,
    server: tuple[StoreAddress, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, tables = "the kraken 31 swims", server[1] / "base"
    assert main(["move", "--to", str(there)]) == 0
    _flush(there)
    assert files_with(tables, text) and files_with(learned.root, text)
    assert main(["forget", "--guild", "Harbour", "--author", "a1", "--prove"]) == 0
    assert "Forgot 20 messages" in capsys.readouterr().out
    _flush(there)
    assert files_with(tables, text) == []
    assert files_with(learned.root, text) == []


def _flush(there: StoreAddress) -> None:
    """Let the server write its memory into its files."""
    with Database(there) as db:
        db.call(lambda: bound().execute_sql("CHECKPOINT"))
