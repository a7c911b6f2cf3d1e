"""The measured speeds."""

import pytest

from app.runner.speed import Speeds


def test_speeds_are_tokens_over_seconds_of_their_kind():
    speeds = Speeds()
    assert speeds.prompt == speeds.decode == 0.0
    speeds.note(64, 0, 0.5)
    speeds.note(0, 1, 0.02)
    speeds.note(64, 3, 99.0)
    speeds.note(0, 4, 99.0)
    assert speeds.prompt == pytest.approx(128.0)
    assert speeds.decode == pytest.approx(50.0)


def test_recent_work_counts_most():
    speeds = Speeds()
    for _ in range(20):
        speeds.note(64, 0, 0.1)
    for _ in range(40):
        speeds.note(64, 0, 1.0)
    assert speeds.prompt == pytest.approx(64.0, rel=0.2)
