"""What is SQLite's alone: pragmas, row numbers, checkpoints, scrubbing and copies."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from peewee import SqliteDatabase

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "normal",
    "foreign_keys": 1,
    "busy_timeout": 10_000,
    "cache_size": -32_000,
    # Deleted text is overwritten with zeros, or "forget" would only hide it.
    "secure_delete": 1,
    "journal_size_limit": 64 * 1024 * 1024,
}


def writable(path: Path, *, checkpoints: bool) -> SqliteDatabase:
    """A database that may be written.

    With `checkpoints` off the connection leaves the log to another process: SQLite
    before 3.51.3 can corrupt a file that two processes checkpoint at once.
    """
    pragmas = dict(PRAGMAS)
    if not checkpoints:
        pragmas["wal_autocheckpoint"] = 0
    return SqliteDatabase(str(path), pragmas=pragmas, autoconnect=False)


def readable(path: Path) -> SqliteDatabase:
    """The same database, with no way to change it."""
    return SqliteDatabase(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        pragmas={"query_only": 1, "busy_timeout": 10_000, "cache_size": -8_000},
        autoconnect=False,
    )


def version(database: SqliteDatabase) -> int:
    """The schema's version; 0 for an empty file."""
    return int(database.pragma("user_version"))


def set_version(database: SqliteDatabase, number: int) -> None:
    """Record the schema's version, in the transaction that made the change."""
    database.pragma("user_version", number)


def last_row(database: SqliteDatabase, table: str) -> int:
    """The highest row number that `table` ever gave out, or 0."""
    query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
    found = database.execute_sql(query, (table,)).fetchone()
    return int(found[0]) if found else 0


def insert_new(
    database: SqliteDatabase,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> int:
    """Insert rows that break no unique index; returns how many those were.

    peewee's own bulk insert builds one statement with a parameter a value, which is
    four times slower.
    """
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({marks})"
    return int(database.connection().executemany(statement, rows).rowcount)


def checkpoint(database: SqliteDatabase) -> None:
    """Move what is in the log into the file, as far as readers allow."""
    database.execute_sql("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def truncate_log(database: SqliteDatabase) -> bool:
    """Empty the log, which may hold deleted text; False while a reader needs it."""
    busy, _, _ = database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def is_sound(database: SqliteDatabase) -> bool:
    """Whether SQLite finds no fault in the file."""
    return bool(database.execute_sql("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def copy(source: SqliteDatabase, target: Path) -> None:
    """Write a complete copy to `target` while the source stays in use."""
    temporary = target.with_name(target.name + ".part")
    temporary.unlink(missing_ok=True)
    destination = sqlite3.connect(temporary)
    try:
        source.connection().backup(destination)
        destination.execute("PRAGMA journal_mode = delete").fetchone()
    finally:
        destination.close()
    temporary.replace(target)
