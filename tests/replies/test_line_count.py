"""How many lines a reply may have follows how the guild's people write."""

from random import Random

import pytest

from app.replies.guild_habits import LEAST, Bursts, Habit, follow_ups
from app.store import guilds, members, messages
from app.store.database import Database
from app.store.messages import NewMessage


@pytest.fixture
def database(home):
    with Database(home.database) as opened:
        yield opened


def ensure(guild, name):
    return members.ensure(guild, name, name, is_bot=name == "robot")


class Town:
    """A guild with one channel and three people, one of them a bot."""

    def __init__(self, database):
        self.database = database
        self.guild = database.call(guilds.ensure, "town").id
        self.channel = database.call(guilds.ensure_channel, self.guild, "hall").id
        self.people = [
            database.call(ensure, self.guild, name).id
            for name in ("anna", "bob", "robot")
        ]
        self.said = 0

    def say(self, person, ts):
        self.said += 1
        one = NewMessage(self.channel, self.people[person], str(self.said), ts, "hi")
        self.database.call(messages.add_many, self.guild, [one])


async def share(town):
    return await Habit(town.database, lambda: 0.0, follow_ups).share(town.guild)


async def test_what_one_author_writes_within_seconds_is_counted(database):
    town = Town(database)
    for turn in range(LEAST):
        at = turn * 100_000
        town.say(0, at)
        town.say(0, at + 3_000)
        town.say(2, at + 4_000)
        town.say(1, at + 9_000)
        town.say(1, at + 60_000)
    assert await share(town) == pytest.approx(0.25, abs=0.01)


async def test_a_guild_that_said_little_gets_one_line(database):
    town = Town(database)
    for turn in range(LEAST - 1):
        town.say(0, turn * 1000)
    assert await share(town) == 0


async def test_lines_are_drawn_at_the_guilds_rate_and_never_too_many(database):
    town = Town(database)
    for turn in range(2 * LEAST):
        town.say(turn // 2 % 2, turn // 2 * 100_000 + turn % 2 * 2_000)
    bursts = Bursts(database, Random(1), lambda: 0.0)
    drawn = [await bursts.lines(town.guild, 3) for _ in range(400)]
    assert set(drawn) == {1, 2, 3}
    assert drawn.count(1) / 400 == pytest.approx(0.5, abs=0.08)
    assert {await bursts.lines(town.guild, 1) for _ in range(9)} == {1}
