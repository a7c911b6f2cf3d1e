"""Installed by pip, pipx or uv, the program has all that a checkout has."""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LEFT_OUT = {"screens", "make.py", "__pycache__", "README.md"}

pytestmark = [pytest.mark.process, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # A build in its place would leave its own folders there.
    ignored = shutil.ignore_patterns(".*", "build", "dist", "tests", "*.egg-info")
    source = shutil.copytree(ROOT, folder / "source", ignore=ignored)
    # fmt: off
    command = [
        sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps",
        "--wheel-dir", str(folder), str(source),
    ]
    # fmt: on
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_has_every_file_that_the_program_reads(wheel: Path):
    names = {
        name.partition(".data/data/share/mynah/")[2]
        for name in zipfile.ZipFile(wheel).namelist()
    }
    wanted = {"models.txt", "LICENSE"} | {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "assets").rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.parts)
    }
    assert wanted <= names


@pytest.mark.not_under_wine("its Python has no starter for virtual environments")
def test_the_installed_command_finds_guides_sample_and_catalogue(
    wheel: Path, tmp_path: Path
):
    place = tmp_path / "tool"
    venv.create(place, with_pip=False)
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    # fmt: off
    command = [
        sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet",
        "--no-deps", str(wheel),
    ]
    # fmt: on
    assert subprocess.run(command).returncode == 0
    here = Path(pytest.__file__).parents[1]
    environ = os.environ | {
        "PYTHONPATH": str(here),
        "MYNAH_HOME": str(tmp_path / "home"),
    }
    for words, wanted in (
        (["help", "privacy"], "What leaves the computer"),
        (["models", "list"], "starter"),
        (["licences"], "MIT License"),
    ):
        told = subprocess.run(
            [python.with_stem("mynah"), *words],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert told.returncode == 0, told.stderr
        assert wanted in told.stdout
