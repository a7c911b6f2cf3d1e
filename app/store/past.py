"""A guild's messages as they were at an earlier time."""

from app.store.database import tuples
from app.store.tables import Message


def spans_before(guild: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the rows written before a time, as (first, last) of each run of rows.

    Rows come in the order of learning, and that of files may be any, so that there are
    as many runs as files. No row between a run's ends was written later.

    Args:
        end: In milliseconds.
    """
    query = Message.select(Message.id, Message.ts < end)
    spans: list[tuple[int, int]] = []
    is_open = False
    for row, is_before in tuples(
        query.where(Message.guild == guild).order_by(Message.id)
    ):
        if is_before:
            first = spans.pop()[0] if is_open else row
            spans.append((first, row))
        is_open = bool(is_before)
    return tuple(spans)
