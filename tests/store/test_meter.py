"""Weekly figures and what they are made of, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.store import feedback, members, messages, meter, replies
from app.store.database import Database

Write = Callable[..., int]


def test_a_week_begins_on_monday_at_midnight() -> None:
    monday = 1_699_833_600_000  # 13 November 2023
    assert meter.week_of(monday) == monday
    assert meter.week_of(monday - 1) == monday - 7 * DAY_MS
    assert meter.week_of(monday + 7 * DAY_MS - 1) == monday


def test_members_words_are_those_of_people_who_take_part(
    db: Database, guild: GuildId, write: Write
) -> None:
    write("mine", ts=10)
    write("!roll", ts=11, dropped="command")
    write("not here any more", author="iago", ts=12)
    db.call(members.ensure, guild, "robot", "Robot", is_bot=True)
    robot = db.call(messages.get, write("later", ts=99))
    assert robot is not None
    db.call(members.set_opted_out, guild, "iago", True)
    assert db.call(meter.said, guild, 0, 50) == ["mine"]
    assert db.call(meter.said_before, guild, 100, 1) == ["later"]
    assert db.call(meter.said, GuildId(guild + 1), 0, 50) == []


def test_a_weeks_figures_replace_the_ones_before(db: Database, guild: GuildId) -> None:
    for figures in ({"alike": 0.5}, {"alike": 0.7}):
        db.call(meter.put, guild, 7, figures, 1)
    db.call(meter.put, guild, 14, {"alike": 0.9}, 1)
    found = db.call(meter.weeks, guild, 5)
    assert [(week.start, week.figures["alike"]) for week in found] == [
        (7, 0.7), (14, 0.9),
    ]  # fmt: skip
    assert [week.start for week in db.call(meter.weeks, guild, 1)] == [14]
    assert db.call(meter.weeks, GuildId(guild + 1), 5) == []


def test_only_sent_replies_count_with_their_thumbs(
    db: Database, guild: GuildId
) -> None:
    for state in ("sent", "draft"):
        row = db.call(replies.claim, guild, None, "say")
        assert row is not None
        db.call(replies.finish, row, {"state": state, "text": state}, [])
        db.call(feedback.rate, row, "ann", 1)
    (one,) = db.call(meter.sent, guild, 0, 2**60)
    assert (one.text, one.rating) == ("sent", 1)
    assert db.call(meter.sent, guild, 0, 1) == []
    assert len(db.call(meter.weeks_with_replies, guild, 0)) == 1
