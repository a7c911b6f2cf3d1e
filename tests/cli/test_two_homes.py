"""Two bots with a home each and one database: the second takes over from the first."""

import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.core.paths import Home
from app.ipc.endpoint import read
from app.settings import config_file
from app.store.engines.address import StoreAddress
from app.store.engines.neighbours import TURN_LOCK
from tests.cli.commands import Bot, answer, mynah
from tests.home_files import files_with
from tests.store.conftest import new_place, server

__all__ = ["server"]

pytestmark = pytest.mark.process

LINES = [
    {"guild": "g", "channel": "general", "id": str(number), "author": f"a{number % 3}",
     "ts": "2024-01-01T00:00:00+00:00", "text": f"the kraken {number} swims at night"}
    for number in range(40)
] + [
    {"guild": "g", "channel": "general", "id": "900", "author": "a1",
     "ts": "2024-01-01T00:00:00+00:00", "text": "the quokkaberry swims at night"}
]  # fmt: skip


@pytest.fixture
def there(home: Home, request: pytest.FixtureRequest) -> StoreAddress:
    """An empty database on a server."""
    context = new_place("postgresql", home.root, request)
    place = context.__enter__()
    request.addfinalizer(lambda: context.__exit__(None, None, None))
    assert isinstance(place, StoreAddress)
    return place


def test_shards_need_a_server_and_sense(home: Home) -> None:
    for words, reason in (("0/2", "needs a database on Post"), ("2/2", "no shards")):
        done = mynah(home, "serve", "--shards", words)
        assert done.returncode == 64 and reason in done.stderr


def test_a_bot_that_lost_its_database_to_another_ends(
    home: Home, there: StoreAddress
) -> None:
    config_file.save(home.config_file, "store.url", str(there))
    words: dict[str, Any] = {**there.parameters(), "dbname": there.database}
    with psycopg.connect(autocommit=True, **words) as other:
        bot = Bot(home)
        ask = partial(other.execute, f"SELECT pg_advisory_lock({TURN_LOCK})")
        with ThreadPoolExecutor(1) as thread:
            taken = thread.submit(ask)
            with psycopg.connect(autocommit=True, **words) as third:
                held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND "
                while third.execute(held + "NOT granted").fetchone() is None:
                    time.sleep(0.05)
                end = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE granted"
                third.execute(end + " AND locktype = 'advisory'")
                taken.result(30)
        _, told = bot.process.communicate(timeout=30)
        assert bot.process.returncode == 69
        assert (
            "Another Mynah uses the database" in told.decode().split("Mynah stops")[1]
        )


def test_the_second_takes_over_when_the_first_is_killed_and_says_nothing_forgotten(
    home: Home, there: StoreAddress, tmp_path: Path
) -> None:
    file = tmp_path / "sample.jsonl"
    file.write_text("\n".join(map(json.dumps, LINES)))
    answer(home, "import", "Harbour", str(file))
    answer(home, "move", "--to", str(there))
    other = Home(tmp_path / "other").create()
    for one in ("config.toml", "author.key"):
        shutil.copy(home.root / one, other.root / one)
    # The other home makes files of its own while it has its turn.
    answer(other, "forget", "--guild", "Harbour", "--message", "0")
    assert files_with(other.guilds, "quokkaberry")

    first = Bot(home)
    waiting = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--home", str(other.root)],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert waiting.stderr is not None
        line = waiting.stderr.readline()
        assert "Another Mynah uses the database" in line and "waits until" in line
        assert read(other.endpoint_file) is None
        answer(home, "forget", "--guild", "Harbour", "--message", "900")
        first.kill()
        until = time.monotonic() + 60
        while read(other.endpoint_file) is None:
            assert waiting.poll() is None and time.monotonic() < until
            time.sleep(0.1)
        said = answer(
            other, "say", "--guild", "Harbour", "--mode", "markov", "-",
            stdin="the quokkaberry swims\n" * 20,
        )  # fmt: skip
        assert len(said) == 20
        assert not [one for one in said if "quokkaberry" in one["text"]]
        assert not files_with(other.guilds, "quokkaberry")
        # The first one cannot come back between.
        refused = mynah(home, "guilds")
        assert refused.returncode == 69 and "Another Mynah uses" in refused.stderr
    finally:
        waiting.terminate()
        waiting.communicate(timeout=30)
