"""Requests about model hosts."""

from app.ipc.control import hosts
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(hosts.HOST_REQUESTS)


def test_words_leave_and_computers_become_ones_own_only_after_a_yes() -> None:
    assert not build(hosts.HostUse, {"name": "far"}).agreed
    added = build(hosts.HostAdd, {"name": "pc"})
    assert not added.agreed and not added.is_own
