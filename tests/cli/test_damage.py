"""Damaged homes and backups from the command line: a sentence, never a traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.paths import Home
from tests.cli.commands import mynah

pytestmark = pytest.mark.process

Damage = Callable[[Home], object]


def _folder(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


DAMAGES: dict[str, tuple[Damage, str]] = {
    "no database": (lambda home: home.database.write_bytes(b"no" * 999), "start"),
    "a cut database": (
        lambda home: home.database.write_bytes(home.database.read_bytes()[:5000]),
        "start",
    ),
    "a folder for a database": (lambda home: _folder(home.database), "start"),
    "no key": (lambda home: home.author_key_file.unlink(), "start"),
    "a folder for a key": (lambda home: _folder(home.author_key_file), "start"),
    "a folder for a lock": (lambda home: _folder(home.lock_file), "start"),
    "broken settings": (lambda home: home.config_file.write_text("x = ["), "settings"),
    "a folder for settings": (lambda home: _folder(home.config_file), "settings"),
    "broken prices": (lambda home: home.prices_file.write_text("x = ["), "settings"),
    "a list of secrets": (lambda home: home.secrets_file.write_text("[1]"), "keyring"),
    "numbers for secrets": (
        lambda home: home.secrets_file.write_text('{"bot_token": 1}'),
        "keyring",
    ),
    "a folder of secrets": (lambda home: _folder(home.secrets_file), "keyring"),
}


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that is well."""
    folder = tmp_path_factory.mktemp("learned")
    (folder / "den.json").write_text('[{"message": "the cat sat on the mat"}]')
    home = Home(folder / "home")
    assert mynah(home, "import", "den", str(folder / "den.json")).returncode == 0
    return home.root


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_doctor_survives_what_it_examines_and_names_it(
    learned: Path, tmp_path: Path, damage: str
) -> None:
    home = Home(tmp_path / "damaged")
    shutil.copytree(learned, home.root)
    spoil, check = DAMAGES[damage]
    spoil(home)
    done = mynah(home, "doctor")
    assert done.returncode == 69 and "Traceback" not in done.stderr
    bad = [line.split()[1] for line in done.stdout.splitlines() if "BAD" in line[:4]]
    assert check in bad
    assert "ok   disk" in done.stdout, "the other checks are made as well"


def test_a_refused_restore_leaves_no_home_behind(tmp_path: Path) -> None:
    broken, home = tmp_path / "broken.zip", Home(tmp_path / "nowhere")
    broken.write_bytes(b"PK no zip")
    done = mynah(home, "restore", str(broken))
    assert done.returncode == 64 and "damaged" in done.stderr
    assert not home.root.exists()
