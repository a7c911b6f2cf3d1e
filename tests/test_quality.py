"""Linters, types and import contracts: part of the one test command."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPTS = Path(sys.executable).parent


def run(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    program = str(SCRIPTS / command[0])
    return subprocess.run(
        [program, *command[1:]], cwd=cwd, capture_output=True, text=True
    )


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


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("app/store/planted.py", "import app.chat", "Imports point down"),
        ("app/runner/planted.py", "import app.service", "Imports point down"),
        ("app/service/planted.py", "import app.discord", "The service knows"),
        ("app/service/planted.py", "import app.jobs", "Jobs are started"),
        ("app/tui/planted.py", "import app.voice", "The screens know nothing"),
        ("app/chat/planted.py", "import textual", "textual lives in tui"),
        ("app/cli/planted.py", "import discord", "discord lives in discord"),
        ("app/service/planted.py", "import llama_cpp", "llama_cpp lives in runner"),
        ("app/service/planted.py", "import peewee", "peewee lives in store"),
        ("app/chat/planted.py", "import hnswlib", "fastembed and hnswlib live"),
        ("app/chat/planted.py", "import openai", "openai lives in"),
    ],
)
def test_a_planted_import_breaks_its_contract(
    tmp_path: Path, module: str, line: str, contract: str
):
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / module).write_text(f'"""Planted."""\n\n{line}\n')
    result = run("lint-imports", "--no-cache", cwd=tmp_path)
    assert result.returncode == 1
    broken = [row for row in result.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(contract) for row in broken), result.stdout
