"""Replies on a computer so busy that the way to a model and back takes long."""

import pytest

from app.replies.plan import TOO_BUSY
from app.store import replies
from app.store.database import Database
from tests.replies.test_replier import Bench, Clock


class SlowEnd:
    """A replier's way to keep a reply, which takes some seconds."""

    def __init__(self, bench, clock):
        self.keep, self.clock, self.seconds = bench.replier._keep, clock, 0.0
        bench.replier._keep = self

    async def __call__(self, made):
        self.clock.now += self.seconds
        return await self.keep(made)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def bench(home, clock):
    with Database(home.database) as database:
        bench = Bench(home, database, clock=clock)
        bench.hear("bob", "something to learn")
        yield bench


def slow_before(bench, clock, monkeypatch, seconds):
    """Let the database take so long for its first work on a reply."""
    run = bench.database.run

    async def slow(*work, **options):
        clock.now += seconds if work[0] is replies.claim else 0
        return await run(*work, **options)

    monkeypatch.setattr(bench.database, "run", slow)


async def test_after_a_slow_start_the_chain_answers_at_once_and_it_says_why(
    bench, clock, monkeypatch
):
    slow_before(bench, clock, monkeypatch, 1.0)
    made = await bench.replier.reply(bench.ask(trigger="1"))
    assert made.answer.provider == "markov"
    assert [(r.provider, r.reason) for r in made.answer.rungs][0] == ("local", TOO_BUSY)
    assert bench.local.prompts == []


async def test_a_start_that_takes_some_time_takes_it_from_the_models(
    bench, clock, monkeypatch
):
    slow_before(bench, clock, monkeypatch, 0.5)
    await bench.replier.reply(bench.ask(trigger="1"))
    assert 1800 < bench.local.prompts[0].deadline_ms < 1900


async def test_models_end_earlier_while_the_ends_of_replies_take_long(bench, clock):
    end = SlowEnd(bench, clock)
    limits = []
    for seconds, pause in ((0.4, 0), (0, 1), (0, 11), (0, 0)):
        end.seconds = seconds
        clock.now += pause
        await bench.replier.reply(bench.ask())
        limits.append(round(bench.local.prompts[-1].deadline_ms))
    assert limits == [2335, 1660, 2335, 2335]


async def test_a_very_slow_end_still_leaves_half_of_the_time_to_models(bench, clock):
    SlowEnd(bench, clock).seconds = 9.0
    await bench.replier.reply(bench.ask())
    await bench.replier.reply(bench.ask())
    assert bench.local.prompts[-1].deadline_ms == pytest.approx(1210, abs=1)


@pytest.mark.parametrize(
    ("waited", "deadline_ms"), [(0, 2335), (4, 2335), (7, 860), (9, None)]
)
async def test_whoever_waited_for_a_turn_waits_eight_seconds_in_all_at_most(
    bench, clock, waited, deadline_ms
):
    made = await bench.replier.reply(bench.ask(arrived=clock.now - waited))
    given = [round(prompt.deadline_ms) for prompt in bench.local.prompts]
    assert given[:1] == ([] if deadline_ms is None else [deadline_ms])
    assert made.answer.provider == ("markov" if deadline_ms is None else "local")
