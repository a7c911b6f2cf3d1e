import asyncio

import pytest

from app.chat.limits import Breaker, FairQueue, QueueFullError, Rates


class FakeClock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return FakeClock()


def test_a_breaker_opens_after_failures_in_a_row(clock):
    breaker = Breaker(clock, threshold=3)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.refuses() is None
    breaker.failed()
    assert breaker.refuses() == "it failed 3 times; it is tried again in 5 s"


def test_half_open_lets_one_probe_through(clock):
    breaker = Breaker(clock, threshold=1, first_pause=5)
    breaker.failed()
    clock.now += 6
    assert breaker.refuses() is None
    breaker.enter()
    assert breaker.refuses() == "one request is testing it"
    breaker.succeeded()
    assert breaker.refuses() is None


def test_a_failed_probe_doubles_the_pause(clock):
    breaker = Breaker(clock, threshold=1, first_pause=5, longest_pause=15)
    for pause in (5, 10, 15, 15):
        breaker.failed()
        clock.now += pause - 0.1
        assert breaker.refuses()
        clock.now += 0.2
        assert breaker.refuses() is None
        breaker.enter()


def test_a_cancelled_probe_frees_its_place(clock):
    breaker = Breaker(clock, threshold=1)
    breaker.failed()
    clock.now += 6
    breaker.enter()
    breaker.released()
    assert breaker.refuses() is None


def test_rates_count_a_window(clock):
    rates = Rates(clock)
    assert rates.seconds_since("a") is None
    for _ in range(3):
        rates.note("a")
        clock.now += 25
    assert rates.seconds_since("a") == 25
    assert rates.count("a", 60) == 2
    assert rates.count("b", 60) == 0


def test_rates_stay_bounded(clock):
    rates = Rates(clock, max_keys=10)
    for key in range(100):
        rates.note(str(key))
    assert rates.seconds_since("5") is None
    assert rates.seconds_since("99") == 0


async def run(queue, guild, order, name):
    async with queue.place(guild):
        order.append(name)
        await asyncio.sleep(0)


async def test_guilds_take_turns():
    queue = FairQueue(1)
    order: list[object] = []
    async with queue.place(0):
        tasks = [
            asyncio.create_task(run(queue, guild, order, f"{guild}{number}"))
            for guild, number in [(1, "a"), (1, "b"), (1, "c"), (2, "a"), (3, "a")]
        ]
        await asyncio.sleep(0)
        assert queue.waiting == 5
    await asyncio.gather(*tasks)
    assert order == ["1a", "2a", "3a", "1b", "1c"]
    assert queue.waiting == 0


async def test_a_full_queue_says_so_and_one_guild_cannot_fill_it():
    queue = FairQueue(1, max_waiting=8)
    order: list[object] = []
    async with queue.place(0):
        tasks = [asyncio.create_task(run(queue, 1, order, n)) for n in range(12)]
        other = asyncio.create_task(run(queue, 2, order, "other"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        failed = [task for task in tasks if task.done()]
        assert len(failed) >= 4
        for task in failed:
            with pytest.raises(QueueFullError):
                task.result()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert queue.waiting == (0 if other.done() else 1)
    await asyncio.gather(other, return_exceptions=True)
    async with asyncio.timeout(1):
        await run(queue, 3, order, "after")
    assert order[-1] == "after"


async def test_cancelled_waiters_leave_no_hole():
    queue = FairQueue(2)
    order: list[object] = []
    tasks = [asyncio.create_task(run(queue, n % 3, order, n)) for n in range(30)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(1), queue.place(1), queue.place(2):
        pass
