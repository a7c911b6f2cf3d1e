"""No input raises what nobody announces, or takes long."""

import time
from pathlib import Path

import pytest

from tests.fuzz.targets import Target, all_targets, attack

INPUTS = {"imports": 3500, "frames": 4000, "models": 800, "terminal": 5000}
INPUTS["model names"] = 3000
SECONDS = 2.0

TARGETS = all_targets()


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_crashes_or_hangs_a_reader(name: str, tmp_path: Path) -> None:
    for seed in range(INPUTS[name]):
        began = time.thread_time()
        attack(TARGETS[name], tmp_path, seed)
        assert time.thread_time() - began < SECONDS, seed


def test_a_reader_that_crashes_is_found(tmp_path: Path) -> None:
    careless = Target(lambda path: print(path.read_text("utf-8")), [("a", b"hello")])
    with pytest.raises(UnicodeDecodeError):
        for seed in range(200):
            attack(careless, tmp_path, seed)
