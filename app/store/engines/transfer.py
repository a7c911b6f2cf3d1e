"""The move of a database to another place: copied, counted and compared."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from peewee import (
    BooleanField,
    Database,
    Field,
    FloatField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from app.core.errors import AppError, UsageError
from app.store import database as stored
from app.store.engines import Engine, Place, engine_at
from app.store.engines.address import TakenError
from app.store.statements import Row, insert_new, run
from app.store.tables import TABLES, Table

PAGE = 2000
"""Rows of one step; a move that was stopped goes on after the last whole one."""

MARK_ROW, MARK = -1, "moved from"
"""The row in which an unfinished copy names what it is of."""

Tell = Callable[[str, int, int], None]
"""Hears of a table, the rows that are done, and all of them."""


class _Side(NamedTuple):
    """One of the two databases, open."""

    place: Place
    engine: Engine
    database: Database


def copy(source: Place, target: Place, tell: Tell) -> dict[str, int]:
    """Copy a database whose home nobody uses; return the rows of each table.

    Both stay as they are if it is stopped; the next call goes on there.

    Raises:
        UsageError: If the target holds something else.
        AppError: If either cannot be used, or the copy is not what it is of.
    """
    for place in (source, target):
        # Makes the tables, or brings them to this version.
        with stored.Database(place):
            pass
    sides = (_opened(source, is_source=True), _opened(target, is_source=False))
    try:
        for side in sides:
            if not side.engine.hold(side.database):
                raise TakenError(side.place)
        return _copy(*sides, tell)
    except tuple(error for side in sides for error in side.engine.ERRORS) as error:
        for side in sides:
            if known := side.engine.explain(error, side.place):
                raise known from error
        raise AppError(
            f"The move to {target} failed: {error}.",
            "Nothing was changed at the old place.",
        ) from error
    finally:
        for side in sides:
            side.database.close()


def _opened(place: Place, *, is_source: bool) -> _Side:
    engine = engine_at(place)
    database = engine.readable(place) if is_source else engine.writable(place)
    database.connect()
    return _Side(place, engine, database)


def _copy(source: _Side, target: _Side, tell: Tell) -> dict[str, int]:
    _begin(source, target)
    counts = {}
    # In their order, no table leads to a later one.
    for table in TABLES:
        counts[_name(table)] = _copy_table(source, target, table, tell)
    target.engine.set_numbers(target.database, source.engine.numbers(source.database))
    for table in TABLES:
        check = partial(tell, f"check of {_name(table)}")
        total = counts[_name(table)]
        if _digest(source, table, total, check) != _digest(target, table, total, check):
            raise AppError(
                f"The table {_name(table)} at {target.place} is not what it was.",
                f"The old one is still used. {_emptied(target.place)}, and move again.",
            )
    run(target.database, "DELETE FROM home_value WHERE id = ?", (MARK_ROW,))
    return counts


def _begin(source: _Side, target: _Side) -> None:
    """Mark the target as a copy of the source, unless it is marked so already."""
    sought = "SELECT value FROM home_value WHERE id = ? AND name = ?"
    found = run(target.database, sought, (MARK_ROW, MARK)).fetchone()
    if found and found[0] == str(source.place):
        return
    for table in TABLES:
        if found or run(target.database, f"SELECT 1 FROM {_quoted(table)}").fetchone():
            raise UsageError(
                f"{target.place} holds another database already.",
                f"Name an empty one, or: {_emptied(target.place)}, if it may go.",
            )
    columns = ("id", "name", "value")
    mark = (MARK_ROW, MARK, str(source.place))
    insert_new(target.database, "home_value", columns, [mark])


def _copy_table(source: _Side, target: _Side, table: type[Table], tell: Tell) -> int:
    name, (total,) = _name(table), _first(source, f"COUNT(*) FROM {_quoted(table)}")
    # Rows are copied in their order, so that the last one tells how far it is.
    last = f"COALESCE(MAX(id), 0), COUNT(*) FROM {_quoted(table)} WHERE id > 0"
    after, done = _first(target, last)
    columns = [field.column_name for field in _fields(table)]
    own = [field.column_name for field in _fields(table) if _is_to_itself(field)]
    for rows in _pages(source, table, after):
        # What leads to the same table may lead to a row that is not there yet.
        empty = {columns.index(column) for column in own}
        bare = [
            [None if place in empty else one for place, one in enumerate(row)]
            for row in rows
        ]
        with target.database.atomic("IMMEDIATE"):
            insert_new(target.database, name, columns, bare)
        done += len(rows)
        tell(name, done, total)
    for column in own:
        _lead_back(source, target, table, column)
    return int(total)


def _lead_back(source: _Side, target: _Side, table: type[Table], column: str) -> None:
    found = run(
        source.database,
        f'SELECT "{column}", id FROM {_quoted(table)} WHERE "{column}" IS NOT NULL',
    ).fetchall()
    with target.database.atomic("IMMEDIATE"):
        for row in found:
            change = f'UPDATE {_quoted(table)} SET "{column}" = ? WHERE id = ?'
            run(target.database, change, row)


def _pages(side: _Side, table: type[Table], after: int) -> Iterator[list[Row]]:
    """Yield the rows after one, in their order, as both engines hold them."""
    fields = _fields(table)
    names = ", ".join(_read(field) for field in fields)
    select = f"SELECT {names} FROM {_quoted(table)} WHERE id > ? ORDER BY id LIMIT ?"
    while found := run(side.database, select, (after, PAGE)).fetchall():
        rows: list[Row] = [tuple(map(_plain, fields, row)) for row in found]
        yield rows
        after = rows[-1][0]


def _emptied(place: Place) -> str:
    """Say how to empty a place."""
    if isinstance(place, Path):
        return f"Delete {place}"
    return "Run `DROP SCHEMA mynah CASCADE` there"


def _digest(
    side: _Side, table: type[Table], total: int, check: Callable[[int, int], None]
) -> str:
    """Return a digest of all rows of a table."""
    digest, done = hashlib.sha256(), 0
    check(done, total)
    for rows in _pages(side, table, 0):
        done += len(rows)
        check(done, total)
        for row in rows:
            digest.update(repr(row).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _read(field: Field) -> str:
    name = f'"{field.column_name}"'
    return f"CAST({name} AS TEXT)" if isinstance(field, JSONField) else name


def _plain(field: Field, value: object) -> object:
    """Return a value as a column of its kind holds it; SQLite's hold any kind."""
    if field.column_name == "indexed":
        return 0  # The index of a search is not moved.
    if value is None:
        return None
    if isinstance(field, BooleanField):
        return bool(value)
    if isinstance(field, TextField):
        return str(value).replace("\0", "\ufffd")
    if isinstance(field, JSONField):
        return _as_json(str(value))
    if isinstance(field, FloatField):
        return float(str(value))
    if isinstance(field, IntegerField | ForeignKeyField):
        return int(str(value))
    return bytes(value) if isinstance(value, memoryview | bytearray) else value


def _as_json(text: str) -> str:
    """Return JSON in one form: each engine's own has other spaces."""
    return json.dumps(json.loads(text))


def _fields(table: type[Table]) -> Sequence[Field]:
    fields: Sequence[Field] = table._meta.sorted_fields
    return fields


def _is_to_itself(field: Field) -> bool:
    return isinstance(field, ForeignKeyField) and field.rel_model is field.model


def _name(table: type[Table]) -> str:
    return str(table._meta.table_name)


def _quoted(table: type[Table]) -> str:
    return f'"{_name(table)}"'


def _first(side: _Side, what: str) -> Row:
    row: Row = run(side.database, f"SELECT {what}").fetchone()
    return row
