"""A guild in a file, and a bot in a process."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.paths import Home
from tests.cli.commands import LINES, Bot


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "den.jsonl"
    rows = [
        {
            "guild": "den",
            "channel": "general",
            "id": str(number),
            "author": f"a{number % 2}",
            "ts": f"2024-01-01T00:00:{number:02}Z",
            "text": line,
            "reply_to": None,
        }
        for number, line in enumerate(LINES)
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return file


@pytest.fixture
def bot(home: Home) -> Iterator[Bot]:
    bot = Bot(home)
    yield bot
    bot.end(signal.SIGKILL)
