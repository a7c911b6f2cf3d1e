"""Finds the nearest vectors in PostgreSQL itself, where the server has pgvector.

A table for each length of vectors is a cache of `embedding`; a row goes with its own.
"""

import logging
import math
import re
from collections.abc import Sequence

from peewee import Database, DatabaseError

from app.core.names import GuildId
from app.store.database import bound, write
from app.store.embeddings import IndexState
from app.store.statements import run

log = logging.getLogger(__name__)

MOST_NUMBERS = 4000
"""The longest vectors that pgvector's index takes."""

LEAST_VERSION = (0, 8)
"""The first pgvector that searches on when an index finds too few rows of a guild."""

_TABLE = """
CREATE TABLE IF NOT EXISTS {table} (
    id BIGINT PRIMARY KEY REFERENCES embedding (id) ON DELETE CASCADE,
    message_id BIGINT NOT NULL,
    guild_id BIGINT NOT NULL,
    model TEXT NOT NULL,
    vector halfvec({dimension}) NOT NULL
)
"""


def prepare(dimension: int) -> bool:
    """Make the table of vectors of a length; False where pgvector is missing."""
    database = bound()
    if dimension > MOST_NUMBERS or not _has_pgvector(database):
        return False
    table = _table(dimension)
    if run(database, "SELECT to_regclass(?)", (table,)).fetchone()[0] is None:
        with database.atomic("IMMEDIATE"):
            run(database, _TABLE.format(table=table, dimension=dimension))
            run(database, f"CREATE INDEX ON {table} (guild_id, model)")
            run(database, f"CREATE INDEX {_graph(table)} {_graph_of(table)}")
    return True


def _has_pgvector(database: Database) -> bool:
    sought = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    try:
        with database.atomic():
            run(database, "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
            (version,) = run(database, sought).fetchone()
    except DatabaseError as error:
        reason = str(error).partition("\n")[0]
        log.info("Meanings are searched in the home, not in PostgreSQL: %s", reason)
        return False
    return tuple(map(int, version.split(".")[:2])) >= LEAST_VERSION


def state(dimension: int, guild: GuildId, model: str) -> IndexState:
    """Return the state of a guild's vectors here."""
    asked = (
        "SELECT COUNT(*), COALESCE(SUM(message_id), 0), COALESCE(MAX(id), 0)"
        f" FROM {_table(dimension)} WHERE guild_id = ? AND model = ?"
    )
    return IndexState(*run(bound(), asked, (guild, model)).fetchone())


@write
def add(
    dimension: int, guild: GuildId, model: str, vectors: Sequence[tuple[int, int, str]]
) -> int:
    """Add (own row, message row, numbers) of vectors that are still stored."""
    rows, messages, numbers = map(list, zip(*vectors, strict=True))
    statement = (
        f"INSERT INTO {_table(dimension)} (id, message_id, guild_id, model, vector)"
        " SELECT id, message, ?, ?, numbers::halfvec"
        " FROM unnest(?::bigint[], ?::bigint[], ?::text[])"
        " AS given (id, message, numbers)"
        " WHERE EXISTS (SELECT 1 FROM embedding WHERE embedding.id = given.id)"
        " ON CONFLICT DO NOTHING"
    )
    done = run(bound(), statement, (guild, model, rows, messages, numbers))
    return int(done.rowcount)


@write
def remove(dimension: int, messages: Sequence[int]) -> int:
    """Remove the vectors of messages whose embeddings stay, without a meaning."""
    table = _table(dimension)
    statement = (
        f"DELETE FROM {table} USING embedding WHERE embedding.id = {table}.id"
        " AND embedding.message_id = ANY(?)"
    )
    return int(run(bound(), statement, (list(messages),)).rowcount)


@write
def clear(dimension: int, guild: GuildId, model: str) -> None:
    """Remove all vectors of a guild."""
    statement = f"DELETE FROM {_table(dimension)} WHERE guild_id = ? AND model = ?"
    run(bound(), statement, (guild, model))


def nearest(
    dimension: int, guild: GuildId, model: str, numbers: str, count: int
) -> list[tuple[int, float]]:
    """Return (message row, cosine) of the vectors nearest to one, nearly in order."""
    statement = (
        "SELECT message_id, 1 - (vector <=> ?::halfvec)"
        f" FROM {_table(dimension)} WHERE guild_id = ? AND model = ?"
        " ORDER BY vector <=> ?::halfvec LIMIT ?"
    )
    values = (numbers, guild, model, numbers, count)
    found = run(bound(), statement, values)
    # A vector of zeros has no direction.
    return [(row, cosine) for row, cosine in found if not math.isnan(cosine)]


def drop_graphs(database: Database) -> None:
    """Drop the graphs, so that the tables can be written anew quickly."""
    for table in _tables(database):
        run(database, f"DROP INDEX IF EXISTS {_graph(table)}")


def make_graphs(database: Database) -> None:
    """Make the graphs while everybody reads and writes; without, searches are exact."""
    for table in _tables(database):
        run(database, "SET lock_timeout = 0")
        run(database, "SET maintenance_work_mem = '512MB'")
        # Workers share memory of which a container may have little.
        run(database, "SET max_parallel_maintenance_workers = 0")
        run(database, f"CREATE INDEX CONCURRENTLY {_graph(table)} {_graph_of(table)}")


def _tables(database: Database) -> list[str]:
    sought = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    names = [name for (name,) in run(database, sought)]
    return [name for name in names if re.fullmatch(r"meaning_\d+", name)]


def _table(dimension: int) -> str:
    return f"meaning_{dimension:d}"


def _graph(table: str) -> str:
    return f"{table}_graph"


def _graph_of(table: str) -> str:
    return f"ON {table} USING hnsw (vector halfvec_cosine_ops)"
