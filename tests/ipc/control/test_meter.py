"""Requests about how much replies are like what members write."""

import pytest

from app.ipc.control import meter
from app.ipc.wire import WireError, build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(meter.METER_REQUESTS)


def test_a_quarter_is_shown_with_the_figures_there_are() -> None:
    asked = build(meter.Meter, {"guild": "den"})
    assert (asked.weeks, asked.anew) == (12, False)


def test_advice_says_what_to_turn() -> None:
    with pytest.raises(WireError, match="remedy"):
        build(meter.MeterAdvice, {"is_alarm": True, "finding": "too long"})
