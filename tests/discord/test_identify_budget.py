from pathlib import Path

import pytest

from app.core.state_file import StateFile
from app.core.time_units import DAY_SECONDS
from app.discord.identify_budget import IdentifyBudget


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_the_sixth_identify_in_ten_minutes_has_to_wait(tmp_path: Path) -> None:
    clock = Clock()
    budget = IdentifyBudget(StateFile(tmp_path / "discord.json"), clock)
    for _ in range(5):
        assert budget.wait_seconds() == 0
        budget.spend()
        clock.now += 10
    assert budget.wait_seconds() == 600 - 50


def test_a_bot_of_many_shards_can_start_as_often(tmp_path: Path) -> None:
    clock, shards = Clock(), 12
    budget = IdentifyBudget(StateFile(tmp_path / "discord.json"), clock)
    for _ in range(5 * shards):
        assert budget.wait_seconds(shards) == 0
        budget.spend()
    assert budget.wait_seconds(shards) == 600


@pytest.mark.parametrize(("shards", "most"), [(16, 800), (100, 800), (900, 1800)])
def test_no_number_of_shards_comes_near_what_discord_takes_in_a_day(
    tmp_path: Path, shards: int, most: int
) -> None:
    clock = Clock()
    file = StateFile(tmp_path / "discord.json")
    for spent, is_over in ((most - 1, False), (most, True)):
        file.put("identifies", [clock.now - 3600.0] * spent)
        assert bool(IdentifyBudget(file, clock).wait_seconds(shards)) == is_over


def test_a_crash_loop_of_a_day_stays_within_a_hundred_identifies(
    tmp_path: Path,
) -> None:
    clock = Clock()
    start, spent = clock.now, 0
    while clock.now - start < DAY_SECONDS:
        # Every pass is a new process that reads the file again.
        budget = IdentifyBudget(StateFile(tmp_path / "discord.json"), clock)
        wait = budget.wait_seconds()
        if wait:
            clock.now += wait
            continue
        budget.spend()
        spent += 1
        clock.now += 1
    assert spent == 100


def test_a_clock_set_back_does_not_block_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    budget = IdentifyBudget(StateFile(tmp_path / "discord.json"), clock)
    for _ in range(5):
        budget.spend()
    clock.now -= 10 * DAY_SECONDS
    assert budget.wait_seconds() == 0
