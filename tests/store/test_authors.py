"""The key under which people are stored, and what happens when it is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import ConfigError
from app.core.system import private
from app.store import authors, guilds, members
from app.store.database import Database
from app.store.engines import Place


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "author.key"


@pytest.fixture
def db(place: Place) -> Iterator[Database]:
    """A database without a key yet."""
    with Database(place) as database:
        yield database


def test_the_key_is_made_once_for_its_owner_alone(db: Database, key: Path) -> None:
    first = db.call(authors.open_key, key).author("42")
    assert db.call(authors.open_key, key).author("42") == first
    assert authors.AuthorKey.load(key).author("42") == first
    assert not private.is_open(key)


def test_a_home_from_before_the_check_keeps_its_key(db: Database, key: Path) -> None:
    key.write_bytes(b"k" * authors.KEY_BYTES)
    db.call(members.ensure, db.call(guilds.ensure, "den").id, "hash", "Ann")
    assert db.call(authors.open_key, key).author("1")


@pytest.mark.parametrize("damage", ["lost", "empty", "short", "foreign"])
def test_a_key_that_is_not_the_right_one_stops_everything(
    db: Database, key: Path, damage: str
) -> None:
    db.call(authors.open_key, key)
    if damage == "lost":
        key.unlink()
    else:
        size = {"empty": 0, "short": 31, "foreign": 32}[damage]
        key.write_bytes(b"x" * size)
    with pytest.raises(ConfigError, match="learns nothing until you decide"):
        db.call(authors.open_key, key)
    assert key.exists() == (damage != "lost"), "a new key must not slip in"


def test_people_without_any_key_stop_everything(db: Database, key: Path) -> None:
    db.call(members.ensure, db.call(guilds.ensure, "den").id, "hash", "Ann")
    with pytest.raises(ConfigError, match="missing"):
        db.call(authors.open_key, key)


def test_the_owner_may_go_on_with_a_new_key(db: Database, key: Path) -> None:
    before = db.call(authors.open_key, key).author("42")
    key.unlink()
    assert db.call(authors.replace_key, key).author("42") != before
    assert db.call(authors.open_key, key).author("42") != before
