"""Homes that use one database of a server: in turns, or each with shards of its own.

A home's files, such as its voices, are made from the database. They lack what another
home forgot in its turn, so that a home makes all of them anew after another's turn with
one of its shards.
"""

import secrets
import shutil
from pathlib import Path

from peewee import Database

from app.core.files import write_text
from app.store import migrations
from app.store.database import bound, tuples, write
from app.store.engines import engine_of, neighbours
from app.store.engines.address import StoreAddress, TakenError
from app.store.engines.shards import ALL, Shards
from app.store.tables import HomeValue

NAME = "turn"
"""Of the rows with the present turns, and of the file with a home's last one."""


class HomeTurn:
    """The turn of one process: from its start until it loses the database."""

    def __init__(self, place: StoreAddress, files: Path, shards: Shards = ALL) -> None:
        """Prepare the turn of a home whose files made from the database lie there."""
        self._place = place
        self._files = files
        self._shards = shards
        self._mark = secrets.token_hex(16)
        self._is_alone = False
        self._is_over = False

    def hold(self, database: Database) -> None:
        """Keep others out of it all, or out of these shards.

        The first process with shards is alone until its turn begins, and changes the
        tables for all that come after it.

        Raises:
            TakenError: If another home is there.
        """
        self._is_alone = engine_of(database).hold(database)
        if self._is_alone:
            return
        if self._shards.are_all:
            raise TakenError(self._place)
        self._hold_shards(database)
        newest = migrations.FIRST_VERSION + len(migrations.MIGRATIONS)
        if engine_of(database).version(database) < newest:
            raise TakenError(self._place, "older tables")

    def _hold_shards(self, database: Database) -> None:
        if taken := neighbours.hold_shards(database, self._shards):
            raise TakenError(self._place, taken)

    def begin(self, database: Database) -> None:
        """Begin; delete the home's files if another home had a turn since its last."""
        if self._is_alone and not self._shards.are_all:
            self._hold_shards(database)
            neighbours.tell_changes(database)
            neighbours.let_in(database)
        file = self._files / NAME
        last = file.read_text("utf-8", "replace") if file.exists() else None
        if last != self._present():
            shutil.rmtree(self._files, ignore_errors=True)
        self._files.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_text(file, self._mark)
        _put(self._mark, self._names())

    def go_on(self, database: Database) -> None:
        """Go on after a lost connection.

        Raises:
            TakenError: If another home came in between. What is in memory lacks what
                that one forgot, so this turn never goes on.
        """
        if self._is_over:
            raise TakenError(self._place)
        try:
            if not self._shards.are_all:
                self._hold_shards(database)
            elif not engine_of(database).hold(database):
                raise TakenError(self._place)
            if self._present() != self._mark:
                raise TakenError(self._place)
        except TakenError:
            self._is_over = True
            raise

    def _names(self) -> list[str]:
        """Return the names of the rows that this turn marks."""
        if self._shards.are_all:
            return [NAME]
        count = self._shards.count
        return [f"{NAME} {number}/{count}" for number in self._shards.numbers]

    def _present(self) -> str | None:
        """Return the mark of the present turn; none if it is not one for all shards."""
        wanted = self._names()
        query = HomeValue.select(HomeValue.value).where(HomeValue.name.in_(wanted))
        marks = [mark for (mark,) in tuples(query)]
        whole = len(marks) == len(wanted) and len(set(marks)) == 1
        return str(marks[0]) if whole else None


@write
def _put(mark: str, names: list[str]) -> None:
    """Mark these rows, and end the turns of homes that shared otherwise."""
    count = names[0].partition("/")[2]
    every = HomeValue.select(HomeValue.name).where(HomeValue.name.startswith(NAME))
    ended = [name for (name,) in tuples(every) if name.partition("/")[2] != count]
    HomeValue.delete().where(HomeValue.name.in_([*ended, *names])).execute()
    rows = [{"name": name, "value": mark} for name in names]
    HomeValue.insert_many(rows).execute()


@write
def identify_wait(bucket: int, seconds: float) -> float:
    """Reserve the next moment for an identify; return the seconds until then.

    All processes of a bot share them, by the clock of the database.
    """
    now = neighbours.now(bound())
    name = f"identify {bucket}"
    found = HomeValue.get_or_none(HomeValue.name == name)
    at = max(now, float(found.value) if found else 0.0)
    row = HomeValue.insert(name=name, value=repr(at + seconds))
    kept = [HomeValue.value]
    row.on_conflict(conflict_target=[HomeValue.name], preserve=kept).execute()
    return at - now
