"""Everything specific to SQLite: pragmas, rows, the log, copies and errors."""

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from peewee import (
    ColumnBase,
    DatabaseError,
    Function,
    OperationalError,
    SqliteDatabase,
    fn,
)

from app.core.errors import AppError, DiskFullError, explain_os_error
from app.core.files import put, unfinished
from app.store.search import message_index as search

__all__ = ["search"]

vectors = None
"""The home has the indexes of vectors."""

DAMAGED = ("malformed", "not a database", "disk image")
FULL = ("database or disk is full",)
FAILED = ("disk i/o error",)
READ_ONLY = ("readonly database", "unable to open database file")
BUSY = ("database is locked", "database table is locked")

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "normal",
    "foreign_keys": 1,
    # On macOS alone they matter: fsync there leaves data in the disk's own memory.
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "busy_timeout": 10_000,
    "cache_size": -32_000,
    # Overwrite deleted text with zeros, or "forget" would only hide it.
    "secure_delete": 1,
    "journal_size_limit": 64 * 1024 * 1024,
    # A commit that moves the log of a busy import would delay a reply, and SQLite
    # before 3.51.3 can corrupt the file. So only `LogMover` moves it, in one process.
    "wal_autocheckpoint": 0,
}

LOCK_SECONDS = 30.0
"""The longest wait of a transaction for others to end."""

POLL_SECONDS = 0.001

SHARED_BYTES = 32_768
"""The log's index, which every connection needs (https://sqlite.org/walformat.html)."""

VERSION = sqlite3.sqlite_version

ERRORS: tuple[type[Exception], ...] = (DatabaseError, sqlite3.DatabaseError)

FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))
"""The versions, and the older lines, that can lose no commit while the log moves."""


def can_lose_commits(found: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Tell if a version has the fault of https://www.sqlite.org/wal.html#walresetbug.

    Mynah avoids it (`LogMover`), but other programs on the same file could not.
    """
    newest, *older = FIXED
    in_line = (found[:2] == line[:2] and found >= line for line in older)
    return found < newest and not any(in_line)


class _Patient(SqliteDatabase):
    """Asks for the write lock every millisecond.

    SQLite's own waits grow to a tenth of a second, and so mostly miss the gaps between
    an import's transactions.
    """

    def begin(self, lock_type: str | None = None) -> None:
        deadline = time.monotonic() + LOCK_SECONDS
        self.pragma("busy_timeout", 0)
        try:
            while True:
                try:
                    return super().begin(lock_type)
                except OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > deadline:
                        raise
                    time.sleep(POLL_SECONDS)
        finally:
            self.pragma("busy_timeout", PRAGMAS["busy_timeout"])


def writable(path: Path) -> SqliteDatabase:
    """Open a database for writing."""
    return _Patient(str(path), pragmas=PRAGMAS, autoconnect=False)


def readable(path: Path) -> SqliteDatabase:
    """Open the same database without write access."""
    return SqliteDatabase(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        pragmas={"query_only": 1, "busy_timeout": 10_000, "cache_size": -8_000},
        autoconnect=False,
    )


def prepare(database: SqliteDatabase) -> None:
    """Do nothing: a file needs no more than its tables."""


def hold(database: SqliteDatabase) -> bool:
    """Keep nobody out: a file belongs to one home, which has a lock of its own."""
    return True


def is_usable(database: SqliteDatabase) -> bool:
    """Tell that the connection stands; that to a file always does."""
    return True


def home_of(database: SqliteDatabase) -> Path:
    """Return the folder of the home that a database belongs to."""
    return Path(database.database).parent


def version(database: SqliteDatabase) -> int:
    """Return the schema's version; 0 for an empty file."""
    return int(database.pragma("user_version"))


def set_version(database: SqliteDatabase, number: int) -> None:
    """Store the schema's version, in the transaction that made the change."""
    database.pragma("user_version", number)


@contextlib.contextmanager
def changing_tables(database: SqliteDatabase) -> Iterator[None]:
    """Let a migration rebuild tables.

    With foreign keys on, that would delete the rows that refer to them, and the pragma
    only works outside a transaction.
    """
    database.pragma("foreign_keys", 0)
    try:
        yield
    finally:
        database.pragma("foreign_keys", 1)


def keep(database: SqliteDatabase, target: Path) -> None:
    """Keep a copy from before a migration."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy(database, target)


def mover(place: Path) -> "LogMover":
    """Return what moves the log into the file."""
    return LogMover(place)


class LogMover:
    """Moves the log into the file with its own connection, in any one thread.

    Others read and write meanwhile. It never touches a log that is in the file whole:
    before 3.51.3, a commit that starts such a log anew at that moment can be lost, and
    the file corrupt (https://www.sqlite.org/wal.html#walresetbug).
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._moved = self._commits()

    def move(self) -> bool:
        """Move as much as readers allow; False if nothing was committed since all was.

        A commit while it ends may wait for the next one.

        Raises:
            sqlite3.DatabaseError: If the disk or the file is at fault.
        """
        if self._commits() == self._moved:
            return False
        statement = "PRAGMA wal_checkpoint(PASSIVE)"
        is_busy, frames, moved = self._connection.execute(statement).fetchone()
        if not is_busy and frames == moved:
            self._moved = self._commits()
        return True

    def _commits(self) -> int:
        """Return a number that each commit of another connection changes."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close the connection; the log stays for whoever closes last."""
        self._connection.close()


def truncate_log(database: SqliteDatabase) -> bool:
    """Empty the log, which may hold deleted text; False while a reader needs it."""
    busy, _, _ = database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def compact(database: SqliteDatabase) -> None:
    """Write the whole file anew.

    `secure_delete` overwrites a deleted row, but not the copies that stay in the gaps
    of pages when SQLite moves rows to other pages.
    """
    database.execute_sql("VACUUM")


def is_sound(database: SqliteDatabase) -> bool:
    """Return whether SQLite finds no fault in the file."""
    return bool(database.execute_sql("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def is_sound_file(path: Path) -> bool:
    """Tell if SQLite finds a file to be a sound database, indexes included."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
            found = opened.execute("PRAGMA integrity_check(1)").fetchone()
            return bool(found[0] == "ok")
    except sqlite3.DatabaseError:
        return False


def copy(source: SqliteDatabase, target: Path) -> None:
    """Write a complete copy to `target` while the source stays in use."""
    with unfinished(target) as temporary:
        with closing(sqlite3.connect(temporary)) as destination:
            source.connection().backup(destination)
            destination.execute("PRAGMA journal_mode = delete").fetchone()
        put(temporary, target)


def numbers(database: SqliteDatabase) -> dict[str, int]:
    """Return the last row number of each table that gives none out twice."""
    return dict(database.execute_sql("SELECT name, seq FROM sqlite_sequence"))


def set_numbers(database: SqliteDatabase, numbers: dict[str, int]) -> None:
    """Let tables give out no number up to these; those of rows are never given out."""
    for table in database.get_tables():
        last = numbers.get(table, 0)
        same = "UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = ?"
        if database.execute_sql(same, (last, table)).rowcount or not last:
            continue
        database.execute_sql("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, last))


def octets(text: ColumnBase) -> Function:
    """Return the bytes of a text, in SQL."""
    return fn.LENGTH(text.cast("BLOB"))


def about(database: SqliteDatabase) -> str:
    """Return the engine and its version in words."""
    return f"SQLite {VERSION}"


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
        if isinstance(one, DatabaseError | sqlite3.DatabaseError):
            known = _known(str(one).lower(), path)
            if known is not None:
                return known
        if isinstance(one, OSError) and (known := explain_os_error(one)) is not None:
            return known
    return None


def _known(text: str, path: Path) -> AppError | None:
    if any(words in text for words in FULL) or (
        # SQLite says so of files beside the database that it cannot make or lengthen.
        any(words in text for words in (*FAILED, *READ_ONLY)) and _is_full(path.parent)
    ):
        return DiskFullError(
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
    if any(words in text for words in FAILED):
        return AppError(
            f"The disk of {path.parent} failed to read or write.",
            "Check that it is connected and sound, then start Mynah again.",
        )
    if any(words in text for words in DAMAGED):
        return DatabaseDamagedError(
            f"{path} is damaged.",
            "Move the file away and restore your last backup with `mynah restore`.",
        )
    return None


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < SHARED_BYTES
    except OSError:
        return False
