"""A database of this version, and shorthands that fill it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.names import GuildId
from app.store import authors, guilds, members, messages
from app.store.database import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "mynah.db") as database:
        database.call(authors.open_key, tmp_path / "author.key")
        yield database


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
