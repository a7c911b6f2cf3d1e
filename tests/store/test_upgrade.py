"""A database of the first version, as that version wrote it, becomes one of this."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.core.paths import Home
from app.ipc import control
from app.service.service import open_service
from app.store.authors import KEY_BYTES
from app.store.database import Database
from tests.discord.test_controller import NOBODY

FIRST = Path(__file__).parent / "version-1.sql"

Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture
def old(home: Home) -> Home:
    with closing(sqlite3.connect(home.database)) as connection:
        connection.executescript(FIRST.read_text(encoding="utf-8"))
    home.author_key_file.write_bytes(b"k" * KEY_BYTES)
    return home


def columns(path: Path) -> dict[str, set[tuple[str, str, int]]]:
    """(name, type, whether it is needed) of every table's columns."""
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: {
                (name, kind.upper(), needed)
                for _, name, kind, needed, *_ in connection.execute(
                    f"PRAGMA table_info('{table}')"
                )
            }
            for table in tables(connection)
        }


def indexes(path: Path) -> set[tuple[str, int, tuple[str, ...]]]:
    """(table, whether it is unique, columns) of every index."""
    found = set()
    with closing(sqlite3.connect(path)) as connection:
        for table in tables(connection):
            for _, name, unique, *_ in connection.execute(
                f"PRAGMA index_list('{table}')"
            ):
                parts = connection.execute(f"PRAGMA index_info('{name}')")
                found.add((table, unique, tuple(part[2] for part in parts)))
    return found


def tables(connection: sqlite3.Connection) -> list[str]:
    wanted = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return [name for (name,) in connection.execute(wanted) if "sqlite" not in name]


def rows(path: Path, wanted: dict[str, list[str]]) -> Rows:
    with closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(
                f"SELECT {', '.join(names)} FROM {table}"
            ).fetchall()
            for table, names in wanted.items()
        }


def test_every_row_is_kept_and_the_tables_are_those_of_a_new_database(
    old: Home, tmp_path: Path
):
    names = {
        table: sorted(name for name, *_ in found)
        for table, found in columns(old.database).items()
    }
    before = rows(old.database, names)
    assert sum(map(len, before.values())) > 15
    Database(old.database).close()
    Database(tmp_path / "new.db").close()
    assert rows(old.database, names) == before
    assert columns(old.database) == columns(tmp_path / "new.db")
    assert indexes(old.database) == indexes(tmp_path / "new.db")
    (copy,) = old.backups.iterdir()
    assert rows(copy, names) == before


async def test_a_home_of_the_first_version_speaks(old: Home):
    async with open_service(old) as service:
        (guild,) = (await service.call(NOBODY, control.Guilds())).guilds
        assert (guild.guild, guild.messages, guild.dial) == ("den", 3, 70)
        said = await service.call(NOBODY, control.Say("den", "cat?", mode="markov"))
    assert said.provider == "markov" and said.sources
