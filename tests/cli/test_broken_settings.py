"""Settings that cannot be read: each command says so in a sentence."""

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.core.paths import Home
from tests.cli.commands import mynah

pytestmark = pytest.mark.process


def broken(home: Home) -> None:
    home.config_file.write_text("[reply\ndial = 70\n", encoding="utf-8")


def strange(home: Home) -> None:
    home.config_file.write_bytes(b'[bot]\nname = "\xff\xfe"\n')


def windows_path(home: Home) -> None:
    home.config_file.write_text('[model]\nname = "C:\\Users\\ann\\a.gguf"\n')


def unknown_key(home: Home) -> None:
    home.config_file.write_text("[reply]\ndail = 70\n", encoding="utf-8")


def a_folder(home: Home) -> None:
    home.config_file.mkdir()


BREAK = {
    "broken": (broken, "line 1", "Correct that line"),
    "not UTF-8": (strange, "UTF-8", "Save it as UTF-8"),
    "a Windows path": (windows_path, "line 2", "single quotes"),
    "an unknown key": (unknown_key, "line 2", "reply.dial"),
    "a folder": (a_folder, "is a folder", "Move that folder away"),
}


@pytest.mark.parametrize(("damage", "reason", "hint"), BREAK.values(), ids=BREAK)
def test_the_doctor_names_settings_that_cannot_be_used_and_checks_the_rest(
    home: Home, damage: Callable[[Home], None], reason: str, hint: str
):
    damage(home)
    done = mynah(home, "doctor")
    assert done.returncode == 69 and "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("BAD  settings"))
    assert reason in lines[at] and hint in lines[at + 1]
    assert any(line.startswith("ok   database") for line in lines)


@pytest.mark.parametrize(("damage", "reason", "hint"), BREAK.values(), ids=BREAK)
@pytest.mark.parametrize("words", [("guilds",), ("config", "set", "reply.dial", "70")])
def test_other_commands_end_with_the_reason_and_what_to_do(
    home: Home,
    words: tuple[str, ...],
    damage: Callable[[Home], None],
    reason: str,
    hint: str,
):
    damage(home)
    done = mynah(home, *words)
    assert done.returncode == 78
    assert reason in done.stderr and hint in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 2


def test_settings_that_may_not_be_read_are_named_with_the_remedy(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    """As root every file is readable, so the system's refusal is played."""
    home.config_file.write_text("[reply]\ndial = 70\n")
    home.config_file.chmod(0)
    read = Path.read_text

    def refuse(self: Path, *args: Any, **more: Any) -> str:
        if self == home.config_file:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return read(self, *args, **more)

    monkeypatch.setattr(Path, "read_text", refuse)
    assert main(["doctor", "--home", str(home.root)]) == 69
    shown = capsys.readouterr().out
    at = shown.index("BAD  settings")
    assert "Permission denied" in shown[at:]
    assert "Give yourself permission to read it." in shown[at:]
    assert main(["guilds", "--home", str(home.root)]) == 78
    told = capsys.readouterr().err
    assert "Permission denied" in told and "Give yourself permission" in told


IS_WINDOWS = os.name == "nt"
BELOW = "A file of that name is there" if IS_WINDOWS else "A part of that path is a"
# wine takes it for a name that is not there.
TOO_LONG = "Windows takes no such|is not there" if IS_WINDOWS else "name is too long"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a-file", "A file of that name is there already"),
        ("a-file/below", BELOW),
        ("n" * 300, TOO_LONG),
    ],
)
def test_a_home_that_can_be_none_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, reason: str
):
    (tmp_path / "a-file").touch()
    assert main(["guilds", "--home", str(tmp_path / name)]) == 69
    assert re.search(reason, capsys.readouterr().err)
