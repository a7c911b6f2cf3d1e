"""Things of guilds in memory: read once, never older than the last change."""

import asyncio
from collections.abc import Iterator

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.service.given import guild_shelf
from app.service.given.guild_shelf import GuildShelf
from app.store.database import Database

DEN, PIER, NONE = GuildId(1), GuildId(2), GuildId(3)


class Books:
    """Stored things, and a gate that a slow read waits at."""

    def __init__(self) -> None:
        self.stored = {DEN: "old", PIER: "pier"}
        self.reads: list[GuildId] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def owners(self) -> set[GuildId]:
        return set(self.stored)

    async def read(self, guild: GuildId) -> str:
        self.reads.append(guild)
        found = self.stored[guild]
        await self.gate.wait()
        return found


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with Database(home.database) as opened:
        yield opened


async def test_a_thing_is_read_once_until_it_is_changed(database: Database) -> None:
    books = Books()
    shelf = GuildShelf(database, books.owners, books.read)
    assert [await shelf.get(one) for one in (DEN, DEN, NONE)] == ["old", "old", None]
    assert books.reads == [DEN]
    books.stored[DEN] = "new"
    await shelf.look_again(DEN)
    assert await shelf.get(DEN) == "new"
    del books.stored[DEN]
    await shelf.look_again(DEN)
    assert await shelf.get(DEN) is None


async def test_what_was_read_before_a_change_is_not_kept(database: Database) -> None:
    books = Books()
    shelf = GuildShelf(database, books.owners, books.read)
    books.gate.clear()
    early = asyncio.create_task(shelf.get(DEN))
    await asyncio.sleep(0)
    assert books.reads == [DEN]
    books.stored[DEN] = "new"
    await shelf.look_again(DEN)
    books.gate.set()
    assert await early == "old"
    assert await shelf.get(DEN) == "new"


async def test_the_thing_of_whoever_asked_last_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guild_shelf, "MOST_OPEN", 2)
    books = Books()
    books.stored[NONE] = "third"
    shelf = GuildShelf(database, books.owners, books.read)
    for guild in (DEN, PIER, DEN, NONE, DEN, PIER):
        await shelf.get(guild)
    assert books.reads == [DEN, PIER, NONE, PIER]
    assert sorted(shelf.in_memory()) == ["old", "pier"]
