"""A database of this version on each engine, and shorthands that fill it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from app.core.names import GuildId
from app.store import authors, guilds, members, messages
from app.store.database import Database, bound
from app.store.engines import Place
from app.store.engines.address import StoreAddress
from tests.store import postgresql_server

_numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[StoreAddress, Path]]:
    """A database of PostgreSQL that holds nothing but tables, and its server's files.

    Each test gets a copy of it.
    """
    if reason := postgresql_server.why_not():
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {reason}")
    with postgresql_server.running() as (port, data):
        address = StoreAddress("127.0.0.1", "postgres", port, "postgres")
        on_server(address, "CREATE DATABASE empty")
        with Database(replace(address, database="empty")):
            pass
        yield address, data


def on_server(address: StoreAddress, statement: str) -> None:
    import psycopg

    words = address.parameters()
    with psycopg.connect(dbname="postgres", autocommit=True, **words) as connection:  # type: ignore[arg-type]
        connection.execute(statement)


on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
"""For tests of what the other engine has not, or does not let a test watch."""


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    """The engine of a test; a module about one of them overrides it."""
    return str(request.param)


@contextmanager
def new_place(
    engine: str, folder: Path, request: pytest.FixtureRequest
) -> Iterator[Place]:
    """A place for a new database of a home in that folder."""
    if engine == "sqlite":
        yield folder / "mynah.db"
        return
    address, _ = request.getfixturevalue("server")
    name = f"test_{next(_numbers)}"
    on_server(address, f"CREATE DATABASE {name} TEMPLATE empty")
    yield replace(address, database=name, home=folder)
    on_server(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def place(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Place]:
    with new_place(engine, tmp_path, request) as place:
        yield place


@pytest.fixture
def db(place: Place, tmp_path: Path) -> Iterator[Database]:
    with Database(place) as database:
        database.call(authors.open_key, tmp_path / "author.key")
        yield database


def path_of(database: Database) -> Path:
    """The file of a database of SQLite's."""
    assert isinstance(database.place, Path)
    return database.place


def opened() -> SqliteDatabase:
    """This thread's database, in tests of SQLite alone."""
    database = bound()
    assert isinstance(database, SqliteDatabase)
    return database


@pytest.fixture
def guild(db: Database) -> GuildId:
    return db.call(guilds.ensure, "The Globe").id


@pytest.fixture
def write(db: Database, guild: GuildId) -> Callable[..., int]:
    """Stores a message and returns its row."""

    def write(
        text: str,
        author: str = "puck",
        channel: str = "stage",
        external: str | None = None,
        ts: int = 0,
        dropped: str | None = None,
    ) -> int:
        place = db.call(guilds.ensure_channel, guild, channel).id
        member = db.call(members.ensure, guild, author, author.title()).id
        count = db.call(messages.count, guild)
        row = db.call(
            messages.add,
            guild,
            messages.NewMessage(
                place, member, external or f"m{count}", ts or count, text, None, dropped
            ),
        )
        assert row is not None
        return row

    return write
