"""Changed files of a home are refused, or say what was written."""

import json
from pathlib import Path
from random import Random

import pytest

from app.core.errors import ConfigError
from app.core.state_file import DISCORD, StateFile
from app.ipc import endpoint
from app.memory import index_files
from app.providers.openai import prices
from app.service.voices import token_voices
from tests.fuzz import stored

INPUTS = 400
FEW = 20
"""Inputs of a backup, each of which is a whole restore."""

SEEDS = stored.small_files()


@pytest.mark.parametrize("name", stored.READERS)
def test_no_changed_file_crashes_its_reader(name: str, tmp_path: Path) -> None:
    _, data = SEEDS[name][0]
    for seed in range(FEW if name == "backup" else INPUTS):
        stored.attack_file(name, data, tmp_path, seed)


@pytest.mark.parametrize("name", stored.FOLDERS)
def test_no_changed_folder_says_anything_else(name: str, tmp_path: Path) -> None:
    write, read = stored.FOLDERS[name]
    write(tmp_path / "good")
    good = stored.Folder(tmp_path / "good")
    for seed in range(INPUTS // 2):
        good.change(tmp_path / "changed", Random(seed))
        read(tmp_path / "changed")


@pytest.mark.parametrize("change", [{"last": 99}, {"removed": []}, {"count": 40}])
def test_an_index_whose_sidecar_was_changed_is_made_anew(
    tmp_path: Path, change: dict[str, object]
) -> None:
    stored.write_index(tmp_path)
    sidecar = tmp_path / "sidecar.json"
    facts = json.loads(sidecar.read_text(encoding="utf-8"))
    assert index_files.load(tmp_path, "model", stored.DIMENSION) is not None
    sidecar.write_text(json.dumps(facts | change), encoding="utf-8")
    assert index_files.load(tmp_path, "model", stored.DIMENSION) is None


def test_prices_of_no_model_are_refused(tmp_path: Path) -> None:
    """An unknown model costs as much as the dearest; without any it would be free."""
    path = tmp_path / "prices.toml"
    path.write_text("date = '2026-01-01'\n[models]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no prices"):
        prices.load(path)


@pytest.mark.parametrize(
    "price", ["true", "'1'", "nan", "inf", "-1.0", "1" + "0" * 400, "'x'"]
)
def test_a_price_that_would_pass_any_budget_is_refused(
    tmp_path: Path, price: str
) -> None:
    path = tmp_path / "prices.toml"
    costs = f"a = {{input = {price}, cached = 0.1, output = 2}}"
    path.write_text(f"date = '2026-01-01'\n[models]\n{costs}\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        prices.load(path)


@pytest.mark.parametrize(
    "change",
    [{"port": "80"}, {"port": 0}, {"port": 1 << 16}, {"key": 5}, {"pid": None}],
)
def test_an_odd_file_of_a_running_bot_means_that_none_runs(
    tmp_path: Path, change: dict[str, object]
) -> None:
    facts = {"port": 80, "key": "a", "pid": 7}
    path = tmp_path / "endpoint.json"
    path.write_text(json.dumps(facts), encoding="utf-8")
    assert endpoint.read(path) is not None
    path.write_text(json.dumps(facts | change), encoding="utf-8")
    assert endpoint.read(path) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"behind": {"general": 5}}, {"behind": {"71": None}}, {"behind": [71]},
        {"identifies": 5}, {"identifies": ["now"]}, {"identifies": [float("nan")]},
        {"quiet": {"71": "soon"}}, {"quiet": {"71": True}}, {"direct": "72"},
        {"started talk": {"71": 1e300}}, {"comparing": {"71": [5]}},
        {"trainings": {"5": {"channels": {}}}}, {"trainings": {"5": None}},
    ],
)  # fmt: skip
def test_state_of_another_shape_is_not_read(
    tmp_path: Path, odd: dict[str, object]
) -> None:
    path = tmp_path / "discord.json"
    path.write_text(json.dumps({"commands": 7} | odd), encoding="utf-8")
    state = StateFile(path, DISCORD)
    assert state.get(*odd) is None and state.get("commands") == 7


def test_what_is_noted_of_a_token_voice_is_read_as_it_was_written(
    tmp_path: Path,
) -> None:
    stored.write_token_voice(tmp_path)
    path = tmp_path / token_voices.THROUGH
    facts = json.loads(path.read_text(encoding="utf-8"))
    assert token_voices.noted(tmp_path) == (9, [7])
    for odd in ([8, *facts[1:]], [9, [], facts[2]], [9, [7]], 5, {"a": 1}):
        path.write_text(json.dumps(odd), encoding="utf-8")
        with pytest.raises(ValueError):
            token_voices.noted(tmp_path)
