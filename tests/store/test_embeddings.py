"""Vectors, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import embeddings, forgetting, messages
from app.store.database import Database

Write = Callable[..., int]


def test_vectors_follow_their_messages(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write("one"), write("two")]
    write("dropped", dropped="bot")
    assert [row for row, _ in db.call(embeddings.missing, guild, "mini", 9)] == [
        rows[1],
        rows[0],
    ]
    blobs = [(row, b"\x01\x02") for row in (*rows, 999)]
    assert db.call(embeddings.add_many, guild, "mini", blobs) == 2
    assert db.call(embeddings.missing, guild, "mini", 9) == []
    assert len(db.call(embeddings.missing, guild, "other", 9)) == 2
    stored = db.call(lambda: list(embeddings.vectors(guild, "mini")))
    assert stored == blobs[:2]


def test_missing_ones_are_read_on_from_where_a_reader_was(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write(f"line {number}") for number in range(6)]
    first = [row for row, _ in db.call(embeddings.missing, guild, "mini", 2)]
    assert first == rows[:3:-1]
    then = db.call(
        lambda: embeddings.missing(guild, "mini", 2, before=first[-1], after=rows[0])
    )
    assert [row for row, _ in then] == [rows[3], rows[2]]


def test_a_vector_goes_with_its_message_and_the_state_shows_it(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write("one"), write("two")]
    db.call(embeddings.add_many, guild, "mini", [(row, b"\1\2") for row in rows])
    before = db.call(embeddings.state, guild, "mini")
    assert (before.vectors, before.row_sum) == (2, sum(rows))
    db.call(forgetting.delete, guild, rows[:1])
    after = db.call(embeddings.state, guild, "mini")
    assert (after.vectors, after.row_sum, after.last) == (1, rows[1], before.last)
    assert db.call(embeddings.state, GuildId(guild + 1), "mini").vectors == 0


def test_an_edited_message_loses_the_vector_of_its_old_words(
    db: Database, guild: GuildId, write: Write
) -> None:
    row, other = write("zebra"), write("lion")
    db.call(embeddings.add_many, guild, "mini", [(row, b"\1"), (other, b"\2")])
    db.call(messages.edit, row, "okapi")
    assert db.call(embeddings.of_messages, "mini", [row, other]) == [(other, b"\2")]
    db.call(messages.reword, other, "tiger")
    assert db.call(embeddings.of_messages, "mini", [row, other]) == []
