"""A backup is whole or not there; a restore is whole or leaves nothing."""

import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.errors import AppError, UsageError
from app.core.names import GuildId
from app.core.paths import Home
from app.core.system import private
from app.service.backups import back_up, restore, restore_key
from app.store import authors, guilds
from app.store.database import Database


@pytest.fixture
def database(home: Home) -> Iterator[Database]:
    with Database(home.database) as opened:
        for number in range(300):
            opened.call(guilds.ensure, f"guild {number}")
        opened.call(authors.open_key, home.author_key_file)
        yield opened


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    return Home(tmp_path / "empty").create()


@pytest.fixture
def backup(home: Home, database: Database, tmp_path: Path) -> Path:
    home.config_file.write_text("[reply]\ndial = 70\n", encoding="utf-8")
    target = tmp_path / "copy.zip"
    assert back_up(home, database, target) == target.stat().st_size
    return target


def test_what_is_restored_is_what_was_there(backup: Path, empty: Home) -> None:
    restore(empty, backup)
    with Database(empty.database) as database:
        assert len(database.call(guilds.every)) == 300
    assert {path.name for path in empty.root.iterdir()} == {
        "mynah.db", "author.key", "config.toml", "tmp",
    }  # fmt: skip
    assert list(empty.temporary.iterdir()) == []


def test_a_home_with_a_database_is_not_restored_over(backup: Path, empty: Home) -> None:
    with Database(empty.database) as database:
        database.call(guilds.ensure, "mine")
    with pytest.raises(UsageError, match="already holds a home"):
        restore(empty, backup)
    with Database(empty.database) as database:
        assert [one.name for one in database.call(guilds.every)] == ["mine"]
    assert not empty.config_file.exists()


def test_a_backup_is_readable_by_its_owner_alone(backup: Path) -> None:
    assert not private.is_open(backup)


def test_a_damaged_database_leaves_the_good_copy_alone(
    database: Database, backup: Path, empty: Home
) -> None:
    good = backup.read_bytes()
    database.copy_to(empty.database)
    data = bytearray(empty.database.read_bytes())
    page = int.from_bytes(data[16:18], "big")
    start = data.index(b"guild 150") // page * page
    data[start + 8 : start + 60] = b"\xff" * 52
    empty.database.write_bytes(data)
    with pytest.raises(AppError, match="damaged"), Database(empty.database) as broken:
        back_up(empty, broken, backup)
    assert backup.read_bytes() == good
    assert [one for one in backup.parent.iterdir() if one.is_file()] == [backup]
    assert list(empty.temporary.iterdir()) == []


def test_no_damaged_backup_leaves_anything_behind(
    backup: Path, empty: Home, tmp_path: Path
) -> None:
    data, rng = backup.read_bytes(), random.Random(5)
    broken = tmp_path / "broken.zip"
    refused = 0
    for number in range(300):
        changed = bytearray(data)
        if number % 3 == 0:
            del changed[rng.randrange(len(changed)) :]
        else:
            for _ in range(rng.choice([1, 8, 200])):
                changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        broken.write_bytes(changed)
        try:
            restore(empty, broken)
        except UsageError:
            refused += 1
            left = {path.name for path in empty.root.iterdir()}
            assert left <= {"tmp"}, number
            assert list(empty.temporary.iterdir()) == []
        else:
            for path in empty.root.iterdir():
                if path.is_file():
                    path.unlink()
    assert refused > 250


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["mynah.db", "../evil"], "is not a Mynah backup"),
        (["config.toml"], "is not a Mynah backup"),
        (["mynah.db", "mynah.db"], "two files of one name"),
        (["mynah.db"], "damaged"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_strange_archive_is_refused(
    names: list[str], message: str, empty: Home, tmp_path: Path
) -> None:
    path = tmp_path / "strange.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "no database")
    with pytest.raises(UsageError, match=message):
        restore(empty, path)
    assert list(empty.root.glob("*.db")) == []


def torn(data: bytes) -> bytes:
    """A database with a page that SQLite opens and cannot read."""
    torn = bytearray(data)
    page = int.from_bytes(data[16:18], "big")
    start = data.index(b"guild 150") // page * page
    torn[start + 8 : start + 60] = b"\xff" * 52
    return bytes(torn)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("mynah.db", torn, "database in .* is damaged"),
        ("author.key", lambda key: key[:-1], r"author\.key in .* is damaged"),
        ("author.key", lambda key: key * (1 << 20), "too large to be real"),
    ],
    ids=["a torn page", "a short key", "a huge key"],
)
def test_what_is_whole_as_an_archive_and_damaged_inside_is_refused(
    backup: Path,
    empty: Home,
    tmp_path: Path,
    name: str,
    change: Callable[[bytes], bytes],
    message: str,
) -> None:
    """Its checksums are those of what was packed."""
    path = tmp_path / "repacked.zip"
    with zipfile.ZipFile(backup) as good, zipfile.ZipFile(path, "w") as archive:
        for one in good.namelist():
            data = good.read(one)
            archive.writestr(one, change(data) if one == name else data)
    with pytest.raises(UsageError, match=message):
        restore(empty, path)
    assert {one.name for one in empty.root.iterdir()} <= {"tmp"}


def test_a_backup_that_the_disk_has_no_room_for_is_refused_before_it_is_unpacked(
    backup: Path, empty: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = shutil.disk_usage(empty.root)._replace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: free)
    with pytest.raises(UsageError, match="more than the disk has"):
        restore(empty, backup)
    assert {one.name for one in empty.root.iterdir()} <= {"tmp"}


def test_files_that_waited_for_an_earlier_database_are_not_learned_into_another(
    home: Home, database: Database, empty: Home, tmp_path: Path
) -> None:
    target = tmp_path / "copy.zip"
    back_up(home, database, target)
    (empty.uploads / "1-forget-ab").mkdir(parents=True)
    restore(empty, target)
    assert not empty.uploads.exists()


def test_settings_that_cannot_be_used_are_refused_before_anything_moves(
    home: Home, database: Database, empty: Home, tmp_path: Path
) -> None:
    home.config_file.write_text("[reply]\ndial = 'loud'\n", encoding="utf-8")
    target = tmp_path / "copy.zip"
    back_up(home, database, target)
    with pytest.raises(UsageError, match="cannot be used here"):
        restore(empty, target)
    assert not empty.database.exists() and not empty.config_file.exists()


def test_the_key_alone_can_be_put_back(home: Home, backup: Path) -> None:
    key = home.author_key_file.read_bytes()
    home.author_key_file.unlink()
    restore_key(home, backup)
    assert home.author_key_file.read_bytes() == key


@pytest.mark.parametrize("key", [b"k" * authors.KEY_BYTES, b"short"])
def test_the_key_of_another_home_replaces_nothing(
    home: Home, database: Database, tmp_path: Path, key: bytes
) -> None:
    before = home.author_key_file.read_bytes()
    other = tmp_path / "other.zip"
    back_up(home, database, other)
    with zipfile.ZipFile(other) as archive:
        database_file = archive.read("mynah.db")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("mynah.db", database_file)
        archive.writestr("author.key", key)
    with pytest.raises(UsageError, match="does not belong"):
        restore_key(home, other)
    assert home.author_key_file.read_bytes() == before


READ = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
"""A program that reads a file which this process keeps itself away from."""


def test_nothing_of_a_database_that_was_moved_away_gets_into_the_restored_one(
    backup: Path, empty: Home
) -> None:
    with Database(empty.database) as database:
        for number in range(50):
            database.call(guilds.ensure, f"another {number}")
        log = empty.root / "mynah.db-wal"
        left = subprocess.run(
            [sys.executable, "-c", READ, log], capture_output=True, check=True
        ).stdout
    assert b"another 49" in left
    empty.database.unlink()
    log.write_bytes(left)
    (empty.voice(GuildId(1))).mkdir(parents=True)
    restore(empty, backup)
    with Database(empty.database) as database:
        assert len(database.call(guilds.every)) == 300
        assert database.is_sound()
    assert not empty.voice(GuildId(1)).exists()


def test_a_folder_in_the_place_of_a_file_is_refused_before_anything_moves(
    backup: Path, empty: Home
) -> None:
    empty.config_file.mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        restore(empty, backup)
    assert not empty.author_key_file.exists() and not empty.database.exists()
