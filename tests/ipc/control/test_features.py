"""Requests about the features of a server."""

from app.ipc.control import features
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(features.FEATURE_REQUESTS)


def test_a_cost_that_nobody_measured_is_unknown_and_not_nothing() -> None:
    cost = build(features.MeasuredCost, {"setting": "games.origin"})
    assert cost.tokens is cost.ms is cost.memory is None


def test_screens_that_watch_may_look_and_delete_nothing() -> None:
    assert features.Features.only_reads and not features.FeatureClear.only_reads
