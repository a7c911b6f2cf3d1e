"""Other processes on a database: kept out of shards, and told of changes."""

import pytest

from app.store import guilds, settings, voice_changes
from app.store.database import bound
from app.store.engines import neighbours
from app.store.engines.address import StoreAddress, TakenError
from app.store.engines.shards import Shards
from tests.store.engines.test_shards import Open, engine, of_home

__all__ = ["engine", "of_home"]


def test_each_process_keeps_others_out_of_its_own_shards_alone(of_home: Open) -> None:
    with of_home("first", "0-1/4") as first, of_home("second", "2-3/4"):
        held = first.call(lambda: neighbours.held_shards(bound()))
        assert held == [Shards(0, 1, 4), Shards(2, 3, 4)]
        with pytest.raises(TakenError, match="shard 1/4"):
            of_home("third", "1-2/4")
        with pytest.raises(TakenError, match="0-1/4, so of another number"):
            of_home("third", "3/8")
        with pytest.raises(TakenError, match="uses the database"):
            of_home("third")
    with of_home("third", "3/8"):
        pass
    with of_home("third"), pytest.raises(TakenError, match="all shards"):
        of_home("first", "0-1/4")


def test_changes_are_told_to_all_once_they_are_stored(of_home: Open) -> None:
    with of_home("first", "0/2") as first, of_home("second", "1/2"):
        assert isinstance(first.place, StoreAddress)
        guild = first.call(guilds.ensure, "den", "1").id
        listener = neighbours.ChangeListener(first.place)
        own = first.call(lambda: neighbours.backend(bound()))
        first.call(settings.put, guild, "reply.dial", 7)
        assert listener.wait(5) == {neighbours.Told("setting", guild, own)}
        first.call(voice_changes.note, guild, [3, 4])
        assert listener.wait(5) == {neighbours.Told("voice_change", guild, own)}
        first.call(settings.put, guild, "reply.dial", None)
        assert {one.table for one in listener.wait(5)} == {"setting"}
        first.call(guilds.ensure, "other", "2")
        assert listener.wait(0.1) == set()
        listener.close()
