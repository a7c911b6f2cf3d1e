"""Errors of SQLite and of the disk, as what happened and what to do about it."""

import sqlite3
from pathlib import Path

import peewee

from app.core.errors import AppError, explain_os_error

DAMAGED = ("malformed", "not a database", "disk image", "disk i/o error")
FULL = ("database or disk is full",)
READ_ONLY = ("readonly database", "unable to open database file")
BUSY = ("database is locked", "database table is locked")


class DatabaseDamagedError(AppError):
    """SQLite finds the file damaged."""


def explain(error: BaseException, path: Path) -> AppError | None:
    """The error as the owner can act on it; None if it is a bug.

    A rollback that fails hides the error that made it necessary, so the whole chain is
    looked at, the first cause first.
    """
    chain: list[BaseException] = []
    found: BaseException | None = error
    while found is not None and found not in chain:
        chain.append(found)
        found = found.__cause__ or found.__context__
    for one in reversed(chain):
        if isinstance(one, peewee.DatabaseError | sqlite3.DatabaseError):
            known = _known(str(one).lower(), path)
            if known is not None:
                return known
        if isinstance(one, OSError) and (known := explain_os_error(one)) is not None:
            return known
    return None


def _known(text: str, path: Path) -> AppError | None:
    if any(words in text for words in FULL):
        return AppError(
            f"The disk of {path.parent} is full.",
            "Make room on that disk and try again. Everything written before is kept.",
        )
    if path.is_dir():
        return AppError(f"{path} is a folder, not a file.", "Move it away.")
    if any(words in text for words in READ_ONLY):
        return AppError(
            f"{path} cannot be written.",
            f"Check who owns {path.parent} and whether its disk is mounted read-only.",
        )
    if any(words in text for words in BUSY):
        return AppError(
            f"Another program keeps {path} locked.",
            "Close the program that has the file open, then try again.",
        )
    if any(words in text for words in DAMAGED):
        return DatabaseDamagedError(
            f"{path} is damaged.",
            "Move the file away and restore your last backup with `mynah restore`.",
        )
    return None
