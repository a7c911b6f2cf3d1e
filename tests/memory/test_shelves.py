"""Indexes that nobody uses are let go of, and opened again without a loss."""

import gc
from collections.abc import Callable

import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.memory import index, shelves
from app.memory.guild_index import GuildIndex
from app.memory.memory import Memory
from app.memory.shelves import Shelves
from app.store import guilds
from app.store.database import Database
from tests.memory.conftest import WordEmbedder
from tests.store.conftest import on_sqlite


class Sized(GuildIndex):
    """An index of some size."""

    def __init__(self, size: int) -> None:
        self.size = size

    @property
    def bytes(self) -> int:
        return self.size


def test_the_longest_unused_go_until_the_rest_fits() -> None:
    kept = Shelves(100)
    for guild in range(1, 5):
        kept.put(GuildId(guild), Sized(40))
    assert kept.get(GuildId(1)) is not None
    assert len(kept.let_go()) == 2
    gc.collect()
    assert [kept.get(GuildId(one)) is not None for one in range(1, 5)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_one_larger_than_the_budget_stays_while_it_is_used_last() -> None:
    kept = Shelves(100)
    kept.put(GuildId(1), Sized(500))
    assert kept.let_go() == []


def test_one_that_somebody_holds_is_not_opened_twice() -> None:
    kept, held = Shelves(100), Sized(80)
    kept.put(GuildId(1), held)
    kept.put(GuildId(2), Sized(80))
    assert kept.let_go() == [held]
    assert kept.get(GuildId(1)) is held


def test_the_budget_is_a_share_of_the_memory() -> None:
    assert shelves.budget() >= shelves.LEAST_BUDGET


@on_sqlite
async def test_what_was_let_go_of_is_found_again(
    home: Home,
    db: Database,
    reader: Database,
    tell: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(index, "EXACT_BELOW", 3)
    saved: list[GuildIndex] = []
    save = GuildIndex.save

    def noted(shelf: GuildIndex) -> None:
        saved.append(shelf)
        save(shelf)

    monkeypatch.setattr(GuildIndex, "save", noted)
    memory = Memory(
        home, db, reader, lambda model: WordEmbedder(), now=lambda: 1e6, most_bytes=1
    )
    rows = [db.call(guilds.ensure, f"The Stage {n}").id for n in range(3)]
    for guild in rows:
        for turn in range(6):
            tell(f"alas poor yorick {turn} of {guild}", into=guild)
        await memory.catch_up(guild)
        assert len([*memory._shelves]) == 1
    assert len(saved) >= 2
    for guild in rows:
        found = await memory.recall(guild, ["what of poor yorick"], None, 1)
        assert f"of {guild}" in found[0].messages[0].text
    await memory.close()
