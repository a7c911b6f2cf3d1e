"""Linters, types and import contracts: part of the one test command."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sys.executable).parent


needs_checks = pytest.mark.not_under_wine("Linux checks the same code already")


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    program = str(SCRIPTS / command[0])
    return subprocess.run(
        [program, *command[1:]], cwd=cwd, capture_output=True, text=True
    )


@needs_checks
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("lint-imports", "--no-cache"),
    ],
    ids=" ".join,
)
def test_the_checks_hold(command: tuple[str, ...]):
    result = run(*command)
    assert result.returncode == 0, result.stdout + result.stderr


PLANTED = [
    ("store", "app.chat", "Imports point down"),
    ("runner", "app.service", "Imports point down"),
    ("service", "app.discord", "The service knows nothing of Discord"),
    ("service", "app.jobs", "Jobs are started by their name alone"),
    ("tui", "app.voice", "The screens know nothing of how replies are made"),
    ("chat", "textual", "textual lives in tui"),
    ("cli", "discord", "discord lives in discord"),
    ("service", "llama_cpp", "llama_cpp lives in runner"),
    ("service", "peewee", "peewee lives in store"),
    ("chat", "hnswlib", "fastembed and hnswlib live in memory"),
    ("chat", "openai", "openai lives in providers.openai"),
    ("memory", "sklearn", "scikit-learn lives in evaluation"),
    ("service", "PIL", "PIL lives in discord"),
    ("voice", "app.store", "The voice needs numpy and nothing else of ours"),
]
"""A room, something that it may not import, and the contract that says so."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of the program with all violations planted."""
    root = tmp_path_factory.mktemp("planted")
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "app", root / "app", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", root)
    for number, (room, wrong, _) in enumerate(PLANTED):
        file = root / "app" / room / f"planted_{number}.py"
        file.write_text(f'"""Planted."""\n\nimport {wrong}\n')
    result = run("lint-imports", "--no-cache", cwd=root)
    assert result.returncode == 1
    return result.stdout


@needs_checks
@pytest.mark.parametrize("number", range(len(PLANTED)))
def test_a_planted_import_breaks_its_contract(report: str, number: int):
    room, wrong, contract = PLANTED[number]
    lines = report.splitlines()
    assert any(one.startswith(contract) and " BROKEN" in one for one in lines)
    assert any(f"app.{room}.planted_{number} -> {wrong}" in one for one in lines)


def test_every_contract_has_a_planted_import():
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    names = [one["name"] for one in contracts]
    planted = [contract for _, _, contract in PLANTED]
    assert [n for n in names if not any(n.startswith(one) for one in planted)] == []
