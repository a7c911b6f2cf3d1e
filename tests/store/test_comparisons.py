"""Blind choices and alternating replies, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.store import comparisons, feedback, replies
from app.store.database import Database

Write = Callable[..., int]


def reply(db: Database, guild: GuildId, **fields: object) -> int:
    row = db.call(replies.claim, guild, None, "say")
    assert row is not None
    db.call(replies.finish, row, {"state": "sent", "text": "x", **fields}, [])
    return row


def test_a_choice_tells_how_both_replies_were_made(
    db: Database, guild: GuildId
) -> None:
    first = reply(db, guild, mode="hybrid", dial=60)
    second = reply(db, guild, mode="llm", dial=0)
    db.call(comparisons.add, guild, first, second, 1)
    db.call(comparisons.add, guild, second, first, 0)
    chosen = [
        comparisons.Chosen("hybrid", 60, "llm", 0, 1),
        comparisons.Chosen("llm", 0, "hybrid", 60, 0),
    ]
    assert db.call(comparisons.of, guild) == chosen
    assert db.call(comparisons.of, GuildId(guild + 1)) == []


def test_each_arm_has_its_replies_and_its_thumbs(db: Database, guild: GuildId) -> None:
    liked = reply(db, guild, arm="a")
    for author in ("ann", "ben"):
        db.call(feedback.rate, liked, author, 1)
    db.call(feedback.rate, reply(db, guild, arm="a"), "ann", -1)
    reply(db, guild, arm="b")
    reply(db, guild, arm="b", state="draft")
    reply(db, guild)
    assert db.call(comparisons.live, guild) == [
        comparisons.Live("a", 2, 2, 1),
        comparisons.Live("b", 1, 0, 0),
    ]
