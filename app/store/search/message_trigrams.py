"""The index of messages by three characters in a row, in PostgreSQL's own engine.

It follows every change by itself. The functions are those of `message_index`.
"""

import logging
from collections.abc import Sequence

from peewee import Database, DatabaseError

from app.store.statements import run

log = logging.getLogger(__name__)

MESSAGES = "message"
LIKE = r"text ILIKE ? ESCAPE '\'"

_INDEX = "CREATE INDEX message_trigrams ON message USING gin (text gin_trgm_ops)"


def create(database: Database) -> None:
    """Create the index, unless the server lacks what it takes.

    Then each search reads the messages of its server.
    """
    try:
        with database.atomic():
            run(database, "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
            run(database, _INDEX)
    except DatabaseError as error:
        reason = str(error).partition("\n")[0]
        log.warning("Searches are slow without PostgreSQL's pg_trgm: %s", reason)


def extend(database: Database, rows: int) -> int:
    """Return that no row is left for the index to take."""
    return 0


def merge(database: Database, *, begins: bool = False) -> bool:
    """Return that nothing is left to write anew; `compact` writes indexes, too."""
    return False


def match_query(database: Database, words: Sequence[str]) -> None:
    """Return None: PostgreSQL itself decides when its index is of use."""
