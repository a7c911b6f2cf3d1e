"""Embeddings: the database holds every vector, the index beside it is a cache."""

from collections.abc import Iterator, Sequence

from peewee import fn

from app.store import sqlite
from app.store.database import bound, tuples, write
from app.store.tables import Embedding, Message


def missing(guild: int, model: str, limit: int) -> list[tuple[int, str]]:
    """(row, text) of messages to learn that `model` has not embedded, newest first."""
    done = (Embedding.message == Message.id) & (Embedding.model == model)
    query = (
        Message.select(Message.id, Message.text)
        .left_outer_join(Embedding, on=done)
        .where(
            (Message.guild == guild)
            & Message.dropped.is_null()
            & Embedding.id.is_null()
        )
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return [(row, text) for row, text in tuples(query)]


@write
def add_many(guild: int, model: str, vectors: Sequence[tuple[int, bytes]]) -> int:
    """Store (message row, vector) each; messages gone meanwhile are left out."""
    asked = [row for row, _ in vectors]
    query = Message.select(Message.id).where(Message.id.in_(asked))
    present = {row for (row,) in tuples(query)}
    rows = [(row, guild, model, blob) for row, blob in vectors if row in present]
    columns = ("message_id", "guild_id", "model", "vector")
    return sqlite.insert_new(bound(), "embedding", columns, rows)


def vectors(guild: int, model: str, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """(message row, vector) of all messages after that row, by row."""
    chosen = (
        (Embedding.guild == guild)
        & (Embedding.model == model)
        & (Embedding.message > after)
    )
    query = Embedding.select(Embedding.message, Embedding.vector).where(chosen)
    sql, parameters = query.order_by(Embedding.message).sql()
    rows: Iterator[tuple[int, bytes]] = bound().connection().execute(sql, parameters)
    return rows


def count(guild: int, model: str) -> int:
    """How many vectors of that model the guild has."""
    chosen = (Embedding.guild == guild) & (Embedding.model == model)
    number: int = Embedding.select(fn.COUNT(Embedding.id)).where(chosen).scalar()
    return number


def drop_other_models(model: str) -> int:
    """Remove the vectors of every other model; returns how many."""
    return int(Embedding.delete().where(Embedding.model != model).execute())
