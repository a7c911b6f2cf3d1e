"""The messages that a reply drew on, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import guilds, members, replies
from app.store.database import Database
from app.store.reply import reply_sources
from app.store.reply.reply_sources import SourceMessage

Write = Callable[..., int]


def test_the_longest_run_comes_first_and_each_channel_once(
    db: Database, guild: GuildId, write: Write
):
    db.call(guilds.ensure_channel, guild, "pit", "101")
    db.call(guilds.ensure_channel, guild, "stage", "100")
    short, long = write("a b", channel="pit"), write("c d e", channel="stage")
    other = write("f", channel="no channel of Discord")
    sources = [
        SourceMessage(short, 2),
        SourceMessage(long, 3),
        SourceMessage(other),
    ]
    reply = db.call(replies.claim, guild, None, "say")
    assert reply is not None
    db.call(replies.finish, reply, {"state": "made"}, sources)
    found = db.call(reply_sources.sources_of, reply)
    assert [one.message for one in found] == [long, short, other]
    assert db.call(reply_sources.source_channels, reply) == {"100", "101"}
    assert db.call(reply_sources.seen_sources, reply, ["101", "102"]) == {short}


def test_a_reply_names_its_sources_its_moments_and_its_turns():
    fields = {"recalled": [1, 2], "turns": [["puck", "hi", 3], ["ann", "ho", None]]}
    assert reply_sources.named(fields, [SourceMessage(4), SourceMessage(1)]) == {
        1, 2, 3, 4,
    }  # fmt: skip


def test_what_is_not_stored_or_of_who_opted_out_is_there_no_more(
    db: Database, guild: GuildId, write: Write
):
    kept, hers = write("a"), write("b", "ann")
    assert db.call(reply_sources.still_there, [kept, hers, 99]) == {kept, hers}
    db.call(members.set_opted_out, guild, "ann", True)
    assert db.call(reply_sources.still_there, [kept, hers]) == {kept}
