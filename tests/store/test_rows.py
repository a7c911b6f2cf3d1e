"""No row object of the database's library leaves the store."""

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Iterator
from typing import Any

import pytest

from app import store
from app.store import rows, tables
from app.store.tables import Table

INSIDE = {"database", "engines", "migrations", "rows", "statements", "tables"}
"""Modules of the store that others ask nothing of but to open and to bring up."""


def functions() -> Iterator[tuple[str, Any]]:
    """The public functions of the store, by module and name."""
    for module in pkgutil.iter_modules(store.__path__):
        if module.name not in INSIDE:
            found = importlib.import_module(f"app.store.{module.name}")
            for name, function in inspect.getmembers(found, inspect.isroutine):
                is_own = getattr(function, "__module__", "") == found.__name__
                if is_own and not name.startswith("_"):
                    yield f"{module.name}.{name}", function


def names_a_table(function: Any) -> bool:
    """Whether a table's class stands anywhere in what a function returns."""
    hints = typing.get_type_hints(inspect.unwrap(function))
    return _holds_a_table(hints.get("return"))


def _holds_a_table(hint: Any) -> bool:
    if inspect.isclass(hint) and issubclass(hint, Table):
        return True
    return any(map(_holds_a_table, typing.get_args(hint)))


@pytest.mark.parametrize(
    "function", [one for _, one in functions()], ids=[name for name, _ in functions()]
)
def test_what_the_store_returns_is_no_row_of_its_tables(function: Any):
    assert not names_a_table(function)


def test_a_function_that_returns_rows_is_found():
    def planted() -> list[tables.Reply] | None: ...

    assert len(list(functions())) > 100
    assert names_a_table(planted)


@pytest.mark.parametrize(
    ("kind", "table"),
    [
        (kind, getattr(tables, name.removeprefix("Stored")))
        for name, kind in vars(rows).items()
        if name.startswith("Stored") and name != "StoredMessage"  # joins three tables
    ],
)
def test_a_plain_value_has_the_fields_of_its_table(kind: type, table: type[Table]):
    columns = {
        getattr(field, "object_id_name", field.name)
        for field in table._meta.sorted_fields
    }
    assert columns >= kind.__dataclass_fields__.keys()  # type: ignore[attr-defined]
