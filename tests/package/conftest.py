"""The executable, built once a session from the specification."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAM = "mynah.exe" if sys.platform == "win32" else "mynah"


@pytest.fixture(scope="session")
def is_portable() -> bool:
    """Whether this environment's llama.cpp runs on other processors too."""
    found = find_spec("llama_cpp")
    assert found and found.submodule_search_locations
    (place,) = found.submodule_search_locations
    return any(Path(place).glob("lib/*ggml-cpu-*"))


@pytest.fixture(scope="session")
def built(
    starter_model: Path, is_portable: bool, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The directory of what the specification makes; it cannot be written to."""
    place = tmp_path_factory.mktemp("package")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm"]
    command += ["--distpath", str(place / "dist"), "--workpath", str(place / "build")]
    environment = os.environ | {"MYNAH_STARTER": str(starter_model)}
    environment["MYNAH_NATIVE"] = "0" if is_portable else "1"
    environment["MYNAH_OLD_SQLITE"] = "1"  # The system's; a release has its own.
    built = subprocess.run(
        [*command, str(ROOT / "build.spec")],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr[-3000:]
    shutil.rmtree(place / "build")
    (place / "dist").chmod(0o555)
    return place / "dist"


@pytest.fixture(scope="session")
def executable(built: Path) -> Path:
    """The one file."""
    return built / PROGRAM


@pytest.fixture(scope="session")
def folder(built: Path) -> Path:
    """The program in its folder."""
    return built / "mynah-folder" / PROGRAM


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with nothing in it but an empty home and a temporary folder."""
    (tmp_path / "tmp").mkdir()
    return {
        "HOME": str(tmp_path / "user"),
        "MYNAH_HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "tmp"),
        "PATH": "/nowhere",
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


@pytest.fixture(autouse=True)
def nothing_left(tmp_path: Path) -> Iterator[None]:
    """No process of the test and no unpacked folder outlives it."""
    yield
    home = str(tmp_path / "home")
    running = [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get("MYNAH_HOME") == home
        and process.pid != os.getpid()
    ]
    _, alive = psutil.wait_procs(running, timeout=10)
    names = [process.cmdline() for process in alive]
    for process in alive:
        process.kill()
    assert not names
    assert not list((tmp_path / "tmp").glob("_MEI*"))
