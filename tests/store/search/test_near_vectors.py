"""Vectors that PostgreSQL compares, by the rows that they belong to."""

from collections.abc import Callable

import pytest

from app.core.names import GuildId
from app.store import embeddings, guilds
from app.store.database import Database
from app.store.search import near_vectors

Write = Callable[..., int]
BLOB = b"\0" * 7
NUMBERS = ("[1,0,0]", "[0,1,0]", "[0,0,0]")


@pytest.fixture
def engine() -> str:
    return "postgresql"


def filled(db: Database, guild: GuildId, write: Write) -> list[int]:
    """Three messages with these numbers; the last has no direction."""
    assert db.call(near_vectors.prepare, 3)
    rows = [write(text) for text in ("one", "two", "none")]
    db.call(embeddings.add_many, guild, "m", [(row, BLOB) for row in rows])
    found = db.call(embeddings.added_after, guild, "m", 0, 9)
    given = [(own, row, n) for (own, row, _), n in zip(found, NUMBERS, strict=True)]
    assert db.call(near_vectors.add, 3, guild, "m", given) == 3
    assert db.call(near_vectors.add, 3, guild, "m", given) == 0, "they are there"
    return rows


def test_the_nearest_are_of_one_guild_and_model(
    db: Database, guild: GuildId, write: Write
) -> None:
    one, two, _ = filled(db, guild, write)
    found = db.call(near_vectors.nearest, 3, guild, "m", "[0.8,0.6,0]", 9)
    assert [row for row, _ in found] == [one, two]
    assert [cosine for _, cosine in found] == pytest.approx([0.8, 0.6], abs=1e-3)
    other = db.call(guilds.ensure, "The Rose").id
    for whose in ((other, "m"), (guild, "another")):
        assert db.call(near_vectors.nearest, 3, *whose, "[1,0,0]", 9) == []
        assert db.call(near_vectors.state, 3, *whose).vectors == 0


def test_a_vector_goes_with_its_row_or_alone(
    db: Database, guild: GuildId, write: Write
) -> None:
    one, two, none = filled(db, guild, write)
    db.call(embeddings.drop, [one])
    assert db.call(near_vectors.state, 3, guild, "m")[:2] == (2, two + none)
    assert db.call(near_vectors.remove, 3, [two]) == 1
    assert db.call(near_vectors.state, 3, guild, "m").row_sum == none
    db.call(near_vectors.clear, 3, guild, "m")
    assert db.call(near_vectors.state, 3, guild, "m") == (0, 0, 0)
    assert db.call(embeddings.count, guild, "m") == 2


def test_an_old_pgvector_and_vectors_too_long_for_it_are_told(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not db.call(near_vectors.prepare, near_vectors.MOST_NUMBERS + 1)
    monkeypatch.setattr(near_vectors, "LEAST_VERSION", (99, 0))
    assert not db.call(near_vectors.prepare, 3)
