"""The ledger, on a real database."""

from collections.abc import Callable

from app.core.names import GuildId
from app.core.time_units import DAY_MS
from app.store import usage
from app.store.database import Database

Write = Callable[..., int]


def test_the_ledger_adds_up_by_day(db: Database, guild: GuildId) -> None:
    day = DAY_MS
    for now, cost in ((day, 0.5), (day + 5, 0.25), (2 * day, 1.0)):
        entry = usage.UsageEntry("openai", "m", guild=guild, cost=cost, host="h")
        db.call(usage.add, entry, now)
    days = db.call(usage.by_day, 0)
    found = [(d.day, d.guild, d.calls, d.cost) for d in days]
    assert found == [
        ("1970-01-03", "The Globe", 1, 1.0),
        ("1970-01-02", "The Globe", 2, 0.75),
    ]
    assert db.call(usage.spent, 2 * day, guild) == 1.0


def test_only_what_left_the_computer_is_listed_as_sent(
    db: Database, guild: GuildId
) -> None:
    db.call(usage.add, usage.UsageEntry("local", "tiny", guild), 1)
    sent = usage.UsageEntry("openai", "m", guild, bytes_sent=9, host="h", cost=0.5)
    db.call(usage.add, sent, 2)
    found = db.call(usage.sent_requests)
    assert found == [usage.SentRequest(2, "h", "The Globe", "m", 9, 0.5)]
    assert [one.cost for one in db.call(usage.latest)] == [0.5]


def test_money_is_told_apart_by_guild(db: Database, guild: GuildId) -> None:
    for place, cost in ((guild, 0.5), (None, 0.25), (guild, 1.0)):
        db.call(usage.add, usage.UsageEntry("openai", "m", place, cost=cost), 10)
    db.call(usage.add, usage.UsageEntry("openai", "m", guild, cost=8.0), 1)
    assert db.call(usage.spent_by_guild, 10) == {guild: 1.5, None: 0.25}
    assert db.call(usage.spent, 10) == 1.75
    assert db.call(usage.spent, 10, GuildId(guild + 1)) == 0.0
