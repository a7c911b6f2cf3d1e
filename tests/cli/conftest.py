"""A guild in a file, a bot in a process, and a server that speaks OpenAI's API."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from app.core.paths import Home
from tests.cli.commands import LINES, Bot
from tests.openai_stand_in import StandIn, running


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
    bot.kill()


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    async with running(StandIn()) as server:
        yield server
