"""Opinions of replies, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import feedback, guilds, replies
from app.store.database import Database
from app.store.reply.reply_sources import SourceMessage

Write = Callable[..., int]


def test_a_rating_replaces_the_one_before(db: Database, guild: GuildId) -> None:
    reply = db.call(replies.claim, guild, None, "say")
    assert reply is not None
    for value in (1, 1, -1):
        db.call(feedback.rate, reply, "hash", value)
    assert db.call(feedback.rating, reply) == -1
    db.call(feedback.rate, reply, "hash", 0)
    assert db.call(feedback.rating, reply) == 0


def test_taking_a_thumb_back_leaves_the_other_opinions(
    db: Database, guild: GuildId
) -> None:
    reply = db.call(replies.claim, guild, None, "say")
    assert reply is not None
    db.call(feedback.rate, reply, "ann", -1)
    db.call(feedback.rate, reply, "ann", -1, "again")
    db.call(feedback.rate, reply, "ben", 1)
    db.call(feedback.take_back, reply, "ann", 1)
    assert db.call(feedback.rating, reply) == -1, "her thumb points down"
    db.call(feedback.take_back, reply, "ann", -1)
    kinds = [(one.kind, one.value) for one in db.call(feedback.of_reply, reply)]
    assert kinds == [("again", -1), ("thumb", 1)]


def test_votes_reach_the_messages_whose_words_were_used(
    db: Database, guild: GuildId, write: Write
) -> None:
    used, shown = write("used"), write("only shown")
    reply = db.call(replies.claim, guild, None, "say")
    assert reply is not None
    sources = [
        SourceMessage(used, 3),
        SourceMessage(shown, 0),
    ]
    db.call(replies.finish, reply, {"state": "made", "text": "x"}, sources)
    db.call(feedback.rate, reply, "ann", 1)
    vote = feedback.Vote(reply, "thumb", 1)
    assert db.call(feedback.votes_by_source, guild) == {used: [vote]}
    assert db.call(feedback.votes_by_source, guild, [shown]) == {}
    assert db.call(feedback.votes_by_source, GuildId(guild + 1)) == {}
    every = [guild, GuildId(guild + 1)]
    assert db.call(feedback.votes_by_guild, every) == {guild: {used: [vote]}}


def test_an_authors_opinions_go_with_them_in_one_guild(
    db: Database, guild: GuildId
) -> None:
    other = db.call(guilds.ensure, "The Rose").id
    here = db.call(replies.claim, guild, None, "say")
    there = db.call(replies.claim, other, None, "say")
    assert here is not None and there is not None
    for reply in (here, there):
        db.call(feedback.rate, reply, "ann", 1)
        db.call(feedback.rate, reply, "ben", 1)
    db.call(feedback.forget_author, guild, "ann")
    assert db.call(feedback.rating, here) == 1
    assert db.call(feedback.rating, there) == 2
    assert len(db.call(feedback.by_author, other, "ann")) == 1
