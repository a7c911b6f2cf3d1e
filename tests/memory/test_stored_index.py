"""Vectors that PostgreSQL searches itself, with pgvector."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.memory.guild_index import GuildIndex, Page
from app.memory.index import Exact
from app.memory.memory import Memory
from app.memory.stored_index import StoredIndex
from app.memory.vectors import Floats, normalise, pack, signed_bytes, unpack
from app.store import embeddings, forgetting, guilds
from app.store.database import Database, bound
from app.store.engines.address import StoreAddress
from app.store.search import near_vectors
from tests.memory.conftest import DIMENSION, WordEmbedder
from tests.store.conftest import on_server

Tell = Callable[..., int]
MODEL = "words"


@pytest.fixture
def engine() -> str:
    return "postgresql"


def sql(db: Database, statement: str) -> list[tuple[object, ...]]:
    return db.call(lambda: [*bound().execute_sql(statement)])


def store(db: Database, guild: GuildId, rows: list[int], vectors: Floats) -> Page:
    blobs = pack(vectors)
    stored = list(zip(rows, blobs, strict=True))
    db.call(embeddings.add_many, guild, MODEL, stored)
    return [
        one
        for one in db.call(embeddings.added_after, guild, MODEL, 0, 10_000)
        if one[1] in set(rows)
    ]


def opened(db: Database, reader: Database, guild: GuildId) -> StoredIndex:
    assert db.call(near_vectors.prepare, DIMENSION)
    index = StoredIndex(db, reader, guild, MODEL, DIMENSION)
    index.open()
    return index


def test_it_finds_what_an_exact_search_of_the_same_guild_finds(
    db: Database,
    reader: Database,
    guild: GuildId,
    tell: Tell,
    units: Callable[[int], Floats],
):
    other = db.call(guilds.ensure, "The Rose").id
    own = [tell(f"line {n}") for n in range(150)]
    theirs = [tell(f"line {n}", into=other) for n in range(150)]
    vectors = units(300)
    page = store(db, guild, own, vectors[::2])
    index, exact = opened(db, reader, guild), Exact(DIMENSION)
    index.add(page)
    opened(db, reader, other).add(store(db, other, theirs, vectors[1::2]))
    exact.add(own, unpack([blob for _, _, blob in page], DIMENSION))
    for query in vectors[:40]:
        found, true = index.search(query, 10), exact.search(query, 10)
        assert found[0].row == true[0].row and {one.row for one in found} <= {*own}
        near = [one.similarity for one in true]
        assert [one.similarity for one in found] == pytest.approx(near, abs=1e-3)
    assert index.agrees(db.call(embeddings.state, guild, MODEL))


def test_a_new_start_continues_after_what_is_there(
    db: Database,
    reader: Database,
    guild: GuildId,
    tell: Tell,
    units: Callable[[int], Floats],
):
    page = store(db, guild, [tell(f"line {n}") for n in range(120)], units(120))
    opened(db, reader, guild).add(page[:70])
    again = opened(db, reader, guild)
    assert (len(again), again.last) == (70, page[69][0])
    truth = db.call(embeddings.state, guild, MODEL)
    assert not again.agrees(truth)
    again.add(page)
    assert again.agrees(truth) and again.last == page[-1][0]
    again.restart()
    assert (len(again), again.search(units(1)[0], 5)) == (0, [])


def test_a_vector_that_went_meanwhile_is_not_added(
    db: Database,
    reader: Database,
    guild: GuildId,
    tell: Tell,
    units: Callable[[int], Floats],
):
    rows = [tell(f"line {n}") for n in range(3)]
    page = store(db, guild, rows, units(3))
    db.call(forgetting.delete, guild, rows[:1])
    index = opened(db, reader, guild)
    index.add(page)
    assert {one.row for one in index.search(units(1)[0], 5)} == {*rows[1:]}


def test_no_byte_of_a_forgotten_vector_is_in_the_servers_tables_once_compact(
    db: Database,
    reader: Database,
    guild: GuildId,
    tell: Tell,
    units: Callable[[int], Floats],
    server: tuple[StoreAddress, Path],
):
    rows = [tell(f"line {n}") for n in range(40)]
    page = store(db, guild, rows, units(40))
    index = opened(db, reader, guild)
    index.add(page)
    tables = server[1] / "base"

    def traces(blob: bytes) -> list[bool]:
        db.call(lambda: bound().execute_sql("CHECKPOINT"))
        numbers = np.array([signed_bytes(blob)], np.float32)
        # The index holds vectors of length one.
        forms = (numbers, normalise(numbers))
        sought = [form.astype(np.float16).tobytes() for form in forms]
        files = [path.read_bytes() for path in tables.rglob("*") if path.is_file()]
        return [any(one in file for file in files) for one in sought]

    assert all(traces(page[0][2])) and all(traces(page[-1][2]))
    db.call(forgetting.delete, guild, rows[:1])
    assert page[0][1] not in {one.row for one in index.search(units(1)[0], 40)}
    db.compact()
    assert traces(page[0][2]) == [False, False]
    assert all(traces(page[-1][2])), "the graph is there again"
    assert len(index.search(units(1)[0], 40)) == 39
    ready = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'meaning_64_graph'"
    assert sql(db, f"{ready}::regclass") == [(True,)]


async def test_the_home_has_the_index_where_the_server_lacks_pgvector(
    home: Home,
    server: tuple[StoreAddress, Path],
    caplog: pytest.LogCaptureFixture,
):
    """The extension is for administrators alone to make."""
    address = server[0]
    on_server(address, "CREATE ROLE plain LOGIN")
    on_server(address, "CREATE DATABASE of_plain OWNER plain")
    place = replace(address, database="of_plain", user="plain", home=home.root)
    with caplog.at_level(logging.INFO), Database(place) as db:
        with Database(place, read_only=True) as reader:
            guild = db.call(guilds.ensure, "The Globe").id
            memory = Memory(home, db, reader, lambda model: WordEmbedder())
            assert isinstance(await memory._shelf(guild), GuildIndex)
            await memory.close()
    assert "permission denied" in caplog.text
    on_server(address, "DROP DATABASE of_plain WITH (FORCE)")
    on_server(address, "DROP ROLE plain")
