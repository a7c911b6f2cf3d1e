"""Seals the machine off: a temporary home, no environment, no network but loopback."""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from app.core.paths import Home

if TYPE_CHECKING:
    from tests.keyring_stand_in import Ring


NO_LLAMA = "llama.cpp was not built for Windows here; .ci/windows --llama does"


class NoLlama:
    """Skips a test, or a whole file, once it imports llama.cpp."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "llama_cpp":
            pytest.skip(NO_LLAMA, allow_module_level=True)


def is_wine() -> bool:
    """Whether this Windows is wine, whose library alone has such a function."""
    if sys.platform != "win32":
        return False
    import ctypes

    return hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


HAS_LLAMA = os.name != "nt" or find_spec("llama_cpp") is not None
if not HAS_LLAMA:
    sys.meta_path.append(NoLlama)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what Windows has not; `pytest --collect-only -m posix_only` lists it."""
    for item in items:
        if os.name == "nt" and (mark := item.get_closest_marker("posix_only")):
            item.add_marker(pytest.mark.skip(reason=str(mark.args[0])))
        if (mark := item.get_closest_marker("not_under_wine")) and is_wine():
            item.add_marker(pytest.mark.skip(reason=f"wine: {mark.args[0]}"))
        if not HAS_LLAMA and item.get_closest_marker("llama"):
            item.add_marker(pytest.mark.skip(reason=NO_LLAMA))


def pytest_make_parametrize_id(val: object) -> str | None:
    """Shorten long texts: names of tests go into the environment, with its limits."""
    return ascii(val[:40]) if isinstance(val, str | bytes) and len(val) > 1000 else None


@pytest.fixture(autouse=True)
def sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test sees the owner's home, keys or keyring."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "DISCORD_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MYNAH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")


@pytest.fixture(autouse=True)
def edits_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that edits config.toml by hand waits for no second to pass."""
    from app.settings import effective

    monkeypatch.setattr(effective, "LOOK_SECONDS", 0.0)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home."""
    return Home(tmp_path / "home").create()


@pytest.fixture
def ring() -> Iterator["Ring"]:
    """A keyring in place of none."""
    import keyring

    from tests.keyring_stand_in import Ring

    before = keyring.get_keyring()
    ring = Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture(scope="session")
def starter_model() -> Path:
    """The starter language model, fetched once into the build cache."""
    from app.modelfiles.catalogue import find
    from app.modelfiles.download import fetch

    cache = Home(Path(__file__).parent.parent / ".cache").create()
    with FileLock(cache.root / "starter.lock"):  # one of the processes fetches
        return fetch(cache, find("starter"), lambda done, total: None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close what llama-cpp-python leaves open, so that pytest has the last word."""
    loaded = sys.modules.get("llama_cpp._utils")
    for name in ("outnull_file", "errnull_file"):
        if loaded is not None:
            getattr(loaded, name).close()
