"""A full disk takes the room that was set aside, once, and only a writer gets it."""

import logging
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from app.core.errors import DiskFullError
from app.core.system import private
from app.core.system.disk_reserve import LEAST_FREE, SIZE, DiskReserve
from app.store import guilds
from app.store.database import Database, write
from app.store.tables import Guild
from tests.store.conftest import opened

PAGES = 10


@pytest.fixture
def engine() -> str:
    return "sqlite"


class SmallDisk(DiskReserve):
    """SQLite's own limit of pages in place of a disk's; giving up raises it."""

    def give_up(self) -> bool:
        is_given = super().give_up()
        if is_given:
            _allow(None)
        return is_given


def _allow(more: int | None) -> None:
    pages = opened().execute_sql("PRAGMA page_count").fetchone()[0]
    most = 1 << 30 if more is None else pages + more
    opened().execute_sql(f"PRAGMA max_page_count = {most}")


@write
def _store() -> int:
    for number in range(200):
        Guild.create(name="x" * 500 + str(number), joined=0)
    return Guild.select().count()


def test_a_write_on_a_full_disk_goes_on_in_the_room_set_aside(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reserve = SmallDisk(tmp_path / "reserve")
    with Database(tmp_path / "mynah.db", reserve=reserve) as database:
        database.call(guilds.ensure, "den")
        reserve.fill()
        database.call(_allow, PAGES)
        with caplog.at_level(logging.WARNING):
            assert database.call(_store) == 201, "once, with nothing of the first try"
        assert not (tmp_path / "reserve").exists()
        assert "Make room" in caplog.text
        database.call(_allow, PAGES)
        with pytest.raises(DiskFullError):
            database.call(_store)


def test_what_is_no_transaction_is_not_done_twice(tmp_path: Path) -> None:
    reserve = SmallDisk(tmp_path / "reserve")
    tries = []

    def twice() -> None:
        tries.append(1)
        _store()

    with Database(tmp_path / "mynah.db", reserve=reserve) as database:
        reserve.fill()
        database.call(_allow, PAGES)
        with pytest.raises(DiskFullError):
            database.call(twice)
        assert tries == [1]
        assert database.call(_store) == 200, "the next one has room"


def test_the_room_is_real_private_and_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "reserve"
    reserve = DiskReserve(path)
    reserve.fill()
    first = path.read_bytes()
    assert len(first) == SIZE and not private.is_open(path)
    assert len(set(first[:: SIZE // 4096])) > 100, "a compressed file would be none"
    reserve.fill()
    assert path.read_bytes() == first
    assert reserve.give_up() and not reserve.give_up()
    reserve.fill()
    assert path.exists()


@pytest.mark.parametrize("free", [0, LEAST_FREE - 1])
def test_a_disk_without_room_gives_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int
) -> None:
    usage = SimpleNamespace(free=free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    DiskReserve(tmp_path / "reserve").fill()
    assert not (tmp_path / "reserve").exists()
