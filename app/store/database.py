"""An open database: one connection in its own thread."""

import asyncio
import functools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar

import peewee

from app.core import file_guard
from app.core.errors import AppError, DiskFullError
from app.core.system import private
from app.core.system.disk_reserve import DiskReserve
from app.store import migrations
from app.store.engines import Mover, Place, engine_at
from app.store.tables import TABLES, Guild

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 1.0
"""The shortest time between moves of the log into the file."""

P = ParamSpec("P")
T = TypeVar("T")


# peewee keeps the database of new tables in a place that all threads share.
_opening = threading.Lock()


class StoreTurn(Protocol):
    """Lets one home at a time use a database, and ends for good with its turn."""

    def hold(self, database: peewee.Database) -> None: ...
    def begin(self, database: peewee.Database) -> None: ...
    def go_on(self, database: peewee.Database) -> None: ...


class Database:
    """One connection in one named thread; query functions run there, one at a time.

    A writing process opens one, and a second, read-only one so that long reads do not
    delay writes.
    """

    def __init__(
        self,
        place: Place,
        *,
        read_only: bool = False,
        checkpoints: bool = True,
        reserve: DiskReserve | None = None,
        turn: StoreTurn | None = None,
    ) -> None:
        """Open the database; create or migrate it unless `read_only`.

        Only the process with `checkpoints` moves a file's log into it, for all.
        `reserve` gives up its room when the disk is full. A home with a `turn` keeps
        other homes out of its database.

        Raises:
            AppError: If it is newer than the program, damaged or cannot be opened;
                also of every query, when the disk or the file is at fault.
        """
        self.place = place
        self.is_read_only = read_only
        self.engine = engine_at(place)
        self._errors: tuple[type[Exception], ...] = (*self.engine.ERRORS, OSError)
        open_ = self.engine.readable if read_only else self.engine.writable
        self._peewee: peewee.Database = open_(place)
        self._checkpoints = checkpoints and not read_only
        self._reserve = reserve
        self._turn = turn
        self._was_open = False
        self._mover: Mover | None = None
        self._checkpointed = time.monotonic()
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="store-checkpoint")
        name = "store-reader" if read_only else "store"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        if isinstance(place, Path):
            file_guard.guard(place)
        with ExitStack() as stack:
            stack.callback(self.close)
            self.call(self._open)
            stack.pop_all()

    def _open(self) -> None:
        with _opening:
            self._connect()

    def _connect(self) -> None:
        try:
            self._peewee.connect()
            self._peewee.bind(TABLES)
            if self.is_read_only:
                migrations.check(self._peewee, self.place)
            else:
                self.engine.prepare(self._peewee)
                home = self.engine.home_of(self._peewee)
                if self._turn:
                    self._turn.hold(self._peewee)
                migrations.migrate(self._peewee, self.place, home / "backups")
                if self._turn:
                    self._turn.begin(self._peewee)
                if isinstance(self.place, Path):
                    private.keep(self.place)
            if self._checkpoints:
                self._mover = self.engine.mover(self.place)
            self._was_open = True
        except self.engine.ERRORS as error:
            known = self.engine.explain(error, self.place)
            raise known or AppError(
                f"{self.place} cannot be opened: {error}.",
                "Run `mynah doctor`.",
            ) from error

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a query function in the database's thread, and wait for its result."""
        return self.submit(function, *args, **kwargs).result()

    async def run(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query function in the database's thread without blocking the loop."""
        future = self.submit(function, *args, **kwargs)
        return await asyncio.wrap_future(future)

    def submit(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> "Future[T]":
        """Run a query function in the database's thread, without waiting."""
        if self._mover:
            self._checkpoint_at_times(self._mover)
        return self._thread.submit(
            functools.partial(self._explained, function, *args, **kwargs)
        )

    def _explained(
        self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query function; every error of the engine or the disk passes here."""
        try:
            if self._was_open and not self._is_usable():
                self._connect_again()
            return function(*args, **kwargs)
        except self._errors as error:
            known = self.engine.explain(error, self.place)
            if known is None:
                raise
            if isinstance(known, DiskFullError) and self._reserve:
                if self._reserve.give_up() and hasattr(function, "is_transaction"):
                    return function(*args, **kwargs)
            raise known from error

    def _is_usable(self) -> bool:
        is_closed = self._peewee.is_closed()
        return not is_closed and self.engine.is_usable(self._peewee)

    def _connect_again(self) -> None:
        self._peewee.close()
        self._peewee.connect()
        with ExitStack() as stack:
            stack.callback(self._peewee.close)
            if self._turn:
                self._turn.go_on(self._peewee)
            stack.pop_all()

    def _checkpoint_at_times(self, mover: Mover) -> None:
        now = time.monotonic()
        if now - self._checkpointed > CHECKPOINT_SECONDS:
            self._checkpointed = now
            self._keeper.submit(mover.move)
            if self._reserve:
                self._keeper.submit(self._reserve.fill)

    async def truncate_log(self) -> bool:
        """Empty the log, so that no deleted text is left.

        Returns:
            False while a reader needs it, or the disk is full; try again later.
        """
        try:
            return await self.run(self.engine.truncate_log, self._peewee)
        except AppError as error:
            log.debug("The database's log stays for now: %s", error)
            return False

    def compact(self) -> None:
        """Write every page anew; the log then has to be emptied, too.

        It takes half a second per million messages, in which nobody else can write.
        The index of messages is written anew before, in short steps.
        """
        merge = self.engine.search.merge
        is_left = self.call(merge, self._peewee, begins=True)
        while is_left:
            is_left = self.call(merge, self._peewee)
        self.call(self.engine.compact, self._peewee)

    def is_sound(self) -> bool:
        """Return whether the engine finds no fault in it."""
        return self.call(self.engine.is_sound, self._peewee)

    def about(self) -> str:
        """Return the engine and its version in words."""
        return self.call(self.engine.about, self._peewee)

    def copy_to(self, target: Path) -> None:
        """Write a complete copy while the database stays in use."""
        self.call(self.engine.copy, self._peewee, target)

    def close(self) -> None:
        """Finish the queue, then close."""
        self._keeper.shutdown()
        if self._mover:
            self._mover.close()
        self._thread.submit(self._peewee.close).result()
        self._thread.shutdown()
        if isinstance(self.place, Path):
            file_guard.release(self.place)

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def write(function: Callable[P, T]) -> Callable[P, T]:
    """Make a query function one transaction that takes the write lock at its start."""

    @functools.wraps(function)
    def in_transaction(*args: P.args, **kwargs: P.kwargs) -> T:
        with bound().atomic("IMMEDIATE"):
            return function(*args, **kwargs)

    in_transaction.is_transaction = True  # type: ignore[attr-defined]
    return in_transaction


def bound() -> peewee.Database:
    """Return the database that this thread's tables belong to."""
    database: peewee.Database = Guild._meta.database
    return database


def tuples(query: Any) -> list[tuple[Any, ...]]:
    """Return all rows of a select as plain tuples."""
    return list(query.tuples())
