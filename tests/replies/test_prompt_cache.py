"""What a live day's prompts share with the ones before them."""

from random import Random
from statistics import median

import pytest

from app.providers.base import Speed, Turn
from app.providers.local import chat_log
from app.runner.model_loader import SLOTS
from app.runner.slots import Slots
from app.store import guilds
from app.store.database import Database
from tests.replies.test_replier import Bench, Measured, Remembered

WORDS = "the sea was calm and nobody knew where that old bird had gone to sleep".split()
PEOPLE = ["anna", "bob", "eve", "Jörg", "somebody else"]

WANTED = 0.6
"""The share of the prompt that is there already, at the median of a live day."""


class Day(Remembered):
    """Three channels whose talks go on at the same time; each recalls other moments."""

    def __init__(self, home, database, words, speed):
        super().__init__([])
        self.rng = Random(7)
        self.slots = Slots(SLOTS, can_roll_back=True)
        self.words = words
        measured = Measured(speed, 1024, "starter")
        self.bench = Bench(home, database, self, measured)
        self.bench.local.text = "nobody knows that, not even the bird"
        self.shares = []

    async def recall(self, *asked):
        return [(Turn("bob", self.said()), Turn("eve", self.said())) for _ in range(2)]

    def said(self):
        return " ".join(self.rng.choices(WORDS, k=self.rng.randint(1, self.words)))

    async def live(self, messages):
        places = ["general", "games", "off-topic"]
        rows = [
            self.bench.database.call(guilds.ensure_channel, self.bench.guild, name).id
            for name in places
        ]
        at = 0
        for _ in range(messages):
            if self.rng.random() < 0.1:
                at = self.rng.randrange(len(places))
            text, author = self.said(), self.rng.choice(PEOPLE)
            row = self.bench.hear(author, text, place=places[at])
            if self.rng.random() < 0.4:
                await self.answered(rows[at], row, author, text, places[at])

    async def answered(self, channel, row, author, text, place):
        request = self.bench.ask(text, message=row, trigger=str(row))
        request = self.bench.at(request, channel, author)
        made = await self.bench.replier.reply(request)
        prompt = self.bench.local.prompts[-1]
        # Letters stand for tokens.
        letters = [*map(ord, chat_log.build(prompt))]
        plan = self.slots.plan(str(prompt.guild), prompt.conversation, letters)
        assert plan is not None
        assert made is not None
        self.slots.take(plan, str(prompt.guild), prompt.conversation, letters)
        plan.slot.tokens, plan.slot.is_busy = letters, False
        self.shares.append(plan.reused / len(letters))
        self.bench.hear("Mynah", made.answer.finished.text, place=place)


@pytest.mark.parametrize(
    ("words", "speed"),
    [(12, Speed(400, 40)), (20, Speed(400, 40)), (12, Speed(300, 30))],
    ids=["quick", "many words", "slow machine"],
)
async def test_most_of_a_prompt_is_known_from_the_reply_before(home, words, speed):
    with Database(home.database) as database:
        day = Day(home, database, words, speed)
        await day.live(100)
    assert len(day.shares) > 30
    assert median(day.shares[6:]) >= WANTED


async def test_a_runner_that_started_anew_is_not_given_more_than_it_can_read(home):
    with Database(home.database) as database:
        measured = Measured(Speed(100, 30), 1024, "starter")
        bench = Bench(home, database, measured=measured)
        for number in range(40):
            bench.hear("bob", f"{number} {' '.join(WORDS)}")
        turns = []
        for pid in (1, 1, 1, 2):
            measured.pid = pid
            bench.hear("bob", " ".join(WORDS))
            await bench.replier.reply(bench.ask(mode="hybrid"))
            turns.append(len(bench.local.prompts[-1].turns))
    assert turns[0] < turns[1] < turns[2]
    assert turns[3] < turns[2]
