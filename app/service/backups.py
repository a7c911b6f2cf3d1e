"""A home in one file: what cannot be made again from the rest."""

import lzma
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.core.errors import AppError, ConfigError, UsageError, explain_os_error
from app.core.files import replacing
from app.core.paths import Home
from app.settings.config_file import load
from app.store.authors import KEY_BYTES, AuthorKey, is_known
from app.store.database import Database
from app.store.engines import sqlite
from app.store.engines.address import has_database, place_of

DATABASE = "mynah.db"
KEY = "author.key"
FILES = ("config.toml", KEY, "prices.toml")
"""Voices and indexes are left out: they are built from the database. So are secrets."""

_BROKEN_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError,
    RuntimeError, OSError, ValueError,
)  # fmt: skip
"""An encrypted file is a RuntimeError; a place outside the file an OSError."""

MOST_FILE_BYTES = 16 << 20
"""Of any file beside the database; a larger one is not ours."""


def back_up(home: Home, database: Database, target: Path) -> int:
    """Write a backup while the home is in use; returns its size in bytes. Blocking.

    An earlier file of that name stays as it is until the new one is whole.

    Raises:
        AppError: If the database is damaged; then nothing is written.
        UsageError: If there is no such directory.
    """
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {target.parent}.")
    with _folder(home) as folder:
        copy = folder / DATABASE
        database.copy_to(copy)
        if not sqlite.is_sound_file(copy):
            raise AppError(
                f"{home.database} is damaged. Nothing was written to {target}.",
                "Restore your last backup into another home with `mynah restore`.",
            )
        with (
            replacing(target, is_secret=True) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            archive.write(copy, DATABASE)
            for name in FILES:
                if (home.root / name).is_file():
                    archive.write(home.root / name, name)
    return target.stat().st_size


def restore(home: Home, source: Path) -> None:
    """Restore a backup into an empty home whose lock is held.

    All of it is unpacked and checked beside its place first, so that a damaged backup
    leaves nothing behind.

    Raises:
        UsageError: If the home is not empty, or the file is no sound backup.
    """
    if has_database(home):
        raise UsageError(
            f"{home.root} already holds a home.",
            "Restore into an empty directory with --home, or move this home away.",
        )
    with _folder(home) as folder:
        names = _unpack(source, folder)
        _check(source, folder)
        _make_way(home, names)
        for name in names:
            (folder / name).replace(home.root / name)


def _make_way(home: Home, names: Sequence[str]) -> None:
    """Remove what belongs to an earlier database, which was moved away.

    SQLite would take its log for the restored one's, and voices would say what is not
    in it.

    Raises:
        UsageError: If something that is no file stands where a file belongs.
    """
    for name in names:
        if (home.root / name).is_dir():
            raise UsageError(f"{home.root / name} is a folder.", "Move it away first.")
    for suffix in ("-wal", "-shm"):
        (home.root / f"{DATABASE}{suffix}").unlink(missing_ok=True)
    # They belong to the database that was there before.
    for folder in (home.guilds, home.uploads):
        shutil.rmtree(folder, ignore_errors=True)


def restore_key(home: Home, source: Path) -> None:
    """Put back the key of authors alone, out of a backup of this same home.

    Raises:
        UsageError: If the file is no backup, or one of another home.
    """
    with _folder(home) as folder:
        if KEY not in _unpack(source, folder):
            raise UsageError(f"There is no {KEY} in {source}.")
        if not _is_key_of(home, folder / KEY):
            raise UsageError(
                f"The key in {source} does not belong to {home.root}. Nothing was"
                " changed.",
                "Take a backup of this home.",
            )
        (folder / KEY).replace(home.author_key_file)


def _is_key_of(home: Home, path: Path) -> bool:
    """Tell if the people of the home are stored under that key."""
    try:
        key = AuthorKey.load(path)
    except ConfigError:
        return False
    with Database(place_of(home)) as database:
        return database.call(is_known, key)


def _unpack(source: Path, folder: Path) -> list[str]:
    """Unpack a backup; returns the names of its files, the database last."""
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            if DATABASE not in names or not set(names) <= {DATABASE, *FILES}:
                raise UsageError(f"{source} is not a Mynah backup.")
            if len(names) != len(set(names)):
                raise UsageError(f"{source} has two files of one name.")
            wanted = [name for name in (*FILES, DATABASE) if name in names]
            _refuse_bombs(archive, source, folder)
            for name in wanted:
                with archive.open(name) as packed, (folder / name).open("xb") as file:
                    shutil.copyfileobj(packed, file, 1 << 20)
    except FileNotFoundError as error:
        raise UsageError(f"There is no file {source}.") from error
    except _BROKEN_ZIP as error:
        if isinstance(error, OSError) and (known := explain_os_error(error)):
            raise known from error
        raise UsageError(
            f"{source} is damaged: {error}. Nothing was restored.",
            "Use another backup.",
        ) from error
    return wanted


def _refuse_bombs(archive: zipfile.ZipFile, source: Path, folder: Path) -> None:
    sizes = {item.filename: item.file_size for item in archive.infolist()}
    too_large = [
        name
        for name, size in sizes.items()
        if name != DATABASE and size > MOST_FILE_BYTES
    ]
    if too_large:
        raise UsageError(f"{too_large[0]} in {source} is too large to be real.")
    if sum(sizes.values()) > shutil.disk_usage(folder).free:
        raise UsageError(
            f"{source} needs {sum(sizes.values()) >> 20:,} MB, more than the disk has.",
            "Make room on that disk, or choose another one with --home.",
        )


def _check(source: Path, folder: Path) -> None:
    """Refuse what could not be used once it is in its place."""
    if not sqlite.is_sound_file(folder / DATABASE):
        raise UsageError(
            f"The database in {source} is damaged. Nothing was restored.",
            "Use another backup.",
        )
    key, settings = folder / KEY, folder / "config.toml"
    if key.exists() and key.stat().st_size != KEY_BYTES:
        raise UsageError(f"{KEY} in {source} is damaged. Nothing was restored.")
    try:
        if settings.exists():
            load(settings)
        with Database(folder / DATABASE):
            pass
    except (AppError, ConfigError) as error:
        raise UsageError(
            f"{source} cannot be used here: {error.message}", error.hint
        ) from error


@contextmanager
def _folder(home: Home) -> Iterator[Path]:
    """A folder for what is not finished, removed at the end."""
    home.temporary.mkdir(mode=0o700, exist_ok=True)
    folder = home.temporary / f"backup-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
