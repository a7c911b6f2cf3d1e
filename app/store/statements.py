"""Statements in plain SQL, for the few places where peewee takes too long."""

import itertools
import zlib
from collections.abc import Sequence
from typing import Any

from peewee import Database

from app.core.names import GuildId

Row = tuple[Any, ...]

BATCH = 500
"""Row numbers per statement of peewee's."""

COPIED = 100
"""Rows from which PostgreSQL's `COPY` is quicker than a statement."""

MOST_VALUES = 32_766
"""The most values of one statement; SQLite takes no more."""


def run(database: Database, statement: str, values: Sequence[object] = ()) -> Any:
    """Run a statement whose values are marked by `?`; return its cursor."""
    if database.param == "?":
        # Past peewee, which takes as long as SQLite does for one row.
        return database.connection().execute(statement, values)
    return database.execute_sql(statement.replace("?", database.param), values)


def insert_new(
    database: Database,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> int:
    """Insert rows that break no unique index; return their number.

    Many rows form one statement, and Python's other threads run meanwhile; row by row,
    SQLite would keep releasing and retaking the interpreter. peewee's own bulk insert
    takes four times as long to build.
    """
    if database.param != "?" and len(rows) >= COPIED:
        return _copy_new(database, table, columns, rows)
    names = ", ".join(f'"{column}"' for column in columns)
    head = f'INSERT INTO "{table}" ({names}) VALUES '
    marks = f"({', '.join('?' * len(columns))})"
    most, added = MOST_VALUES // len(columns), 0
    for start in range(0, len(rows), most):
        part = rows[start : start + most]
        values = list(itertools.chain.from_iterable(part))
        # OR IGNORE would also skip rows that lack a value.
        statement = f"{head}{', '.join([marks] * len(part))} ON CONFLICT DO NOTHING"
        added += run(database, statement, values).rowcount
    return added


def _copy_new(
    database: Database,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
) -> int:
    """Do as `insert_new`, with PostgreSQL's own way for many rows.

    Reading a statement of thousands of values takes it longer than storing them.
    """
    names = ", ".join(f'"{column}"' for column in columns)
    new = f"new_{zlib.crc32(f'{table} {names}'.encode())}"
    with database.atomic():
        run(
            database,
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {new} ON COMMIT DELETE ROWS"
            f' AS SELECT {names} FROM "{table}" LIMIT 0',
        )
        with (
            database.connection().cursor() as cursor,
            cursor.copy(f"COPY {new} ({names}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
        added = run(
            database,
            f'INSERT INTO "{table}" ({names}) SELECT {names} FROM {new}'
            " ON CONFLICT DO NOTHING",
        )
        # More may come in the same transaction.
        run(database, f"DELETE FROM {new}")
    return int(added.rowcount)


def select_among(
    database: Database, select: str, values: Sequence[object], *before: object
) -> list[Row]:
    """Run a statement that ends in `IN` for these values, thousands at a time.

    An import does this in each transaction, and peewee takes ten times as long to build
    it. `before` holds the earlier values of the statement.
    """
    most = MOST_VALUES - len(before)
    found: list[Row] = []
    for start in range(0, len(values), most):
        part = values[start : start + most]
        statement = f"{select} ({', '.join('?' * len(part))})"
        found += run(database, statement, (*before, *part))
    return found


def is_any(database: Database, table: str, guild: GuildId) -> bool:
    """Tell if a table has a row of the guild; each live message asks this."""
    statement = f"SELECT 1 FROM {table} WHERE guild_id = ? LIMIT 1"
    return run(database, statement, (guild,)).fetchone() is not None
