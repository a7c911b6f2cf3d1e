"""Which rows are a member's, and which replies end with their no."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import members, replies, voice_changes
from app.store.database import Database

Write = Callable[..., int]


def test_a_members_rows_are_runs_and_the_newest_ones_where_there_are_many(
    db: Database, guild: GuildId, write: Write, monkeypatch
):
    authors = ["ann", "ann", "ben", "ann", "ben", "ann"]
    rows = [write("a", external=f"t{at}", author=a) for at, a in enumerate(authors)]

    def spans(author: str, within=None):
        find = voice_changes.spans_of_author
        return db.call(find, guild, author, None, is_private=True, within=within)

    runs = ((rows[0], rows[1]), (rows[3], rows[3]), (rows[5], rows[5]))
    assert spans("ann") == runs
    assert spans("cid") == ()
    within = ((rows[1], rows[3]),)
    assert spans("ann", within) == ((rows[1], rows[1]), (rows[3], rows[3]))
    monkeypatch.setattr(voice_changes, "MOST_RUNS", 2)
    assert spans("ann") == runs[1:]


def test_a_no_ends_what_is_not_sent_yet_and_nothing_else(
    db: Database, guild: GuildId, write: Write
):
    write("a", author="ann")
    db.call(members.set_allows_voice, guild, "ann", True)
    made = dict[str, int]()
    for state in ("claimed", "made", "draft", "sent"):
        reply = db.call(replies.claim, guild, None, "like", f"t{state}")
        assert reply is not None and db.call(members.begin_imitation, reply, "ann")
        db.call(replies.finish, reply, {"text": "words", "state": state}, [])
        made[state] = reply
    other = db.call(replies.claim, guild, None, "like", "other")
    db.call(members.set_allows_voice, guild, "ann", False)
    for state, reply in made.items():
        row = db.call(replies.get, reply)
        assert row is not None
        wanted = ("sent", "words") if state == "sent" else ("forgotten", "")
        assert (row.state, row.text) == wanted
    assert other is not None and not db.call(members.begin_imitation, other, "ann")
    row = db.call(replies.get, other)
    assert row is not None and row.state == "claimed"
