"""Which rows were written before a time."""

from collections.abc import Callable

from app.store import past
from app.store.database import Database

Write = Callable[..., int]


def test_rows_of_earlier_times_are_runs_in_the_order_of_learning(
    db: Database, guild: int, write: Write
):
    times = [10, 20, 90, 95, 15, 100, 30]
    rows = [write("a", external=f"t{ts}", ts=ts) for ts in times]
    spans = ((rows[0], rows[1]), (rows[4], rows[4]), (rows[6], rows[6]))
    assert db.call(past.spans_before, guild, 50) == spans
    assert db.call(past.spans_before, guild, 1000) == ((rows[0], rows[-1]),)
    assert db.call(past.spans_before, guild, 10) == ()
    assert db.call(past.spans_before, guild + 1, 1000) == ()
