import asyncio
import threading

import pytest

from app.core.names import GuildId
from app.providers.cost_record import Spent
from app.replies.ledger import Ledger
from app.store import guilds, usage
from app.store.database import Database

DAY = 86_400.0
NOON = 1_700_000_000.0 - 1_700_000_000.0 % DAY + DAY / 2
"""A noon in the middle of a month."""


class Clock:
    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def database(home):
    with Database(home.database) as database:
        for name in ("one", "two"):
            database.call(guilds.ensure, name)
        yield database


def spent(guild, cost):
    return Spent("openai", "gpt-4o-mini", guild, None, "h", 900, 10, 0, 5, cost)


async def test_what_is_spent_is_in_the_database_and_in_the_sums(database):
    ledger = Ledger(database, Clock())
    ledger.spent(spent(1, 0.25))
    ledger.spent(spent(2, 0.5))
    await ledger.flush()
    assert ledger.today() == 0.75
    assert ledger.today(GuildId(1)) == 0.25
    assert database.call(usage.spent, 0) == pytest.approx(0.75)
    again = Ledger(database, Clock())
    again.load()
    assert (again.today(), again.month(GuildId(2))) == (0.75, 0.5)


async def test_a_used_up_budget_refuses_until_the_period_ends(database):
    clock = Clock()
    ledger = Ledger(database, clock)
    ledger.spent(spent(1, 1.0))
    await ledger.flush()
    assert "day for this server" in str(ledger.refuses(GuildId(1), (1.0, 0), (0, 0)))
    assert ledger.refuses(GuildId(2), (1.0, 0), (0, 0)) is None
    assert "month for all" in str(ledger.refuses(GuildId(2), None, (0, 1.0)))
    clock.now += DAY
    assert ledger.refuses(GuildId(1), (1.0, 0), (0, 0)) is None
    assert ledger.refuses(GuildId(1), (0, 1.0), (0, 0)) is not None
    clock.now += 31 * DAY
    assert ledger.refuses(GuildId(1), (0, 1.0), (0, 1.0)) is None


async def test_at_four_fifths_the_owner_is_told_once(database):
    told: list[str] = []
    ledger = Ledger(database, Clock(), told.append)
    ledger.spent(spent(1, 0.8))
    await ledger.flush()
    for _ in range(3):
        assert ledger.refuses(GuildId(1), None, (1.0, 0.0)) is None
    assert told == ["80% of the day's budget for all is spent ($0.80 of $1.00)"]


async def test_a_restart_on_another_day_remembers_what_the_month_cost(database):
    clock = Clock()
    ledger = Ledger(database, clock)
    ledger.spent(spent(1, 1.0))
    await ledger.flush()
    clock.now += DAY
    again = Ledger(database, clock)
    again.load()
    assert (again.today(), again.month()) == (0, 1.0)
    assert "month" in str(again.refuses(GuildId(1), (0, 1.0), (0, 0)))


async def test_the_tokens_of_a_day_are_used_up_and_come_back_with_the_next(database):
    clock = Clock()
    ledger = Ledger(database, clock)
    ledger.spent(spent(1, 0.0))
    assert ledger.refuses_tokens("openai", 16) is None
    assert "15 tokens of the day" in str(ledger.refuses_tokens("openai", 15))
    assert ledger.refuses_tokens("openai", 0) is None, "0 means no limit"
    await ledger.flush()
    again = Ledger(database, clock)
    again.load()
    assert again.refuses_tokens("openai", 15)
    clock.now += DAY
    assert again.refuses_tokens("openai", 15) is None


async def test_it_reads_again_what_others_spent_while_all_else_goes_on(database):
    ledger, busy = Ledger(database, Clock()), threading.Event()
    row = usage.UsageEntry("openai", "gpt-4o-mini", GuildId(2), cost=4.0)
    await database.run(usage.add, row, int(NOON * 1000))
    for number in range(2):
        waits = database.submit(busy.wait, 5)
        reading = asyncio.create_task(ledger.refresh())
        await asyncio.sleep(0)
        ledger.spent(spent(1, 0.25))
        busy.set()
        await reading
        assert waits.result(), "the loop goes on while it waits for the database"
        assert ledger.today(GuildId(1)) == 0.5 * number + 0.25
        busy.clear()
        # Its row may not be written when it is read again.
        ledger.spent(spent(1, 0.25))
    await ledger.refresh()
    assert (ledger.today(), ledger.today(GuildId(1))) == (5.0, 1.0)
    assert ledger.tokens_today("openai") == 60
