"""Plain statements, which both engines take."""

import sqlite3

import peewee
import pytest

from app.core.names import GuildId
from app.store import statements
from app.store.database import Database, bound, write


def test_more_rows_than_one_statement_takes_are_inserted_once(
    db: Database, guild: GuildId
) -> None:
    rows = [(guild, number) for number in range(statements.MOST_VALUES // 2 + 10)]
    columns = ("guild_id", "message")
    added = db.call(
        lambda: statements.insert_new(bound(), "voice_change", columns, rows)
    )
    assert added == len(rows)
    wanted = [number for _, number in rows]
    select = "SELECT message FROM voice_change WHERE guild_id = ? AND message IN"
    found = db.call(lambda: statements.select_among(bound(), select, wanted, guild))
    assert sorted(number for (number,) in found) == wanted
    assert db.call(lambda: statements.select_among(bound(), select, [], guild)) == []


@pytest.mark.parametrize("count", [2, statements.COPIED])
def test_a_row_that_is_there_already_is_passed_over_and_a_broken_one_is_not(
    db: Database, guild: GuildId, count: int
) -> None:
    columns = ("guild_id", "author", "name", "is_bot", "has_opted_out", "allows_tuning")
    row = (guild, "hash", "Ann \\N\t\n", False, False, False)
    insert = lambda rows: statements.insert_new(bound(), "member", columns, rows)  # noqa: E731
    assert db.call(insert, [row] * count) == 1
    assert db.call(insert, [row] * count) == 0
    with pytest.raises((peewee.IntegrityError, sqlite3.IntegrityError)):
        db.call(insert, [(guild, None, "Ben", False, False, False)] * count)
    stored = db.call(lambda: list(bound().execute_sql("SELECT name FROM member")))
    assert stored == [("Ann \\N\t\n",)]


def test_many_rows_come_in_parts_of_one_transaction_and_with_other_columns(
    db: Database, guild: GuildId
) -> None:
    @write
    def insert() -> list[int]:
        two, three = ("guild_id", "message"), ("id", "guild_id", "message")
        new, number = statements.insert_new, statements.COPIED
        rows = [(guild, one) for one in range(2 * number)]
        numbered = [(10_000 + one, *row) for one, row in enumerate(rows)]
        return [
            new(bound(), "voice_change", two, rows[:number]),
            new(bound(), "voice_change", two, rows[number:]),
            new(bound(), "voice_change", three, numbered),
        ]

    number = statements.COPIED
    assert db.call(insert) == [number, number, 2 * number]
