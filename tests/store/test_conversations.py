"""Conversations, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import conversations, forgetting, members, reply_links
from app.store.database import Database

Write = Callable[..., int]


def link(db: Database, first: int, *rows: int) -> None:
    """Put the messages into the conversation that begins with the first."""
    made = [reply_links.NewLink(row, None, first, 1.0) for row in (first, *rows)]
    db.call(reply_links.put_many, made)


def test_a_conversation_knows_its_members_and_its_last_turn(
    db: Database, write: Write
) -> None:
    first = write("who's there?", author="bernardo", ts=10)
    last = write("nay, answer me", author="francisco", ts=20)
    link(db, first, last)
    found = db.call(conversations.get, first)
    assert found is not None
    assert found.members == ("bernardo", "francisco")
    assert (found.started, found.last_turn, found.last_ms) == (10, last, 20)


def test_a_summary_is_kept_until_something_of_it_goes(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write(f"line {number}") for number in range(3)]
    link(db, *rows)
    assert db.call(conversations.long_ones, 0, 3) == [(guild, rows[0])]
    assert db.call(conversations.summarise, rows[0], "They greet.", rows, 0)
    assert db.call(conversations.long_ones, 0, 1) == []
    assert db.call(conversations.turns_after, rows[0], rows[1]) == [rows[2]]
    assert not db.call(conversations.summarise, rows[0], "Late.", rows, 0)
    db.call(forgetting.delete, guild, rows[1:2])
    found = db.call(conversations.get, rows[0])
    assert found is not None and found.summary == ""


def test_a_summary_of_what_was_forgotten_meanwhile_is_not_stored(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write(f"line {number}") for number in range(3)]
    link(db, *rows)
    db.call(forgetting.delete, guild, rows[2:])
    assert not db.call(conversations.summarise, rows[0], "All of it.", rows, 0)
    found = db.call(conversations.get, rows[0])
    assert found is not None and found.summary == ""


def test_whoever_opts_out_leaves_every_conversation(
    db: Database, guild: GuildId, write: Write
) -> None:
    rows = [write("hello", author="iago"), write("hello yourself", author="cassio")]
    link(db, *rows)
    db.call(conversations.summarise, rows[0], "Iago greets.", rows, 0)
    db.call(members.set_opted_out, guild, "iago", True)
    found = db.call(conversations.get, rows[0])
    assert found is not None
    assert found.members == ("cassio",) and found.summary == ""
