"""A week of a server, for its members."""

from collections.abc import Callable

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.store import feedback, guilds, members, replies, stats
from app.store.database import Database

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
