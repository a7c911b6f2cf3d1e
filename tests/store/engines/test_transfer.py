"""A database is the same at another place, however often the move was stopped."""

import json
from pathlib import Path

import pytest

from app.core.errors import AppError, UsageError
from app.core.names import GuildId
from app.store import authors, guilds, messages, replies
from app.store.database import Database, bound
from app.store.engines import Place, engine_of, transfer
from app.store.engines.transfer import copy
from app.store.statements import run
from app.store.tables import TABLES
from tests.store.conftest import new_place
from tests.store.test_two_guilds import fill_both


@pytest.fixture
def engine() -> str:
    """The engine of the database that is moved; the other is its counterpart."""
    return "sqlite"


def _more() -> None:
    guild = guilds.ensure("The Globe", "1").id
    above = guilds.ensure_channel(guild, "above", "900").id
    for number in range(30):
        guilds.ensure_channel(guild, f"t{number}", f"9{number:02}0", parent=above)
    # A thread that came before its channel.
    early = guilds.ensure_channel(guild, "early", "801").id
    late = guilds.ensure_channel(guild, "late", "802").id
    run(bound(), "UPDATE channel SET parent_id = ? WHERE id = ?", (late, early))
    claimed = replies.claim(guild, above, "mention", "t1")
    assert claimed is not None
    replies.finish(claimed, {"timings": {"total": 12.5, "a": 0.1}, "text": "x\"\\'%s?"})
    gone = guilds.ensure("Gone", "3").id
    guilds.remove_empty(gone)
    run(bound(), "DELETE FROM guild WHERE id = ?", (gone,))


def _contents(place: Place) -> dict[str, list[str]]:
    def read() -> dict[str, list[str]]:
        return {
            table._meta.table_name: [
                json.dumps(row.__data__, default=repr)
                for row in table.select().order_by(table.id)
                if table._meta.table_name != "row_numbers"
            ]
            for table in TABLES
        }

    with Database(place, read_only=True) as db:
        return db.call(read)


def _fill(place: Place, home: Path) -> None:
    with Database(place) as db:
        db.call(authors.open_key, home / "author.key")
        fill_both(db)
        db.call(_more)
        db.call(messages.extend_index, 10)


def test_what_goes_there_and_back_is_what_it_was(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first, back = tmp_path / "mynah.db", tmp_path / "back.db"
    _fill(first, tmp_path)
    before = _contents(first)
    assert all(len(rows) for name, rows in before.items() if name in ("reply", "usage"))
    with new_place("postgresql", tmp_path, request) as there:
        counts = copy(first, there, lambda *told: None)
        assert counts["message"] == len(before["message"]) > 10
        assert _contents(there) == before
        assert copy(there, back, lambda *told: None) == counts
        with Database(there) as db:
            # A number that a guild had is given to no other.
            assert db.call(guilds.ensure, "new", "77").id == 4
    assert _contents(back) == before
    with Database(back) as db:
        assert db.call(guilds.ensure, "new", "77").id == 4
        assert db.call(messages.extend_index, 10_000) == 0
        found = db.call(messages.page, GuildId(1), containing="fools", limit=100)
        assert len(found) > 5


def test_a_move_that_was_stopped_goes_on_and_doubles_nothing(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "mynah.db"
    _fill(first, tmp_path)
    monkeypatch.setattr(transfer, "PAGE", 3)
    told: list[tuple[str, int, int]] = []
    stops = [4, 9, 20, 31]

    def tell(*news: object) -> None:
        told.append(news)  # type: ignore[arg-type]
        if stops and len(told) >= stops[0]:
            del stops[0]
            raise KeyboardInterrupt

    with new_place("postgresql", tmp_path, request) as there:
        for _ in range(4):
            with pytest.raises(KeyboardInterrupt):
                copy(first, there, tell)
        copy(first, there, tell)
        assert _contents(there) == _contents(first)
        message = [done for name, done, _ in told if name == "message"]
        assert message == sorted(set(message)), "no row is copied twice"


def test_a_place_with_something_in_it_is_refused(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    first = tmp_path / "mynah.db"
    _fill(first, tmp_path)
    with new_place("postgresql", tmp_path, request) as there:
        with Database(there) as db:
            db.call(guilds.ensure, "another home's")
        with pytest.raises(UsageError, match="holds another database"):
            copy(first, there, lambda *told: None)


def test_a_row_that_changed_on_the_way_is_noticed(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "mynah.db"
    _fill(first, tmp_path)
    with new_place("postgresql", tmp_path, request) as there:

        def spoil(name: str, done: int, total: int) -> None:
            if name == "check of guild":
                with Database(there) as db:
                    db.call(_reword)

        with pytest.raises(AppError, match="table message .* is not what it was"):
            copy(first, there, spoil)


def _reword() -> None:
    run(bound(), "UPDATE message SET text = 'other' WHERE id = 1")
    assert engine_of(bound()) is not None
