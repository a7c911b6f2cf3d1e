"""Finds, checks and installs a newer release, only where the owner wants that."""

import asyncio
import base64
import hashlib
import json
import logging
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from app import __version__
from app.core.errors import AppError, NotAllowedError
from app.core.files import put, unfinished
from app.core.paths import asset
from app.core.proxy import explained
from app.settings.schema import Config

if TYPE_CHECKING:
    import httpx

    from app.service.app_context import AppContext

log = logging.getLogger(__name__)

HOST = "https://github.com"
LOOK_SECONDS = 24 * 3600.0
OFF_SECONDS = 60.0
"""The longest time until switching it on counts."""
MOST_LIST_BYTES = 1 << 16
SELFTEST_SECONDS = 300.0

SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
PROCESSORS = {"amd64": "x86_64", "aarch64": "arm64"}

Report = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

_SUM = re.compile(r"([0-9a-f]{64})  (mynah-(\d[\w.]*)-(\w+-\w+)(?:\.exe)?)")
"""A line of a list of checksums: sum, file, version, system and processor."""


@dataclass(frozen=True)
class ReleasePage:
    """The place of the newest release, and the key that signs it."""

    address: str
    key: bytes


@dataclass(frozen=True)
class Release:
    """The newest release's program for this computer."""

    version: str
    file: str
    sha256: str

    @property
    def is_newer(self) -> bool:
        return Version(self.version) > Version(__version__)


def release_file() -> Path:
    """Return the place of what the build noted: the page, and the key."""
    return asset("release.json")


def release_page() -> ReleasePage:
    """Return the page that this program was built for.

    Raises:
        AppError: If it is no released program.
    """
    file = release_file()
    if not file.is_file():
        raise AppError(
            "This Mynah runs from its source.",
            "Update it with `git pull` and `pip install -e .`, or as you installed it.",
        )
    told = json.loads(file.read_text(encoding="utf-8"))
    address = f"{HOST}/{told['repository']}/releases/latest/download/"
    return ReleasePage(address, base64.b64decode(told["key"]))


def newest(page: ReleasePage, config: Config) -> Release:
    """Ask for the newest release; blocking.

    Raises:
        NotAllowedError: If the owner did not switch this on; nothing was sent.
        AppError: If the page does not answer, or its list is not signed.
    """
    if not config.bot.updates:
        raise NotAllowedError(
            "Mynah looks for no updates.",
            "Allow it with `mynah config set bot.updates on`.",
        )
    with _client() as client:
        listed = _small(client, f"{page.address}SHA256SUMS")
        signature = _small(client, f"{page.address}SHA256SUMS.sig")
    _check_signature(page, listed, signature)
    return _for_here(listed.decode("utf-8", "replace"))


def fetch(page: ReleasePage, release: Release, target: Path, report: Report) -> None:
    """Download a release's program and compare its checksum; blocking.

    Raises:
        AppError: If it does not come whole; the file is no program then.
    """
    digest, done = hashlib.sha256(), 0
    with (
        _client() as client,
        client.stream("GET", page.address + release.file) as answer,
    ):
        answer.raise_for_status()
        size = int(answer.headers.get("Content-Length", 0))
        with target.open("wb") as file:
            for block in answer.iter_bytes(1 << 20):
                digest.update(block)
                file.write(block)
                done += len(block)
                report(done, size)
    if digest.hexdigest() != release.sha256:
        raise AppError(
            f"{release.file} does not match its checksum.",
            "Nothing was changed. Try again later; report it if this happens twice.",
        )
    target.chmod(0o755)


def install(fetched: Path, program: Path) -> Path:
    """Put a program in another's place and test it; return the old one's new place.

    Raises:
        AppError: If the new one fails its test; the old one is back then.
    """
    old = program.with_name(f"{program.name}.old")
    put(program, old)
    is_good = False
    try:
        put(fetched, program)
        if fault := _fault_of(program):
            raise AppError(
                f"The new version failed its test: {fault}",
                "The old one is back. Please report it.",
            )
        is_good = True
    finally:
        if not is_good:
            put(old, program)
    return old


def own_program() -> Path:
    """Return the file that this program is.

    Raises:
        AppError: If it is a folder, or nobody may write beside it.
    """
    program = Path(sys.executable)
    if (program.parent / "_internal").is_dir():
        raise AppError(
            "This Mynah is a folder of files.",
            "Download the new folder from the releases page.",
        )
    if not os.access(program.parent, os.W_OK):
        raise AppError(
            f"You may not write in {program.parent}.",
            "Update Mynah as you installed it, such as with your package manager.",
        )
    return program


def update(page: ReleasePage, config: Config, program: Path, report: Report) -> str:
    """Install the newest release if it is newer; return its version, or nothing.

    Raises:
        AppError: If anything is not as it must be; the old program stays then.
    """
    release = newest(page, config)
    if not release.is_newer:
        return ""
    with unfinished(program) as temporary:
        with _errors():
            fetch(page, release, temporary, report)
        install(temporary, program)
    return release.version


class UpdateWatcher:
    """Tells the owner once of each newer release, if that is switched on."""

    def __init__(self, context: "AppContext") -> None:
        self._context = context
        self._told = ""

    async def keep_up(self) -> None:
        """Look once a day, and soon after it is switched on."""
        while True:
            await self.look()
            is_on = self._context.settings.home.bot.updates
            await asyncio.sleep(LOOK_SECONDS if is_on else OFF_SECONDS)

    async def look(self) -> None:
        """Ask, unless it is switched off."""
        try:
            release = await news(self._context.settings.home)
        except AppError as error:
            log.info("No look for updates: %s", error)
            return
        if release and release.is_newer and release.version != self._told:
            self._told = release.version
            self._context.events.event(
                f"Mynah {release.version} is out: `mynah update` installs it."
            )


async def news(config: Config) -> Release | None:
    """Ask for the newest release; None if it is switched off, or this is a checkout."""
    if not config.bot.updates or not release_file().is_file():
        return None
    return await asyncio.to_thread(lambda: newest(release_page(), config))


def _client() -> "httpx.Client":
    import httpx

    # The page redirects to where its files are; the signature covers what comes.
    headers = {"User-Agent": "Mynah"}
    with explained(AppError):
        return httpx.Client(follow_redirects=True, timeout=30, headers=headers)


def _small(client: "httpx.Client", address: str) -> bytes:
    with _errors(), client.stream("GET", address) as answer:
        answer.raise_for_status()
        found = b""
        for block in answer.iter_bytes():
            found += block
            if len(found) > MOST_LIST_BYTES:
                raise AppError(f"{address} is too long to be what it should be.")
        return found


@contextmanager
def _errors() -> Iterator[None]:
    from httpx import HTTPError

    try:
        yield
    except HTTPError as error:
        reason = str(error).strip().partition("\n")[0]
        raise AppError(
            f"The releases page did not send what was asked: {reason}.",
            "Check the connection, then try again. Nothing was changed.",
        ) from error


def _check_signature(page: ReleasePage, listed: bytes, signature: bytes) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(page.key)
        key.verify(base64.b64decode(signature), listed)
    except (InvalidSignature, ValueError) as error:
        raise AppError(
            "The newest release is not signed by Mynah's key.",
            "Do not install it. Nothing was changed; please report it.",
        ) from error


def _for_here(listed: str) -> Release:
    """Return the line of a list of checksums that is for this computer.

    Raises:
        AppError: If there is none.
    """
    machine = platform.machine().lower()
    kind = f"{SYSTEMS.get(sys.platform, '')}-{PROCESSORS.get(machine, machine)}"
    for line in listed.splitlines():
        found = _SUM.fullmatch(line)
        if found is None or found[4] != kind:
            continue
        try:
            Version(found[3])
        except InvalidVersion:
            continue
        return Release(version=found[3], file=found[2], sha256=found[1])
    raise AppError(f"The newest release has no program for {kind}.")


def _fault_of(program: Path) -> str:
    """Run a program's test of itself; return what is wrong, or nothing."""
    environ = dict(os.environ)
    # A packaged program marks its children as its own; this one starts afresh.
    environ.pop("MYNAH_BOOTLOADER", None)
    environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    before = environ.pop("LD_LIBRARY_PATH_ORIG", None)
    environ.pop("LD_LIBRARY_PATH", None)
    if before is not None:
        environ["LD_LIBRARY_PATH"] = before
    try:
        ended = subprocess.run(
            [program, "selftest"],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SELFTEST_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{error}."
    lines = (ended.stderr or ended.stdout).strip().splitlines()
    return "" if ended.returncode == 0 else "".join(lines[-1:]) or "it said nothing."
