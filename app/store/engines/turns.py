"""Homes that take turns with one database of a server: one at a time uses it.

A home's files, such as its voices, are made from the database. They lack what another
home forgot in its turn, so that a home makes all of them anew after another's turn.
"""

import secrets
import shutil
from pathlib import Path

from peewee import Database

from app.core.files import write_text
from app.store.engines import engine_of
from app.store.engines.address import StoreAddress, TakenError
from app.store.tables import HomeValue

NAME = "turn"
"""Of the row with the present turn, and of the file with a home's last one."""


class HomeTurn:
    """The turn of one process: from its start until it loses the database."""

    def __init__(self, place: StoreAddress, files: Path) -> None:
        """Prepare the turn of a home whose files made from the database lie there."""
        self._place = place
        self._files = files
        self._mark = secrets.token_hex(16)
        self._is_over = False

    def hold(self, database: Database) -> None:
        """Keep others out.

        Raises:
            TakenError: If another home is there.
        """
        if not engine_of(database).hold(database):
            raise TakenError(self._place)

    def begin(self) -> None:
        """Begin; delete the home's files if another home had a turn since its last."""
        file = self._files / NAME
        last = file.read_text("utf-8", "replace") if file.exists() else None
        if last != _present():
            shutil.rmtree(self._files, ignore_errors=True)
        self._files.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_text(file, self._mark)
        mark = HomeValue.insert(name=NAME, value=self._mark)
        kept = [HomeValue.value]
        mark.on_conflict(conflict_target=[HomeValue.name], preserve=kept).execute()

    def go_on(self, database: Database) -> None:
        """Go on after a lost connection.

        Raises:
            TakenError: If another home came in between. What is in memory lacks what
                that one forgot, so this turn never goes on.
        """
        is_held = not self._is_over and engine_of(database).hold(database)
        if not is_held or _present() != self._mark:
            self._is_over = True
            raise TakenError(self._place)


def _present() -> str | None:
    found = HomeValue.get_or_none(HomeValue.name == NAME)
    return None if found is None else str(found.value)
