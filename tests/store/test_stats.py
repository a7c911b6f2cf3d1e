"""A week of a server, for its members."""

from collections.abc import Callable
from functools import partial

from app.core.names import GuildId
from app.core.time_units import DAY_MS, HOUR_MS
from app.store import feedback, guilds, members, replies, stats
from app.store.database import Database
from app.store.stats import Liked
from app.store.tables import Reply

Write = Callable[..., int]


def test_only_channels_that_everyone_there_sees_are_counted(
    db: Database, guild: GuildId, write: Write
) -> None:
    seen = db.call(guilds.ensure_channel, guild, "stage", "7")
    db.call(guilds.ensure_channel, guild, "cellar", "8")
    assert seen.discord_id == "7"
    for number in range(3):
        write(f"line {number}", ts=number * DAY_MS)
    write("other", author="iago", ts=DAY_MS)
    write("hidden", channel="cellar", ts=DAY_MS)
    taught = db.call(stats.teachers, guild, ["7"], 0, 9 * DAY_MS, 5)
    assert taught == [stats.Taught("Puck", 3), stats.Taught("Iago", 1)]
    assert db.call(stats.by_day, guild, ["7"], 0, 4) == [1, 2, 1, 0]
    newest = db.call(stats.texts, guild, ["7"], 0, 9 * DAY_MS, 2)
    assert newest == ["other", "line 2"]
    assert db.call(stats.texts, guild, [], 0, 9 * DAY_MS, 2) == []


def test_whoever_opts_out_is_in_no_table_of_the_week(
    db: Database, guild: GuildId, write: Write
) -> None:
    db.call(guilds.ensure_channel, guild, "stage", "7")
    write("mine", author="iago", ts=1)
    write("!roll", author="puck", ts=2, dropped="command")
    db.call(members.set_opted_out, guild, "iago", True)
    assert db.call(stats.teachers, guild, ["7"], 0, DAY_MS, 5) == []
    assert db.call(stats.by_day, guild, ["7"], 0, 1) == [0]


def test_replies_are_told_with_their_time_and_thumbs(
    db: Database, guild: GuildId
) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage", "7").id
    for state in ("sent", "draft"):
        row = db.call(replies.claim, guild, channel, "say")
        assert row is not None
        fields = {"state": state, "text": "x", "timings": {"total": 12.5}}
        db.call(replies.finish, row, fields, [])
        db.call(feedback.rate, row, "ann", -1)
    found = db.call(stats.received, guild, ["7"], 0)
    assert found == [stats.Received(12.5, -1)]


def test_a_time_is_counted_by_hour_channel_and_member_without_those_who_opted_out(
    db: Database, guild: GuildId, write: Write
) -> None:
    db.call(guilds.ensure_channel, guild, "stage", "10")
    db.call(guilds.ensure_channel, guild, "pit", "11")
    for number, (author, channel, hour) in enumerate(
        [
            ("puck", "stage", 0),
            ("puck", "stage", 1),
            ("puck", "pit", 1),
            ("oberon", "pit", 1),
            ("lear", "stage", 2),
            ("puck", "stage", 9),
        ]
    ):
        write(f"line {number}", author, channel, ts=hour * HOUR_MS + 1)
    db.call(members.set_opted_out, guild, "lear", True)
    both, until = ["10", "11"], 9 * HOUR_MS
    found = db.call(stats.activity, guild, both, 0, until)
    assert found == ({0: 1, 1: 3}, [("stage", 2), ("pit", 2)])
    found = db.call(stats.activity, guild, ["11"], 0, until)
    assert found == ({1: 2}, [("pit", 2)])
    assert db.call(stats.writers, guild, both, 0, until) == 2
    quotable = db.call(stats.quotable, guild, None, 3)
    assert [one.text for one in quotable] == ["line 5", "line 3", "line 2"]
    pit = quotable[-1].channel
    told = db.call(stats.quotable, guild, [pit], 9)
    assert [one.text for one in told] == ["line 3", "line 2"]
    assert db.call(stats.is_quotable, quotable[0].id)
    db.call(members.set_opted_out, guild, "puck", True)
    assert not db.call(stats.is_quotable, quotable[0].id)


def test_the_line_that_people_liked_most_is_one_that_was_seen_and_is_there(
    db: Database, guild: GuildId
) -> None:
    channel = db.call(guilds.ensure_channel, guild, "stage", "10").id

    def said(text: str, likes: int, state: str = "sent") -> int:
        row = replies.claim(guild, channel, "say")
        assert row is not None
        replies.finish(row, {"state": "made", "text": text}, ())
        Reply.update(state=state, created=5).where(Reply.id == row).execute()
        for number in range(abs(likes)):
            feedback.rate(row, f"author {number}", 1 if likes > 0 else -1)
        return row

    look = partial(stats.most_liked, guild, ["10"], 0, 9)
    db.call(said, "nobody liked it", -1)
    assert db.call(look) is None
    lines = (("fine", 1), ("best", 3), ("unsent", 4, "made"), ("", 5))
    rows = [db.call(said, *words) for words in lines]
    assert db.call(look) == Liked("best", 3, rows[1])
    assert db.call(stats.replies_between, guild, ["10"], 0, 9) == 4
    assert db.call(stats.most_liked, guild, ["11"], 0, 9) is None
    assert db.call(stats.replies_between, guild, ["10"], 6, 9) == 0
