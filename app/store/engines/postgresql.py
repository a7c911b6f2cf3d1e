"""Everything specific to PostgreSQL: the connection, rows, locks and errors."""

import contextlib
import selectors
from collections.abc import Callable, Iterator
from pathlib import Path

import peewee
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.types.json import Json
from psycopg.types.string import StrDumperUnknown

from app.core.errors import AppError
from app.store.engines.address import EXAMPLE, PASSWORD, StoreAddress, UnreachableError
from app.store.engines.neighbours import TURN_LOCK
from app.store.search import message_trigrams as search
from app.store.search import near_vectors as vectors
from app.store.statements import run

__all__ = ["search", "vectors"]

ERRORS: tuple[type[Exception], ...] = (peewee.PeeweeException, psycopg.Error)

SCHEMA = "mynah"
"""The tables' own, so that they mix with no others of the database."""

LOCK_SECONDS = 30
"""The longest wait of a transaction for others to end."""

WRITERS_LOCK = 0x6D796E6168
"""The number under which writers exclude each other, as a file of SQLite's does."""

UNREACHABLE = ("08", "57P01", "57P02", "57P03")
"""States of a server that is away, ends or starts; the first two are a class."""

FULL, READ_ONLY, BUSY = "53100", "25006", "55P03"
DENIED, DAMAGED, UNKNOWN_NAME = ("42501", "28"), "XX", "3D000"


_Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)
"""`select` alone takes no descriptor above 1,023, and Windows has nothing else."""


NEAR_VECTORS = " -c hnsw.ef_search=200 -c hnsw.iterative_scan=relaxed_order"
"""pgvector's effort, and to search on where few of the nearest are of the server."""


GONE = "".join(
    f" -c tcp_keepalives_{name}={value}"
    for name, value in (("idle", 30), ("interval", 10), ("count", 3))
)
"""The server notices within a minute that a computer is gone, and lets others in."""


Dumps = Callable[[object], str]


class _JsonMethods(peewee.PostgresqlDatabase.json_methods):
    """Keeps JSON as it was written: `jsonb` would reorder it and refuses some signs."""

    def make_value_wrapper(
        self, dumps: Callable[[object], str]
    ) -> Callable[[object], Json]:
        return lambda value: value if isinstance(value, Json) else Json(value, dumps)


class _Text(StrDumperUnknown):
    """Texts; PostgreSQL alone takes no zero byte."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(obj.replace("\0", "\ufffd"))


class _Number(Loader):
    """Sums of numbers, which Python's own kinds hold."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)


class PostgresqlHome(peewee.PostgresqlDatabase):
    """The database of one home; its writers wait for each other."""

    # Texts are sorted and compared as SQLite does, whatever the server's language is.
    field_types = {
        **peewee.PostgresqlDatabase.field_types,
        "TEXT": 'TEXT COLLATE "C"',
        "JSON": "JSON",
    }
    json_methods = _JsonMethods

    def __init__(self, address: StoreAddress, *, read_only: bool) -> None:
        options = f"-c search_path={SCHEMA},public -c lock_timeout={LOCK_SECONDS}s"
        options += NEAR_VECTORS + GONE
        if read_only:
            options += " -c default_transaction_read_only=on"
        self.address = address
        super().__init__(
            address.database,
            prefer_psycopg3=True,
            autoconnect=False,
            application_name="mynah",
            options=options,
            client_encoding="utf8",
            # With values bound by the server, an expression in GROUP BY would count as
            # another one than the same in SELECT.
            cursor_factory=psycopg.ClientCursor,
            **address.parameters(),  # type: ignore[arg-type]
        )

    def _connect(self) -> psycopg.Connection:
        connection: psycopg.Connection = super()._connect()  # type: ignore[misc]
        connection.adapters.register_dumper(str, _Text)
        connection.adapters.register_loader("numeric", _Number)
        return connection

    def _close(self, conn: psycopg.Connection) -> None:
        # The server sees the end of a connection, and of its locks, a moment later.
        with contextlib.suppress(psycopg.Error):
            conn.execute("SELECT pg_advisory_unlock_all()")
        super()._close(conn)  # type: ignore[misc]

    def begin(self, lock_type: str | None = None) -> None:
        super().begin()
        if lock_type is not None:
            self.execute_sql("SELECT pg_advisory_xact_lock(%s)", (WRITERS_LOCK,))


def writable(place: StoreAddress) -> PostgresqlHome:
    """Open a database for writing."""
    return PostgresqlHome(place, read_only=False)


def readable(place: StoreAddress) -> PostgresqlHome:
    """Open the same database without write access."""
    return PostgresqlHome(place, read_only=True)


def prepare(database: PostgresqlHome) -> None:
    """Make the schema, if it may be missing.

    Raises:
        AppError: If the database cannot hold every text.
    """
    (encoding,) = run(database, "SHOW server_encoding").fetchone()
    if encoding != "UTF8":
        raise AppError(
            f"The database at {database.address} is not in UTF-8 but in {encoding}.",
            "Make another one with `createdb --encoding UTF8 --template template0`.",
        )
    sought = "SELECT 1 FROM pg_namespace WHERE nspname = ?"
    if not run(database, sought, (SCHEMA,)).fetchone():
        run(database, f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")


def hold(database: PostgresqlHome) -> bool:
    """Keep other homes out while the connection stands; False if one is there."""
    (is_held,) = run(
        database, "SELECT pg_try_advisory_lock(?)", (TURN_LOCK,)
    ).fetchone()
    return bool(is_held)


def is_usable(database: PostgresqlHome) -> bool:
    """Tell if the connection still stands, without asking the server."""
    link = database.connection().pgconn
    if link.status != psycopg.pq.ConnStatus.OK:
        return False
    # Nothing was asked, so that whatever came is the server's farewell.
    with _Selector() as selector:
        selector.register(link.socket, selectors.EVENT_READ)
        return not selector.select(0)


def home_of(database: PostgresqlHome) -> Path:
    """Return the folder of the home that a database belongs to."""
    return database.address.home


def version(database: PostgresqlHome) -> int:
    """Return the schema's version; 0 for an empty database."""
    sought = "SELECT to_regclass(?)"
    if run(database, sought, (f"{SCHEMA}.schema_version",)).fetchone()[0] is None:
        return 0
    found = run(database, "SELECT number FROM schema_version").fetchone()
    return int(found[0]) if found else 0


def set_version(database: PostgresqlHome, number: int) -> None:
    """Store the schema's version, in the transaction that made the change."""
    run(database, "CREATE TABLE IF NOT EXISTS schema_version (number INTEGER NOT NULL)")
    run(database, "DELETE FROM schema_version")
    run(database, "INSERT INTO schema_version VALUES (?)", (number,))


@contextlib.contextmanager
def changing_tables(database: PostgresqlHome) -> Iterator[None]:
    """Let a migration change tables, which needs no more here."""
    yield


def keep(database: PostgresqlHome, target: Path) -> None:
    """Make no copy: a step that fails changes nothing, and `pg_dump` makes copies."""


def mover(place: StoreAddress) -> None:
    """Leave the log to the server."""


def truncate_log(database: PostgresqlHome) -> bool:
    """Leave the log to the server, which reuses its files in time."""
    return True


def compact(database: PostgresqlHome) -> None:
    """Write every table anew.

    A deleted row stays in its page until then, and in the page's free space even after
    a plain VACUUM.
    """
    sought = "SELECT tablename FROM pg_tables WHERE schemaname = ?"
    tables = [f'{SCHEMA}."{name}"' for (name,) in run(database, sought, (SCHEMA,))]
    # A table is locked until its indexes are written, and a graph takes minutes.
    vectors.drop_graphs(database)
    run(database, f"VACUUM (FULL, ANALYZE) {', '.join(tables)}")
    vectors.make_graphs(database)


def is_sound(database: PostgresqlHome) -> bool:
    """Return whether the server answers; it looks after its files itself."""
    return bool(run(database, "SELECT 1").fetchone() == (1,))


def copy(source: PostgresqlHome, target: Path) -> None:
    """Refuse, as PostgreSQL has a program of its own for that.

    Raises:
        AppError: Always.
    """
    raise AppError(
        "This home's database is on PostgreSQL, which makes its own backups.",
        f"Run `pg_dump --format=custom --schema={SCHEMA} --file=mynah.dump"
        f" {source.address}`, and keep {source.address.home / 'author.key'} and"
        " config.toml with it.",
    )


def numbers(database: PostgresqlHome) -> dict[str, int]:
    """Return the last row number of each table that gives none out twice."""
    found = run(
        database,
        "SELECT sequencename, last_value FROM pg_sequences"
        " WHERE schemaname = ? AND last_value IS NOT NULL",
        (SCHEMA,),
    )
    return {name.removesuffix("_id_seq"): last for name, last in found}


def set_numbers(database: PostgresqlHome, numbers: dict[str, int]) -> None:
    """Let tables give out no number up to these, nor one that a row has."""
    sought = "SELECT sequencename FROM pg_sequences WHERE schemaname = ?"
    for (sequence,) in run(database, sought, (SCHEMA,)).fetchall():
        table = sequence.removesuffix("_id_seq")
        highest = f'SELECT COALESCE(MAX(id), 0) FROM {SCHEMA}."{table}"'
        last = max(numbers.get(table, 0), run(database, highest).fetchone()[0])
        if last > 0:
            run(database, "SELECT setval(?, ?)", (f'{SCHEMA}."{sequence}"', last))


def octets(text: peewee.ColumnBase) -> peewee.Function:
    """Return the bytes of a text, in SQL."""
    return peewee.fn.OCTET_LENGTH(text)


def about(database: PostgresqlHome) -> str:
    """Return the engine and its version in words."""
    (number,) = run(database, "SHOW server_version").fetchone()
    return f"PostgreSQL {number.split()[0]} at {database.address}"


def explain(error: BaseException, place: StoreAddress) -> AppError | None:
    """The error as the owner can act on it; None if it is a bug."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, psycopg.Error):
        found = found.__cause__ or found.__context__
    if found is None:
        return None
    state = found.sqlstate or ""
    if not state:
        return _of_connection(found, place)
    if state.startswith(UNREACHABLE):
        return _unreachable(place, "it ends or starts just now")
    if state == FULL:
        return AppError(
            f"The disk of the database at {place} is full.",
            "Make room there and try again. Everything written before is kept.",
        )
    if state == READ_ONLY:
        return AppError(
            f"The database at {place} cannot be written.",
            "Name a server that takes changes, not a copy that follows one.",
        )
    if state == BUSY:
        return AppError(
            f"Another program keeps the database at {place} locked.",
            "Close the program that uses it, then try again.",
        )
    if state.startswith(DENIED):
        return AppError(
            f"The database at {place} refuses this user: {_reason(found)}.",
            "Let the user own the database: `ALTER DATABASE name OWNER TO user`.",
        )
    if state == UNKNOWN_NAME:
        return AppError(f"There is no database at {place}.", "Make it with `createdb`.")
    if state.startswith(DAMAGED):
        return AppError(
            f"PostgreSQL finds the database at {place} damaged: {_reason(found)}.",
            "Look into the server's log, and restore your last backup.",
        )
    return None


def _of_connection(error: psycopg.Error, place: StoreAddress) -> AppError | None:
    """An error without a state: the connection's, or a bug's."""
    if not isinstance(error, psycopg.OperationalError):
        return None
    reason = _reason(error)
    if "password" in reason or "authentication" in reason:
        hint = f"Store it with `mynah config set {PASSWORD}`, or in ~/.pgpass."
        return AppError(f"{place} refuses the password: {reason}.", hint)
    if "SSL" in reason:
        return AppError(
            f"{place} offers no encryption that Mynah takes: {reason}.",
            "Switch TLS on at the server; or, in a network that you trust, add"
            " ?sslmode=disable to store.url.",
        )
    if "FATAL" in reason:
        hint = f"Make the user and the database at the server. {EXAMPLE}"
        return AppError(f"{place} refuses Mynah: {reason}.", hint)
    return _unreachable(place, reason)


def _unreachable(place: StoreAddress, reason: str) -> UnreachableError:
    return UnreachableError(
        f"PostgreSQL does not answer at {place}: {reason}.",
        "Start it, or correct store.url in config.toml.",
    )


def _reason(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
