"""Processes that share a database of PostgreSQL: their locks, and what they tell.

A lock lasts as long as the connection that holds it, so that no killed process leaves
one behind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import NamedTuple

from peewee import Database

from app.core.names import GuildId
from app.store.engines import engine_at
from app.store.engines.address import StoreAddress, UnreachableError
from app.store.engines.shards import Shards
from app.store.statements import run

TURN_LOCK = 0x6D796E6169
"""The number under which a home keeps others out; those with shards share it."""

SHARDS_LOCK = 0x6D79 << 16
"""Plus the count of all shards: the first of the two numbers of each shard's lock."""

CHANNEL = "mynah"

TOLD = {
    "voice_change": "INSERT",
    "setting": "INSERT OR UPDATE OR DELETE",
    "lore_entry": "INSERT OR UPDATE OR DELETE",
    "character": "INSERT OR UPDATE OR DELETE",
    "usage": "INSERT",
    "feedback": "INSERT OR UPDATE OR DELETE",
}
"""The tables whose changes all have to know, since they remember what was there."""

_FUNCTION = f"""
CREATE OR REPLACE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE concerned bigint;
BEGIN
  IF TG_TABLE_NAME = 'feedback' THEN
    concerned := CASE WHEN TG_OP = 'DELETE' THEN OLD.reply_id ELSE NEW.reply_id END;
  ELSE
    concerned := CASE WHEN TG_OP = 'DELETE' THEN OLD.guild_id ELSE NEW.guild_id END;
  END IF;
  PERFORM pg_notify('{CHANNEL}', TG_TABLE_NAME || ' ' || COALESCE(concerned, 0));
  RETURN NULL;
END $$"""

_HELD = """
SELECT classid::bigint - ?, objid::bigint, pid FROM pg_locks
WHERE locktype = 'advisory' AND granted AND objsubid = 2
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND classid::bigint > ? AND classid::bigint < ? ORDER BY pid, objid"""


class Told(NamedTuple):
    """A change of a table, by any process."""

    table: str
    row: int
    """The guild's row, 0 where it is of none; of an opinion, the reply's."""
    backend: int
    """The server's number of the connection that made it."""

    @property
    def guild(self) -> GuildId:
        return GuildId(self.row)


def hold_shards(database: Database, shards: Shards) -> str:
    """Keep other processes out of shards; return what one has of them, if so."""
    shared = "SELECT pg_try_advisory_lock_shared(?)"
    if not run(database, shared, (TURN_LOCK,)).fetchone()[0]:
        return "all shards"
    lock, space = "SELECT pg_try_advisory_lock(?, ?)", SHARDS_LOCK + shards.count
    for number in shards.numbers:
        if not run(database, lock, (space, number)).fetchone()[0]:
            return f"shard {number}/{shards.count}"
    for other in held_shards(database):
        if other.count != shards.count:
            return f"shards {other}, so of another number"
    return ""


def let_in(database: Database) -> None:
    """Let in others that share, after having been alone."""
    run(database, "SELECT pg_advisory_unlock(?)", (TURN_LOCK,))


def held_shards(database: Database) -> list[Shards]:
    """Return the shards that each process has now, this one too."""
    bounds = (SHARDS_LOCK, SHARDS_LOCK, SHARDS_LOCK + (1 << 16))
    found = run(database, _HELD, bounds).fetchall()
    runs = list[Shards]()
    for (count, _), locks in groupby(found, key=lambda lock: (lock[0], lock[2])):
        numbers = [number for _, number, _ in locks]
        runs.append(Shards(min(numbers), max(numbers), count))
    return sorted(runs, key=lambda one: one.first)


def now(database: Database) -> float:
    """Return the time by the server's clock, in seconds since the epoch."""
    found = run(database, "SELECT EXTRACT(EPOCH FROM clock_timestamp())").fetchone()
    return float(found[0])


def tell_changes(database: Database) -> None:
    """Let the server tell of changes that other processes have to know."""
    run(database, _FUNCTION)
    for table, events in TOLD.items():
        run(
            database,
            f'CREATE OR REPLACE TRIGGER tell_change AFTER {events} ON "{table}"'
            " FOR EACH ROW EXECUTE FUNCTION tell_change()",
        )


def backend(database: Database) -> int:
    """Return the server's number of a connection."""
    return int(database.connection().info.backend_pid)


class ChangeListener:
    """A connection of its own, on which the server tells of changes."""

    def __init__(self, place: StoreAddress) -> None:
        """Connect.

        Raises:
            AppError: If nobody answers.
        """
        import psycopg

        self._place = place
        self._error = psycopg.Error
        words = {**place.parameters(), "dbname": place.database}
        # Nothing is said on it for hours, so that nobody else would notice its end.
        words |= {"keepalives_idle": 30, "application_name": "mynah"}
        with self._explained():
            self._link = psycopg.connect(autocommit=True, **words)  # type: ignore[arg-type]
            self._link.execute(f"LISTEN {CHANNEL}")

    def wait(self, seconds: float) -> set[Told]:
        """Return the changes that are told within a time, as soon as there are some.

        Raises:
            AppError: If the connection is lost.
        """
        with self._explained():
            return {
                Told(table, int(row), one.pid)
                for one in self._link.notifies(timeout=seconds, stop_after=1)
                for table, row in [one.payload.split()]
            }

    def close(self) -> None:
        self._link.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            known = engine_at(self._place).explain(error, self._place)
            raise known or UnreachableError(
                f"PostgreSQL tells nothing at {self._place}: {error}.", ""
            ) from error
