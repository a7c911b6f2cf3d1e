"""The engines that a home's database can stand on: modules with the same functions."""

from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from app.core.errors import AppError
from app.store.engines.address import StoreAddress

if TYPE_CHECKING:
    from peewee import ColumnBase, Database, Function

Place = Path | StoreAddress
"""A file of SQLite, or a database of PostgreSQL."""


class Mover(Protocol):
    """Moves what was written to its lasting place, in any one thread."""

    def move(self) -> bool: ...
    def close(self) -> None: ...


class Engine(Protocol):
    """All in which the engines differ; a database is one of peewee's."""

    ERRORS: tuple[type[Exception], ...]
    """All that its library and peewee raise."""
    search: ModuleType
    """Finds messages by their words."""
    vectors: ModuleType | None
    """Finds the nearest vectors, where the engine can."""

    def writable(self, place: Place) -> "Database":
        """Open a database for writing."""

    def readable(self, place: Place) -> "Database":
        """Open the same database without write access."""

    def prepare(self, database: "Database") -> None:
        """Make what a connected database needs before its tables."""

    def hold(self, database: "Database") -> bool:
        """Keep other homes out while the connection stands; False if one is there."""

    def is_usable(self, database: "Database") -> bool:
        """Tell if the connection still stands."""

    def home_of(self, database: "Database") -> Path:
        """Return the folder of the home that a database belongs to."""

    def version(self, database: "Database") -> int:
        """Return the schema's version; 0 for an empty database."""

    def set_version(self, database: "Database", number: int) -> None:
        """Store the schema's version, in the transaction that made the change."""

    def changing_tables(self, database: "Database") -> AbstractContextManager[None]:
        """Let a migration rebuild tables."""

    def keep(self, database: "Database", target: Path) -> None:
        """Keep a copy from before a migration, where the engine makes copies."""

    def mover(self, place: Place) -> Mover | None:
        """Return what moves the log into the file, where that is ours to do."""

    def truncate_log(self, database: "Database") -> bool:
        """Empty the log, which may hold deleted text; False while it is in use."""

    def compact(self, database: "Database") -> None:
        """Write everything anew, without what was deleted."""

    def is_sound(self, database: "Database") -> bool:
        """Return whether the engine finds no fault."""

    def copy(self, source: "Database", target: Path) -> None:
        """Write a complete copy to a file while the source stays in use."""

    def numbers(self, database: "Database") -> dict[str, int]:
        """Return the last row number of each table that gives none out twice."""

    def set_numbers(self, database: "Database", numbers: dict[str, int]) -> None:
        """Let tables give out no number up to these, nor one that a row has."""

    def octets(self, text: "ColumnBase") -> "Function":
        """Return the bytes of a text, in SQL."""

    def about(self, database: "Database") -> str:
        """Return the engine and its version in words."""

    def explain(self, error: BaseException, place: Place) -> AppError | None:
        """The error as the owner can act on it; None if it is a bug."""


def engine_at(place: Place) -> Engine:
    """Return the engine of a place; whoever has a file alone loads no other."""
    return _sqlite() if isinstance(place, Path) else _postgresql()


def engine_of(database: "Database") -> Engine:
    """Return the engine of a database of peewee's."""
    return _sqlite() if database.param == "?" else _postgresql()


def _sqlite() -> Engine:
    from app.store.engines import sqlite

    return cast(Engine, sqlite)


def _postgresql() -> Engine:
    try:
        from app.store.engines import postgresql
    except ImportError as error:
        raise AppError(
            f"This Mynah has nothing to speak to PostgreSQL with: {error}.",
            "Install Mynah with `pip install 'mynah[postgresql]'`, or take store.url"
            " out of config.toml.",
        ) from error
    return cast(Engine, postgresql)
