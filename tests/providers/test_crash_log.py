"""Which crashes count together, and for which file."""

import os
from pathlib import Path

import pytest

from app.core.state_file import StateFile
from app.providers.local.crash_log import HEALTHY_SECONDS, Crashes, identity


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF")
    return path


def test_two_crashes_in_a_short_time_set_a_model_aside_and_say_since_when(
    tmp_path, model
):
    times = iter((0.0, HEALTHY_SECONDS, HEALTHY_SECONDS + 10))
    crashes = Crashes(StateFile(tmp_path / "state.json"), lambda: next(times))
    mine = identity(("runner", str(model), "--context=512"))
    for _ in range(2):
        crashes.note(mine, "abort")
        assert crashes.why_aside(mine) is None
    crashes.note(mine, "abort again")
    why = crashes.why_aside(mine) or ""
    assert "2 times" in why and "since 19" in why and why.endswith(": abort again")
    assert Crashes(StateFile(tmp_path / "state.json")).why_aside(mine) == why


def test_another_file_in_its_place_and_other_options_are_another_model(tmp_path, model):
    crashes = Crashes(StateFile(tmp_path / "state.json"))
    words = ("runner", str(model), "--context=512")
    mine, smaller = identity(words), identity((*words[:2], "--context=256"))
    for _ in range(2):
        crashes.note(mine, "abort")
    assert crashes.why_aside(mine)
    assert crashes.why_aside(smaller) is None
    os.utime(model, ns=(1, 1))
    assert crashes.why_aside(identity(words)) is None
    crashes.forgive()
    assert crashes.why_aside(mine) is None
    crashes.note(mine, "abort")
    assert crashes.why_aside(mine) is None
