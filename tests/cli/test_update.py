"""A newer release is found, checked, installed and tested where that is wanted."""

import base64
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app import __version__
from app.cli import main
from app.core.paths import Home
from app.service import updates
from tests.release_stand_in import Releases, releases

pytestmark = pytest.mark.posix_only("programs here are shell scripts")

GOOD = b"#!/bin/sh\n[ $1 = selftest ] && echo ok\n"
BAD = b"#!/bin/sh\necho 'the runner did not answer' >&2; exit 69\n"
OLD = b"#!/bin/sh\necho old\n"
MACHINE = {"amd64": "x86_64", "aarch64": "arm64"}.get(
    platform.machine().lower(), platform.machine().lower()
)
SYSTEM = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
KIND = f"{SYSTEM}-{MACHINE}"


@pytest.fixture
def page() -> Iterator[Releases]:
    with releases("99.1.0") as found:
        found.offer({f"mynah-99.1.0-{KIND}": GOOD})
        yield found


@pytest.fixture
def program(
    page: Releases, tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A released program that was built for the page; its owner allows updates."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "mynah"
    program.write_bytes(OLD)
    program.chmod(0o755)
    (folder / "release.json").write_text(json.dumps(
        {"repository": "o/n", "key": base64.b64encode(page.public_key).decode()}
    ))  # fmt: skip
    monkeypatch.setattr(updates, "release_file", lambda: folder / "release.json")
    monkeypatch.setattr(updates, "HOST", page.url)
    monkeypatch.setattr(sys, "executable", str(program))
    home.config_file.write_text("[bot]\nupdates = true\n", encoding="utf-8")
    return program


def update(home: Home) -> int:
    return main(["--home", str(home.root), "update"])


def test_the_newest_release_takes_the_place_of_the_program(
    home: Home, program: Path, capsys: pytest.CaptureFixture[str]
):
    assert update(home) == 0
    assert program.read_bytes() == GOOD
    assert os.access(program, os.X_OK)
    assert Path(f"{program}.old").read_bytes() == OLD
    assert "99.1.0 is installed" in capsys.readouterr().out
    left = {path.name for path in program.parent.iterdir()}
    assert left == {"mynah", "mynah.old", "release.json"}


def test_nothing_is_asked_unless_the_owner_allowed_it(
    home: Home, program: Path, page: Releases, capsys: pytest.CaptureFixture[str]
):
    home.config_file.write_text("", encoding="utf-8")
    assert update(home) == 69
    assert page.asked == []
    assert "mynah config set bot.updates on" in capsys.readouterr().err
    assert program.read_bytes() == OLD


def test_the_old_program_is_back_when_the_new_one_fails_its_test(
    home: Home, program: Path, page: Releases, capsys: pytest.CaptureFixture[str]
):
    page.offer({f"mynah-99.1.0-{KIND}": BAD})
    assert update(home) == 69
    assert program.read_bytes() == OLD
    assert "the runner did not answer" in capsys.readouterr().err
    assert {path.name for path in program.parent.iterdir()} == {"mynah", "release.json"}


def test_a_fault_in_letters_of_another_system_is_shown_too(
    home: Home, program: Path, page: Releases, capsys: pytest.CaptureFixture[str]
):
    broken = b"#!/bin/sh\nprintf 'no \\377 here' >&2; exit 69\n"
    page.offer({f"mynah-99.1.0-{KIND}": broken})
    assert update(home) == 69
    assert program.read_bytes() == OLD
    assert "failed its test: no \ufffd here" in capsys.readouterr().err


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks://127.0.0.1:9"])
def test_a_proxy_that_no_client_can_use_is_named(
    home: Home,
    program: Path,
    proxy: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("ALL_PROXY", proxy)
    assert update(home) == 69
    assert "ALL_PROXY" in capsys.readouterr().err


def test_a_program_that_cannot_be_started_is_put_back_too(
    home: Home, program: Path, page: Releases
):
    page.offer({f"mynah-99.1.0-{KIND}": b"\x7fELF nonsense"})
    assert update(home) == 69
    assert program.read_bytes() == OLD


def change_program(page: Releases) -> None:
    page.files[f"mynah-99.1.0-{KIND}"] += b"# more\n"


def change_list(page: Releases) -> None:
    page.files["SHA256SUMS"] = page.files["SHA256SUMS"].replace(b"99.1.0", b"99.2.0")


def sign_with_another_key(page: Releases) -> None:
    body = page.files[f"mynah-99.1.0-{KIND}"]
    page.key = Ed25519PrivateKey.generate()
    page.offer({f"mynah-99.1.0-{KIND}": body})


def leave_out_the_signature(page: Releases) -> None:
    del page.files["SHA256SUMS.sig"]


def sign_with_no_base64(page: Releases) -> None:
    page.files["SHA256SUMS.sig"] = b"\xff\xfe not base64"


def send_a_list_without_end(page: Releases) -> None:
    page.files["SHA256SUMS"] = b"x" * (1 << 20)


def break_off(page: Releases) -> None:
    page.cut_after = 10


def offer_none_for_here(page: Releases) -> None:
    page.offer({"mynah-99.1.0-plan9-vax": GOOD})


def offer_an_older_one(page: Releases) -> None:
    page.offer({f"mynah-0.0.1-{KIND}": GOOD})


def offer_this_one(page: Releases) -> None:
    page.offer({f"mynah-{__version__}-{KIND}": GOOD})


FAULTS = [
    change_program,
    change_list,
    sign_with_another_key,
    leave_out_the_signature,
    sign_with_no_base64,
    send_a_list_without_end,
    break_off,
    offer_none_for_here,
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_nothing_changes_when_the_release_is_not_as_it_must_be(
    home: Home, program: Path, page: Releases, fault
):
    fault(page)
    assert update(home) == 69
    assert program.read_bytes() == OLD
    assert {path.name for path in program.parent.iterdir()} == {"mynah", "release.json"}


@pytest.mark.parametrize("offer", [offer_an_older_one, offer_this_one])
def test_an_older_release_and_the_same_are_not_installed(
    home: Home, program: Path, page: Releases, offer
):
    offer(page)
    assert update(home) == 0
    assert program.read_bytes() == OLD


def test_a_checkout_says_how_it_is_updated(
    home: Home, capsys: pytest.CaptureFixture[str]
):
    assert update(home) == 69
    assert "git pull" in capsys.readouterr().err
