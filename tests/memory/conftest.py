"""A database with a reader beside it, and an embedder that needs no model."""

import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from app.core.names import GuildId
from app.core.paths import Home
from app.memory.vectors import Floats, normalise
from app.store import guilds, members, messages
from app.store.authors import open_key
from app.store.database import Database
from app.store.engines import Place
from tests.store.conftest import engine as engine
from tests.store.conftest import new_place
from tests.store.conftest import server as server

DIMENSION = 64


class WordEmbedder:
    """Texts with the same words are near: each word is a fixed direction."""

    dimension = DIMENSION

    def __init__(self, model_id: str = "words") -> None:
        self.model_id = model_id
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str], most_tokens: int | None = None) -> Floats:
        self.embedded += texts
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().split():
                seed = zlib.crc32((self.model_id + word).encode())
                vectors[row] += np.random.default_rng(seed).normal(size=DIMENSION)
        return normalise(vectors)


@pytest.fixture
def place(engine: str, home: Home, request: pytest.FixtureRequest) -> Iterator[Place]:
    with new_place(engine, home.root, request) as place:
        yield place


@pytest.fixture
def db(place: Place, home: Home) -> Iterator[Database]:
    with Database(place) as database:
        database.call(open_key, home.author_key_file)
        yield database


@pytest.fixture
def reader(db: Database) -> Iterator[Database]:
    with Database(db.place, read_only=True) as database:
        yield database


@pytest.fixture
def guild(db: Database) -> GuildId:
    return db.call(guilds.ensure, "The Globe").id


@pytest.fixture
def tell(db: Database, guild: GuildId) -> Callable[..., int]:
    """Stores a message and returns its row."""

    def tell(
        text: str,
        author: str = "puck",
        channel: str = "stage",
        ts: int | None = None,
        dropped: str | None = None,
        into: GuildId = guild,
        reply_to: str | None = None,
    ) -> int:
        place = db.call(guilds.ensure_channel, into, channel).id
        member = db.call(members.ensure, into, author, author.title()).id
        count = db.call(messages.count, into)
        when = count * 3_600_000 if ts is None else ts
        new = messages.NewMessage(
            place, member, f"m{count}", when, text, reply_to, dropped
        )
        row = db.call(messages.add, into, new)
        assert row is not None
        return row

    return tell


@pytest.fixture
def units() -> Callable[[int], Floats]:
    """Random unit vectors, the same each time."""

    def units(count: int) -> Floats:
        rng = np.random.default_rng(7)
        return normalise(rng.normal(size=(count, DIMENSION)).astype(np.float32))

    return units
