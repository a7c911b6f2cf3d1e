"""Embeddings: the database holds every vector; the index beside it is a cache."""

from collections.abc import Sequence
from typing import NamedTuple

from peewee import Expression, fn

from app.core.names import GuildId
from app.store import statements
from app.store.database import bound, tuples, write
from app.store.statements import BATCH
from app.store.tables import Embedding, Message

MESSAGE_OVERHEAD, VECTOR_OVERHEAD = 110, 145
"""Bytes of a row and its index entries, beside the text or the vector."""


def missing(
    guild: GuildId, model: str, limit: int, *, after: int = 0, before: int | None = None
) -> list[tuple[int, str]]:
    """Return (row, text) of messages that `model` has not embedded, newest first.

    Limited to rows between `after` and `before`, so that a reader can resume without
    skipping all that is done.
    """
    done = (Embedding.message == Message.id) & (Embedding.model == model)
    chosen = (Message.guild == guild) & Message.dropped.is_null()
    chosen &= Message.id > after
    if before is not None:
        chosen &= Message.id < before
    query = (
        Message.select(Message.id, Message.text)
        .left_outer_join(Embedding, on=done)
        .where(chosen & Embedding.id.is_null())
        .order_by(Message.id.desc())
        .limit(limit)
    )
    return [(row, text) for row, text in tuples(query)]


@write
def add_many(guild: GuildId, model: str, vectors: Sequence[tuple[int, bytes]]) -> int:
    """Store (message row, vector) pairs, except for messages gone meanwhile."""
    asked = [row for row, _ in vectors]
    query = Message.select(Message.id).where(Message.id.in_(asked))
    present = {row for (row,) in tuples(query)}
    rows = [(row, guild, model, blob) for row, blob in vectors if row in present]
    columns = ("message_id", "guild_id", "model", "vector")
    return statements.insert_new(bound(), "embedding", columns, rows)


def vectors(guild: GuildId, model: str, after: int = 0) -> list[tuple[int, bytes]]:
    """Return (message row, vector) of all messages after that row, by row."""
    chosen = (
        (Embedding.guild == guild)
        & (Embedding.model == model)
        & (Embedding.message > after)
    )
    query = Embedding.select(Embedding.message, Embedding.vector).where(chosen)
    return list(tuples(query.order_by(Embedding.message)))


class IndexState(NamedTuple):
    """The facts that an index over a guild's vectors must match."""

    vectors: int
    row_sum: int
    """Sum of the message rows, which distinguishes sets of the same size."""
    last: int
    """The newest vector's own row; 0 without vectors."""


def state(guild: GuildId, model: str) -> IndexState:
    """Return the state of the guild's vectors of that model, without empty ones."""
    query = Embedding.select(
        fn.COUNT(Embedding.id),
        fn.COALESCE(fn.SUM(Embedding.message), 0),
        fn.COALESCE(fn.MAX(Embedding.id), 0),
    ).where(_meaning(guild, model))
    (found,) = tuples(query)
    return IndexState(*found)


def added_after(
    guild: GuildId, model: str, after: int, limit: int
) -> list[tuple[int, int, bytes]]:
    """Return (own row, message row, vector) of vectors after that own row, in order."""
    query = Embedding.select(Embedding.id, Embedding.message, Embedding.vector)
    query = query.where(_meaning(guild, model) & (Embedding.id > after))
    return list(tuples(query.order_by(Embedding.id).limit(limit)))


def of_messages(model: str, rows: Sequence[int]) -> list[tuple[int, bytes]]:
    """Return (message row, vector) of those messages that the model has embedded."""
    chosen = Embedding.message.in_(list(rows)[:BATCH]) & (Embedding.model == model)
    query = Embedding.select(Embedding.message, Embedding.vector)
    return list(tuples(query.where(chosen & (Embedding.vector != b""))))


@write
def drop(rows: Sequence[int]) -> int:
    """Remove the vectors of messages whose text has changed since; return how many."""
    dropped = 0
    for start in range(0, len(rows), BATCH):
        part = list(rows[start : start + BATCH])
        dropped += Embedding.delete().where(Embedding.message.in_(part)).execute()
    return dropped


@write
def drop_all(guild: GuildId) -> int:
    """Remove all vectors of a guild; return the number that had a meaning."""
    here = Embedding.guild == guild
    count = Embedding.select().where(here & (Embedding.vector != b"")).count()
    Embedding.delete().where(here).execute()
    return count


@write
def drop_oldest(guild: GuildId, number: int) -> list[int]:
    """Blank the vectors of the guild's oldest messages; return their rows.

    They stay as empty vectors, or the messages would be embedded again.
    """
    oldest = Embedding.select(Embedding.id, Embedding.message)
    oldest = oldest.where((Embedding.guild == guild) & (Embedding.vector != b""))
    found = list(tuples(oldest.order_by(Embedding.message).limit(number)))
    for start in range(0, len(found), BATCH):
        part = [row for row, _ in found[start : start + BATCH]]
        Embedding.update(vector=b"").where(Embedding.id.in_(part)).execute()
    return [message for _, message in found]


class Room(NamedTuple):
    """The approximate size of a guild in the database."""

    vectors: int
    """Vectors with a meaning."""
    vector_bytes: int
    """Bytes of one vector with its row."""
    bytes: int
    """Bytes of all its messages and vectors."""


def room(guild: GuildId) -> Room:
    """Estimate the guild's size in the database, from measured overheads."""
    text = fn.COALESCE(fn.SUM(fn.LENGTH(Message.text)), 0)
    query = Message.select(fn.COUNT(Message.id), text).where(Message.guild == guild)
    ((messages, letters),) = tuples(query)
    size = fn.COALESCE(fn.MAX(fn.LENGTH(Embedding.vector)), 0)
    meaning = (Embedding.guild == guild) & (Embedding.vector != b"")
    vectors = Embedding.select(fn.COUNT(Embedding.id), size).where(meaning)
    ((number, longest),) = tuples(vectors)
    each = longest + VECTOR_OVERHEAD
    total = messages * MESSAGE_OVERHEAD + letters + number * each
    return Room(number, each, total)


def are_there(guild: GuildId) -> bool:
    """Return whether the guild has any vectors."""
    return bool(Embedding.select().where(Embedding.guild == guild).exists())


def models(guild: GuildId) -> list[tuple[str, int]]:
    """Return (model, vectors) of the guild, the most vectors first."""
    number = fn.COUNT(Embedding.id)
    query = Embedding.select(Embedding.model, number).where(Embedding.guild == guild)
    return list(tuples(query.group_by(Embedding.model).order_by(number.desc())))


def _meaning(guild: GuildId, model: str) -> Expression:
    return (
        (Embedding.guild == guild)
        & (Embedding.model == model)
        & (Embedding.vector != b"")
    )


def count(guild: GuildId, model: str) -> int:
    """Count the guild's vectors of that model."""
    chosen = (Embedding.guild == guild) & (Embedding.model == model)
    number: int = Embedding.select(fn.COUNT(Embedding.id)).where(chosen).scalar()
    return number


@write
def drop_other_models(guild: GuildId, model: str) -> int:
    """Remove the guild's vectors of every other model; return their number."""
    others = (Embedding.guild == guild) & (Embedding.model != model)
    return int(Embedding.delete().where(others).execute())


def missing_count(guild: GuildId, model: str, after: int = 0) -> int:
    """Count the messages that `missing` would return in all."""
    done = (Embedding.message == Message.id) & (Embedding.model == model)
    query = Message.select(fn.COUNT(Message.id))
    query = query.left_outer_join(Embedding, on=done)
    chosen = (Message.guild == guild) & Message.dropped.is_null()
    chosen &= Message.id > after
    number: int = query.where(chosen & Embedding.id.is_null()).scalar()
    return number
