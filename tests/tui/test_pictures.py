"""One picture a state; `pytest tests/tui --snapshot-update` takes them again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app.core.paths import Home
from app.tui.database_reader import DatabaseReader
from tests.tui.fake_bot import FakeBot
from tests.tui.pictures import PICTURES, Picture, application, bring_up
from tests.tui.terminal import drawn

SLOW = ("home-wide", "server-learned", "learn")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_the_screen_looks_as_it_did(
    snap_compare: Any, filled_home: Home, tmp_path: Path, picture: Picture
):
    app = application(picture, filled_home, tmp_path / "home")

    async def before(pilot: Any) -> None:
        await bring_up(picture, pilot)

    assert snap_compare(app, terminal_size=picture.size, run_before=before)


async def shown(picture: Picture, home: Home, empty: Path) -> list[Any]:
    app = application(picture, home, empty)
    async with app.run_test(size=picture.size) as pilot:
        await bring_up(picture, pilot)
        return drawn(pilot)


def slow_down(monkeypatch: pytest.MonkeyPatch, database: float, bot: float) -> None:
    """Let every answer take its seconds, as on a busy machine."""
    read, call = DatabaseReader._read, FakeBot.call

    async def slow_read(self: DatabaseReader, *args: Any, **more: Any) -> Any:
        await asyncio.sleep(database)
        return await read(self, *args, **more)

    async def slow_call(self: FakeBot, request: Any) -> Any:
        await asyncio.sleep(bot)
        return await call(self, request)

    monkeypatch.setattr(DatabaseReader, "_read", slow_read)
    monkeypatch.setattr(FakeBot, "call", slow_call)


@pytest.mark.parametrize("name", SLOW)
async def test_a_screen_ends_alike_whichever_answer_comes_late(
    name: str, filled_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    picture = next(picture for picture in PICTURES if picture.name == name)
    usual = await shown(picture, filled_home, tmp_path / "home")
    for database, bot in ((0.2, 0.0), (0.0, 0.2)):
        with monkeypatch.context() as patched:
            slow_down(patched, database, bot)
            assert await shown(picture, filled_home, tmp_path / "home") == usual
