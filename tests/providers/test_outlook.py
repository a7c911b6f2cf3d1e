"""The answer time of each model on this computer, and the best one."""

import json

import pytest

from app.core.paths import Home
from app.core.state_file import StateFile
from app.modelfiles import catalogue
from app.providers.base import Speed
from app.providers.local import outlook as module
from app.providers.local.outlook import outlook
from app.providers.local.provider import LocalProvider
from app.settings.model_sections import ModelSettings


async def no_voice(guild):
    return None


@pytest.fixture
def look(home: Home, monkeypatch):
    """Returns the outlook where models of some size were measured before."""
    home.models.mkdir(exist_ok=True)
    monkeypatch.setattr(module, "memory_gigabytes", lambda: 8.0)

    def looked(**measured):
        for name, (size, *_) in measured.items():
            with catalogue.file_of(home, name).open("wb") as file:
                file.truncate(size)
        speeds = {name: speed for name, (_, *speed) in measured.items()}
        home.model_speeds_file.write_text(json.dumps(speeds))
        local = LocalProvider(
            lambda: ModelSettings(),
            lambda name: None,
            no_voice,
            StateFile(home.crashed_models_file),
            speeds=StateFile(home.model_speeds_file),
        )
        return outlook(home, local)

    return looked


def test_nothing_is_told_before_anything_was_measured(look):
    found = look()
    assert found.seconds == {} and found.best == "" == found.without_best("")


def test_other_models_take_longer_by_their_size(look):
    found = look(starter=(100_000_000, 300.0, 30.0))
    assert found.seconds["starter"] == pytest.approx(2.0)
    entry = catalogue.find("qwen3.5-2b")
    assert found.seconds["qwen3.5-2b"] == pytest.approx(2.0 * entry.bytes / 1e8)


@pytest.mark.parametrize(
    ("prompt", "decode", "best"),
    [
        (150.0, 15.0, "starter"),
        (2.0, 0.2, ""),
        (900.0, 90.0, "lfm2.5-1.2b"),
        (2_500.0, 250.0, "smollm3-3b"),
        (9_000.0, 900.0, "qwen3.5-4b"),
    ],
)
def test_the_best_is_the_largest_that_answers_within_six_seconds(
    look, prompt, decode, best
):
    found = look(starter=(98_362_432, prompt, decode))
    assert found.best == best
    assert (found.seconds[best] if best else min(found.seconds.values()) - 6.0) > 0
    assert not best or found.seconds[best] <= 6.0
    assert bool(found.without_best(best)) == (not best)


def test_a_model_without_room_is_never_the_best(look, monkeypatch):
    monkeypatch.setattr(module, "memory_gigabytes", lambda: 2.0)
    assert look(starter=(98_362_432, 9_000.0, 900.0)).best == "lfm2.5-1.2b"


def test_what_was_measured_counts_before_what_its_size_says(look):
    found = look(
        **{
            "starter": (98_362_432, 900.0, 90.0),
            "lfm2.5-1.2b": (730_895_168, 30.0, 3.0),
        }
    )
    assert found.seconds["lfm2.5-1.2b"] == Speed(30.0, 3.0).answer_seconds == 20.0
    assert found.best == "starter"


def test_a_damaged_or_older_file_of_speeds_counts_as_nothing_measured(look, home):
    look(starter=(98_362_432, 900.0, 90.0))
    for kept in (41.0, [], [1.0], ["a", "b"], [0.0, 0.0], {"decode": 1}, None):
        home.model_speeds_file.write_text(json.dumps({"starter": kept}))
        local = LocalProvider(
            lambda: ModelSettings(),
            lambda name: None,
            no_voice,
            StateFile(home.crashed_models_file),
            speeds=StateFile(home.model_speeds_file),
        )
        assert local.measured("starter") is None
        assert local.speed == Speed()
