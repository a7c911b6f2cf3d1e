"""Requests about the models of a hub."""

from app.ipc.control import hub
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(hub.HUB_REQUESTS)


def test_who_only_watches_may_learn_the_host_and_asks_it_nothing() -> None:
    reading = [one.method for one in hub.HUB_REQUESTS if one.only_reads]
    assert reading == ["hub"]
