"""SQLite's index keeps up with the messages, and keeps nothing deleted."""

from collections.abc import Callable
from random import Random

import pytest

from app.core.names import GuildId
from app.store import forgetting, guilds, messages
from app.store.database import Database
from app.store.search import message_index, message_search
from tests.home_files import files_with
from tests.store.conftest import opened, path_of
from tests.store.search.test_message_search import fill, line_of

Write = Callable[..., int]


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every server has more messages than a search reads first."""
    monkeypatch.setattr(message_search, "NEWEST", 0)


@pytest.fixture
def two_guilds(db: Database) -> Random:
    rng = Random(5)
    db.call(fill, rng)
    return rng


@pytest.mark.parametrize("words", ["harbour", "be", "x"])
def test_the_index_is_asked_and_not_the_messages(
    words: str, db: Database, guild: GuildId, write: Write
) -> None:
    write(f"a line of the {words}")
    assert db.call(messages.extend_index, 100) == 0
    assert len(db.call(messages.page, guild, containing=words)) == 1
    empty = "INSERT INTO message_index (message_index) VALUES ('delete-all')"
    db.call(lambda: opened().execute_sql(empty))
    assert db.call(messages.page, guild, containing=words) == []


def test_a_server_of_few_messages_is_read_without_the_index_of_all(
    db: Database, guild: GuildId, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a line of the harbour")
    assert db.call(messages.extend_index, 100) == 0
    empty = "INSERT INTO message_index (message_index) VALUES ('delete-all')"
    db.call(lambda: opened().execute_sql(empty))
    monkeypatch.setattr(message_search, "NEWEST", 2)
    assert len(db.call(messages.page, guild, containing="harbour")) == 1
    for number in range(2):
        write(f"line {number} of two that are read first")
    assert db.call(messages.page, guild, containing="harbour") == []


def test_slices_of_the_index_tell_how_many_rows_are_left(
    db: Database, two_guilds: Random
) -> None:
    assert db.call(lambda: message_index.extend(opened(), 200)) == 40
    assert db.call(messages.extend_index, 200) == 0
    assert db.call(messages.extend_index, 200) == 0


def _parts() -> set[tuple[str, int]]:
    """Everything that the index says: parts, and the rows that have them."""
    database = opened()
    database.execute_sql(
        "CREATE VIRTUAL TABLE temp.every_part USING"
        " fts5vocab(main, message_index, instance)"
    )
    found = set(database.execute_sql("SELECT term, doc FROM every_part").fetchall())
    database.execute_sql("DROP TABLE every_part")
    return found


def _parts_anew() -> set[tuple[str, int]]:
    """The same of an index of the messages that are there."""
    opened().execute_sql(
        "INSERT INTO message_index (message_index) VALUES ('delete-all')"
    )
    opened().execute_sql("UPDATE row_numbers SET indexed = 0")
    messages.extend_index(10_000)
    return _parts()


def test_whatever_edits_and_deletes_the_index_is_that_of_the_messages_that_stay(
    db: Database, two_guilds: Random
) -> None:
    def change() -> None:
        messages.extend_index(180)
        rng = two_guilds
        rows = forgetting.rows_of_guild(GuildId(1))
        for row in rng.sample(rows, 30):
            messages.edit(row, line_of(rng))
            messages.reword(row, line_of(rng))
        forgetting.delete(GuildId(1), rng.sample(rows, 30))
        channel = guilds.ensure_channel(GuildId(1), "art").id
        opened().execute_sql("DELETE FROM channel WHERE id = ?", (channel,))
        forgetting.delete_guild(GuildId(2))
        messages.extend_index(10_000)
        assert 20 < messages.count(GuildId(1)) < 60

    db.call(change)
    db.compact()
    kept = db.call(_parts)
    assert kept and kept == db.call(_parts_anew)


def test_no_byte_of_the_parts_of_a_deleted_message_stays(
    db: Database, guild: GuildId, write: Write
) -> None:
    signs, edited = "ⰀⰁⰂ", "ⰃⰄⰅ"
    for number in range(400):
        write(f"line {number} of a talk about the harbour and its ships")
    gone, other = write(f"one {signs} line"), write(f"another {edited} line")
    db.call(messages.extend_index, 150)
    db.call(messages.extend_index, 10_000)
    assert files_with(path_of(db).parent, signs.lower())
    db.call(forgetting.delete, guild, [gone])
    db.call(messages.edit, other, "something else")
    db.compact()
    db.call(lambda: opened().execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    for part in (signs, edited, signs.lower(), edited.lower()):
        assert files_with(path_of(db).parent, part) == []
    assert len(db.call(messages.page, guild, containing="ships", limit=999)) == 400
