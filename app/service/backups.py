"""A backup of a home in one file: everything that cannot be rebuilt."""

import os
import zipfile
from pathlib import Path

from app.core.errors import UsageError
from app.core.paths import Home
from app.store.database import Database

DATABASE = "mynah.db"
FILES = ("config.toml", "author.key", "prices.toml")
"""Voices and indexes are left out: they are built from the database. So are secrets."""


def back_up(home: Home, database: Database, target: Path) -> int:
    """Write a backup while the home is in use; return its size. Blocking."""
    if not target.parent.is_dir():
        raise UsageError(f"There is no directory {target.parent}.")
    copy = home.root / "backup.tmp"
    temporary = target.with_name(target.name + ".part")
    try:
        database.copy_to(copy)
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "w+b") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            archive.write(copy, DATABASE)
            for name in FILES:
                if (home.root / name).is_file():
                    archive.write(home.root / name, name)
    finally:
        copy.unlink(missing_ok=True)
    temporary.replace(target)
    return target.stat().st_size


def restore(home: Home, source: Path) -> None:
    """Restore a backup into an empty home whose lock is held.

    Raises:
        UsageError: If the home is not empty, or the file is not a backup.
    """
    if home.database.exists():
        raise UsageError(
            f"{home.root} already holds a home.",
            "Restore into an empty directory with --home, or move this home away.",
        )
    try:
        with zipfile.ZipFile(source) as archive:
            names = set(archive.namelist())
            if DATABASE not in names or not names <= {DATABASE, *FILES}:
                raise UsageError(f"{source} is not a Mynah backup.")
            for name in (*FILES, DATABASE):
                if name in names:
                    _extract(archive, name, home.root / name)
    except (OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"{source} cannot be restored: {error}.") from error


def _extract(archive: zipfile.ZipFile, name: str, target: Path) -> None:
    temporary = target.with_name(target.name + ".part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, archive.open(name) as packed:
        while block := packed.read(1 << 20):
            file.write(block)
    temporary.replace(target)
