"""Keeps this process's own code away from the files of a database that it has open.

On POSIX systems, closing any plain file of them drops SQLite's locks (sections 2.2 and
2.4 of https://www.sqlite.org/howtocorrupt.html). The next process to open the database
then finds nobody there, and deletes the log under the one that writes it.
"""

import errno
import functools
import os
import sys
from contextlib import suppress
from pathlib import Path

SUFFIXES = ("", "-wal", "-shm")
"""The ends of the names of a database's file, its log and the log's index."""

_guarded: list[Path] = []
"""One for each open `Database`; threads append and remove."""


def guard(path: Path) -> None:
    """Refuse to open or replace a database's files until `release`.

    SQLite itself does not pass here: it opens its files in C.
    """
    _watch()
    _guarded.append(path.absolute())


def release(path: Path) -> None:
    """Allow it again, once the last one that has the database open is gone."""
    _guarded.remove(path.absolute())


@functools.cache
def _watch() -> None:
    sys.addaudithook(_on_event)


def _on_event(event: str, args: tuple[object, ...]) -> None:
    """Refuse what Python is about to do, before it does so.

    Raises:
        OSError: EBUSY, as other systems say of such a file.
    """
    if not _guarded or event not in ("open", "os.rename"):
        return
    # Further values are modes and descriptors.
    for path in args[: 1 if event == "open" else 2]:
        if isinstance(path, str | bytes | os.PathLike) and _is_guarded(path):
            why = "it is a database that Mynah has open"
            raise OSError(errno.EBUSY, why, os.fsdecode(path))


def _is_guarded(path: str | bytes | os.PathLike[str]) -> bool:
    with suppress(OSError, ValueError):
        found = os.stat(path)
        name = os.path.normcase(os.path.abspath(os.fsdecode(path)))
        return any(
            # By its number on the disk: links have other names. Windows tells none of
            # its devices, nor of a file in another's sole use.
            _is_at(file, found) if found.st_ino else os.path.normcase(file) == name
            for guarded in set(_guarded)
            for file in (f"{guarded}{suffix}" for suffix in SUFFIXES)
        )
    return False


def _is_at(path: str, found: os.stat_result) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path), found)
    return False
