"""The table of stores agrees with the database, the files and the page."""

from fnmatch import fnmatch
from pathlib import Path
from random import Random

import pytest
from peewee import Model

from app.core.names import GuildId
from app.core.paths import TREE
from app.service import stores
from app.store.database import Database, bound
from app.store.tables import TABLES
from tests.home_files import files_with
from tests.service.forgetting_world import PLANTED, World, planted

PAGE = Path(__file__).parent.parent.parent / "app" / "README.md"


def names_of_tables(database: Database) -> set[str]:
    """Name the tables of the file itself; shadows belong to a virtual one."""
    found = database.call(
        lambda: (
            bound()
            .execute_sql(
                "SELECT name FROM pragma_table_list"
                " WHERE schema = 'main' AND type IN ('table', 'virtual')"
            )
            .fetchall()
        )
    )
    return {name for (name,) in found if not name.startswith("sqlite_")}


def test_every_table_is_a_store_or_says_what_it_holds_instead(tmp_path: Path) -> None:
    holding = [name for store in stores.STORES for name in store.tables]
    assert len(holding) == len(set(holding))
    with Database(tmp_path / "mynah.db") as database:
        names = names_of_tables(database)
    assert {*holding, *stores.TABLES_WITHOUT_TEXT} == names
    assert {table._meta.table_name for table in TABLES} <= names
    assert set(holding).isdisjoint(stores.TABLES_WITHOUT_TEXT)


def test_every_entry_of_a_home_is_a_store_or_left_out() -> None:
    holding = {
        name.split("/")[0].removesuffix("-wal").removesuffix("-shm")
        for store in stores.STORES
        for name in store.files
    }
    assert holding | set(stores.FILES_WITHOUT_TEXT) == set(TREE)
    assert holding.isdisjoint(stores.FILES_WITHOUT_TEXT)


def test_a_receipt_names_what_is_searched_alone() -> None:
    every = [store.name for store in stores.STORES]
    assert stores.searched(is_file=True) == every
    of_server = stores.searched(is_file=False)
    assert "voices" in of_server and set(of_server) < set(every)
    assert {"messages", "the database's pages and log"}.isdisjoint(of_server)


def test_the_page_shows_the_table() -> None:
    rows = "\n".join(stores.as_rows())
    assert rows in PAGE.read_text(encoding="utf-8")


@pytest.fixture
async def used(tmp_path: Path) -> World:
    """A home in which people and the owner did everything once."""
    world = World(tmp_path, Random(3))
    await world.open()
    general = world.places[0]
    await world.listen(general, True)
    for number in range(12):
        await world.say(general, world.people[number % 4])
    for author in world.people[:3]:
        await world.mention(general, author)
    await world.talk(general.guild)
    await world.sum_up()
    await world.remember()
    await world.context.voices.rebuild(GuildId(1))
    await world.settle()
    return world


async def test_in_a_used_home_words_are_in_the_stores_alone(used: World) -> None:
    try:
        await used.context.database.run(_only_in_stores)
        home = used.home.root
        (word,) = planted(next(iter(used.said.values())).text)
        for path in files_with(home, word):
            file = str(path.relative_to(home))
            assert any(
                fnmatch(file, name) or fnmatch(file, f"{name}/*")
                for store in stores.STORES
                for name in store.files
            ), file
        known = {name.split("/")[0] for name in (*stores.FILES_WITHOUT_TEXT, *TREE)}
        assert {path.name.split("-")[0] for path in home.iterdir()} <= {
            name.split("-")[0] for name in known
        }
    finally:
        await used.end()


def _only_in_stores() -> None:
    holding = {name for store in stores.STORES for name in store.tables}
    seen = {table._meta.table_name for table in TABLES if _has_words(table)}
    assert {"message", "reply", "conversation"} <= seen <= holding


def _has_words(table: type[Model]) -> bool:
    return any(PLANTED.search(str(row)) for row in table.select().tuples())
