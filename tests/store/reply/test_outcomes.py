"""The outcome of a reply, on a real database."""

from collections.abc import Callable

import pytest

from app.core.names import GuildId
from app.store import guilds, replies
from app.store.database import Database
from app.store.reply import outcomes, reply_sources
from app.store.reply.reply_sources import SourceMessage
from app.store.rows import StoredReply
from app.store.tables import Channel

Write = Callable[..., int]


@pytest.fixture
def made(db: Database, guild: GuildId, write: Write) -> int:
    reply = db.call(replies.claim, guild, None, "mention", "55")
    assert reply is not None
    fields = {"state": "made", "text": "zebra", "timings": {"total": 5.0}}
    db.call(replies.finish, reply, fields, [SourceMessage(write("a zebra"), 1)])
    return reply


def found(db: Database, reply: int) -> StoredReply:
    row = db.call(replies.get, reply)
    assert row is not None
    return row


def test_the_messages_of_a_reply_are_kept_until_another_one_takes_them(
    db: Database, made: int
):
    assert db.call(outcomes.note_sent, made, ["7", "8"])
    assert (found(db, made).state, found(db, made).sent) == ("sent", ["7", "8"])
    db.call(outcomes.note_replaced, made, ["8"])
    assert (found(db, made).state, found(db, made).sent) == ("replaced", ["8"])
    assert db.call(replies.find_sent, "7") is None


def test_a_stage_after_the_making_counts_in_the_total(db: Database, made: int):
    db.call(outcomes.note_stage, made, "aloud", 2.5)
    assert found(db, made).timings == {"total": 7.5, "aloud": 2.5}


def test_a_reply_without_its_words_can_be_made_again(db: Database, made: int):
    db.call(outcomes.take_words, made)
    row = found(db, made)
    assert (row.state, row.text) == ("claimed", "")
    assert db.call(reply_sources.sources_of, made) == []


def test_a_reply_is_not_sent_where_not_everyone_may_hear_its_source(
    db: Database, guild: GuildId, write: Write
):
    here = Channel.id == db.call(guilds.ensure_channel, guild, "pit", "101").id
    stage = db.call(guilds.ensure_channel, guild, "stage", "100").id
    reply = db.call(replies.claim, guild, stage, "mention", "56")
    assert reply is not None
    source = SourceMessage(write("a zebra", channel="pit"), 1)
    db.call(replies.finish, reply, {"state": "made", "text": "zebra"}, [source])
    assert db.call(outcomes.may_send, reply)
    db.call(lambda: Channel.update(is_private=True).where(here).execute())
    assert not db.call(outcomes.may_send, reply)
    assert (found(db, reply).state, found(db, reply).text) == ("claimed", "")


@pytest.mark.parametrize(
    ("state", "note"),
    [
        ("silent", lambda reply: outcomes.note_silence(reply, "why")),
        ("refused", lambda reply: outcomes.note_refused(reply, "why")),
        ("failed", outcomes.note_failed),
    ],
)
def test_an_outcome_tells_why_but_not_of_a_forgotten_reply(
    db: Database, made: int, state: str, note: Callable[[int], None]
):
    db.call(note, made)
    row = found(db, made)
    assert row.state == state and len(row.notes) == 1
    db.call(outcomes.set_state, made, "forgotten")
    db.call(note, made)
    assert found(db, made).state == "forgotten"
