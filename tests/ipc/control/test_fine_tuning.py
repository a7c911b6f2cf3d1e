"""Requests about tuning a cloud model."""

from app.ipc.control import fine_tuning
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(fine_tuning.FINE_TUNING_REQUESTS)


def test_nobody_agreed_who_did_not_say_so() -> None:
    asked = build(fine_tuning.TuneStart, {"guild": "den", "model": "m"})
    assert not asked.agreed
