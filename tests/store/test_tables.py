"""The tables as they stand in a new database."""

from collections.abc import Callable

import peewee
import pytest

from app.core.names import GuildId
from app.store import (
    embeddings,
    feedback,
    forgetting,
    members,
    messages,
    meter,
    replies,
    reply_links,
    settings,
    snapshots,
    tables,
)
from app.store.database import Database, bound
from app.store.reply.reply_sources import SourceMessage

Write = Callable[..., int]


def columns_of(db: Database, table: str) -> set[str]:
    return {column.name for column in db.call(lambda: bound().get_columns(table))}


def test_every_table_is_made_with_all_its_columns(db: Database) -> None:
    for table in tables.TABLES:
        fields = {field.column_name for field in table._meta.sorted_fields}
        assert columns_of(db, table._meta.table_name) == fields


def rows_in(table: type[tables.Table]) -> int:
    return int(table.select().count())


def test_no_table_is_left_out_of_the_list() -> None:
    made = {
        kind
        for kind in vars(tables).values()
        if isinstance(kind, type) and issubclass(kind, tables.Table)
    }
    assert made - {tables.Table} == set(tables.TABLES)


def test_everything_of_a_guild_goes_with_it(
    db: Database, guild: GuildId, write: Write
) -> None:
    row = write("to be")
    stored = db.call(messages.get, row)
    assert stored is not None
    db.call(reply_links.put_many, [reply_links.NewLink(row, None, row, 1.0)])
    db.call(embeddings.add_many, guild, "mini", [(row, b"\1")])
    reply = db.call(replies.claim, guild, stored.channel, "say")
    assert reply is not None
    source = SourceMessage(row, 2)
    db.call(replies.finish, reply, {"state": "sent", "text": "x"}, [source])
    db.call(feedback.rate, reply, "ann", 1)
    db.call(snapshots.take, guild, "spring", 1, 1)
    db.call(meter.put, guild, 7, {}, 1)
    db.call(settings.put, guild, "reply.dial", 3)
    db.call(forgetting.delete_guild, guild)
    for table in tables.TABLES:
        if not issubclass(table, (tables.HomeValue, tables.RowNumbers)):
            assert db.call(rows_in, table) == 0, table


def test_an_author_is_in_a_guild_once(db: Database, guild: GuildId) -> None:
    db.call(members.ensure, guild, "hash", "Ann")
    make = lambda: tables.Member.create(guild=guild, author="hash", name="x")  # noqa: E731
    with pytest.raises(peewee.IntegrityError):
        db.call(make)
