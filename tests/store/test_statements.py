"""Plain statements, which both engines take."""

import sqlite3

import peewee
import pytest

from app.core.names import GuildId
from app.store import statements
from app.store.database import Database, bound


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


def test_a_row_that_is_there_already_is_passed_over_and_a_broken_one_is_not(
    db: Database, guild: GuildId
) -> None:
    columns = ("guild_id", "author", "name", "is_bot", "has_opted_out", "allows_tuning")
    row = (guild, "hash", "Ann", False, False, False)
    insert = lambda rows: statements.insert_new(bound(), "member", columns, rows)  # noqa: E731
    assert db.call(insert, [row, row]) == 1
    assert db.call(insert, [row]) == 0
    with pytest.raises((peewee.IntegrityError, sqlite3.IntegrityError)):
        db.call(insert, [(guild, None, "Ben", False, False, False)])
