"""Processes with a home each that share one database, each with shards of its own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.store import guilds
from app.store.database import Database, bound
from app.store.engines import Place, engine_at
from app.store.engines.address import StoreAddress, TakenError
from app.store.engines.shards import ALL, parse
from app.store.engines.turns import HomeTurn, identify_wait
from tests.store.engines.test_turns import _end_connection

Open = Callable[..., Database]


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def of_home(place: Place, tmp_path: Path) -> Open:
    """Opens the database for the home of that name, with those shards."""
    assert isinstance(place, StoreAddress)

    def open_(name: str, shards: str = "") -> Database:
        home = tmp_path / name
        there = replace(place, home=home)
        own = parse(shards) if shards else ALL
        return Database(there, turn=HomeTurn(there, home / "guilds", own))

    return open_


@pytest.mark.parametrize("text", ["", "0", "3-1/8", "4/4", "0-4/4", "-1/4", "0/1"])
def test_what_names_no_shards_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="names no shards"):
        parse(text)


def test_a_server_belongs_to_the_shards_that_discord_sends_its_events_to() -> None:
    some, others = parse("0-1/4"), parse("2-3/4")
    assert [some.hold(n << 22) for n in range(8)] == [True, True, False, False] * 2
    assert others.hold(str(6 << 22)) and not others.hold(None)
    assert some.hold(None) and ALL.hold(6 << 22)
    assert (str(some), str(parse("3/4"))) == ("0-1/4", "3/4")


def test_files_are_made_anew_after_anothers_turn_with_one_of_the_shards(
    of_home: Open, tmp_path: Path
) -> None:
    def is_there_after(*turns: tuple[str, str]) -> bool:
        voice = tmp_path / "first" / "guilds" / "1" / "voice"
        with of_home("first", "0-1/4"):
            voice.mkdir(parents=True, exist_ok=True)
        for turn in turns:
            with of_home(*turn):
                pass
        with of_home("first", "0-1/4"):
            return voice.exists()

    assert is_there_after()
    assert is_there_after(("second", "2-3/4"))
    assert not is_there_after(("second", "1/4"))
    assert not is_there_after(("second", ""))
    assert not is_there_after(("second", "7/8"))


def test_whoever_closes_lets_the_next_one_in_at_once(of_home: Open) -> None:
    for turn in range(40):
        with of_home(("first", "second")[turn % 2], "0/2"):
            pass


def test_the_tables_are_changed_by_a_process_that_is_alone(of_home: Open) -> None:
    with of_home("first", "0/2") as first:
        set_version = engine_at(first.place).set_version
        number = first.call(lambda: engine_at(first.place).version(bound()))
        first.call(lambda: set_version(bound(), number - 1))
        with pytest.raises(TakenError, match="older tables"):
            of_home("second", "1/2")
        first.call(lambda: set_version(bound(), number))


def test_a_lost_connection_is_taken_up_unless_another_had_a_shard(
    of_home: Open,
) -> None:
    with of_home("first", "0-1/4") as first, of_home("second", "2-3/4"):
        _end_connection(first)
        first.call(guilds.every)
        with pytest.raises(TakenError):
            of_home("third", "1/4")
        _end_connection(first)
        with of_home("third", "1/4"):
            pass
        for _ in range(2):
            with pytest.raises(TakenError):
                first.call(guilds.every)


def test_processes_identify_one_after_another(of_home: Open) -> None:
    with of_home("first", "0/2") as first, of_home("second", "1/2") as second:
        waits = [one.call(identify_wait, 0, 60.0) for one in (first, second, first)]
        assert waits[0] == 0
        assert 50 < waits[1] <= 60 and 110 < waits[2] <= 120
        assert second.call(identify_wait, 1, 60.0) == 0
