"""Requests that measure this computer."""

from app.ipc.control import benchmark
from app.ipc.wire import build
from tests.ipc.round_trip import survives


def test_everything_comes_back_as_it_was_sent() -> None:
    survives(benchmark.BENCHMARK_REQUESTS)


def test_a_model_that_nothing_was_measured_of_has_no_seconds() -> None:
    told = {"name": "large", "fits": False, "answer_seconds": None}
    found = build(benchmark.ModelOutlook, told)
    assert found == benchmark.ModelOutlook("large", False, None)
