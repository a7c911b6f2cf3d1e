"""Homes that use one database of a server, one after another."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.names import GuildId
from app.store import guilds
from app.store.database import Database, bound
from app.store.engines import Place
from app.store.engines.address import StoreAddress, TakenError
from app.store.engines.turns import HomeTurn

Open = Callable[[str], Database]


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def of_home(place: Place, tmp_path: Path) -> Open:
    """Opens the database for the home of that name."""
    assert isinstance(place, StoreAddress)

    def open_(name: str) -> Database:
        home = tmp_path / name
        there = replace(place, home=home)
        return Database(there, turn=HomeTurn(there, home / "guilds"))

    return open_


def _end_connection(database: Database) -> None:
    """Let the server end it, as when it restarts."""
    about = "SELECT pg_backend_pid()"
    ((backend,),) = database.call(lambda: list(bound().execute_sql(about)))
    with Database(database.place, read_only=True) as other:
        ask = lambda sql: other.call(lambda: list(bound().execute_sql(sql)))  # noqa: E731
        ask(f"SELECT pg_terminate_backend({backend})")
        while ask(f"SELECT 1 FROM pg_stat_activity WHERE pid = {backend}"):
            pass


def test_another_home_waits_until_the_first_one_is_closed(of_home: Open) -> None:
    with of_home("first"):
        with pytest.raises(TakenError, match="Another Mynah uses the database at po"):
            of_home("second")
    with of_home("second"):
        pass


def test_files_are_made_anew_only_after_another_homes_turn(
    of_home: Open, tmp_path: Path
) -> None:
    with of_home("first"):
        voice = tmp_path / "first" / "guilds" / "1" / "voice"
        voice.mkdir(parents=True)
    with of_home("first"):
        assert voice.exists()
    with of_home("second"):
        assert voice.exists(), "it touches the files of no other home"
    with of_home("first"):
        assert not voice.exists()


def test_a_lost_connection_is_taken_up_where_no_other_home_came(of_home: Open) -> None:
    with of_home("first") as first:
        _end_connection(first)
        assert first.call(guilds.ensure, "den").name == "den"
        with pytest.raises(TakenError):
            of_home("second")


def test_whoever_lost_it_to_another_home_never_goes_on(of_home: Open) -> None:
    with of_home("first") as first:
        _end_connection(first)
        with of_home("second"):
            with pytest.raises(TakenError):
                first.call(guilds.every)
        for _ in range(2):
            with pytest.raises(TakenError):
                first.call(guilds.every)


def test_another_homes_turn_that_is_over_ends_it_as_well(of_home: Open) -> None:
    with of_home("first") as first:
        _end_connection(first)
        with of_home("second"):
            pass
        with pytest.raises(TakenError):
            first.call(guilds.every)


def test_a_try_to_connect_again_that_failed_is_not_the_last(
    db: Database, guild: GuildId, monkeypatch: pytest.MonkeyPatch
) -> None:
    _end_connection(db)
    with monkeypatch.context() as patch:

        def away() -> None:
            raise ConnectionError

        patch.setattr(db._peewee, "connect", away)
        for _ in range(2):
            with pytest.raises(ConnectionError):
                db.call(guilds.get, guild)
    assert db.call(guilds.get, guild) is not None
