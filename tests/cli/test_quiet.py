"""`mynah quiet` on a home of its own."""

import json
import time

import pytest

from app.cli import main
from app.core.paths import Home
from app.core.state_file import StateFile
from app.store import guilds
from app.store.database import Database


@pytest.fixture
def place(home: Home) -> list[str]:
    with Database(home.database) as database:
        row = database.call(guilds.ensure, "den", "7").id
        database.call(guilds.ensure_channel, row, "general", "71")
        database.call(guilds.ensure_channel, row, "from a file")
    return ["--home", str(home.root), "quiet", "--guild", "den"]


def test_a_silence_is_kept_for_the_next_start_and_off_ends_it(
    home: Home, place: list[str], capsys: pytest.CaptureFixture[str]
):
    words = [*place, "--channel", "general"]
    assert main([*words, "2h", "--json"]) == 0
    done = json.loads(capsys.readouterr().out)
    assert 7000 < done["until"] - time.time() < 7300
    assert StateFile(home.discord_file).get("quiet") == {"71": done["until"]}
    assert main([*words, "off"]) == 0
    assert capsys.readouterr().out == "The bot may speak in #general again.\n"
    assert StateFile(home.discord_file).get("quiet") == {}


def test_a_time_that_is_none_and_a_channel_of_a_file_are_refused(
    place: list[str], capsys: pytest.CaptureFixture[str]
):
    assert main([*place, "--channel", "general", "soon"]) == 64
    assert "Write 30m, 8h, 1d or off." in capsys.readouterr().err
    assert main([*place, "--channel", "from a file"]) == 64
    assert "is not on Discord" in capsys.readouterr().err
