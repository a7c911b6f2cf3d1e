"""Background work that fails is told, started again, and given up for all to see."""

import asyncio
import logging

import pytest

from app.core.supervisor import (
    FIRST_PAUSE,
    HEALTHY_SECONDS,
    LONGEST_PAUSE,
    MOST_FAILURES,
    Supervisor,
    Troubles,
    outcome_of,
)


class Bench:
    """A supervisor with a clock of its own, and what it said."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []
        self.shown: list[str] = []
        self.warned: list[str] = []
        self.troubles = Troubles(self.warned.append)
        self.supervisor = Supervisor(
            self.shown.append, self.troubles, self.sleep, lambda: self.now
        )
        self.runs = 0

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def work(self, seconds: float = 1.0, fails: int = 10**6) -> None:
        self.runs += 1
        self.now += seconds
        if self.runs <= fails:
            raise ValueError("out of order")


async def test_work_that_fails_is_started_again_with_growing_pauses() -> None:
    bench = Bench()
    await bench.supervisor.keep("Memory", lambda: bench.work(fails=4))
    assert bench.runs == 5
    assert bench.pauses == [FIRST_PAUSE * 2**n for n in range(4)]
    assert bench.troubles.every == []


async def test_work_that_fails_in_a_row_is_given_up_and_the_owner_is_told() -> None:
    bench = Bench()
    await bench.supervisor.keep("Memory", bench.work)
    assert bench.runs == MOST_FAILURES
    (trouble,) = bench.troubles.every
    assert "Memory stopped" in trouble.detail and "Restart" in trouble.hint
    assert bench.warned == [f"{trouble.detail} {trouble.hint}"]


async def test_work_that_ran_long_between_its_failures_is_never_given_up() -> None:
    bench = Bench()
    fails = MOST_FAILURES * 3
    work = lambda: bench.work(HEALTHY_SECONDS + 1, fails)  # noqa: E731
    await bench.supervisor.keep("Memory", work)
    assert bench.runs == fails + 1 and set(bench.pauses) == {FIRST_PAUSE}


async def test_what_must_not_end_is_tried_for_ever() -> None:
    bench = Bench()
    await bench.supervisor.keep("Discord", lambda: bench.work(fails=30), gives_up=False)
    assert bench.runs == 31 and max(bench.pauses) == LONGEST_PAUSE


async def test_each_error_is_logged_with_its_place_and_shown_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bench = Bench()
    for _ in range(3):
        with bench.supervisor.contain("Reading an event"):
            raise KeyError("name")
    errors = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert len(errors) == 3 and all(one.exc_info for one in errors)
    (shown,) = bench.shown
    assert "Reading an event failed: KeyError in test_supervisor.py:" in shown
    with bench.supervisor.contain("Reading an event"):
        raise KeyError("name")
    assert len(bench.shown) == 2, "another place is news"


async def test_a_block_that_is_cancelled_is_not_contained() -> None:
    with pytest.raises(asyncio.CancelledError):
        with Bench().supervisor.contain("Reading an event"):
            raise asyncio.CancelledError


async def test_the_error_of_a_task_that_nobody_waits_for_is_told() -> None:
    bench = Bench()
    task = asyncio.ensure_future(bench.work())
    bench.supervisor.watch(task, "Answering")
    await asyncio.wait({task})
    await asyncio.sleep(0)
    assert bench.shown and "Answering failed" in bench.shown[0]


async def test_cancelling_the_keeper_ends_its_work() -> None:
    bench, ended = Bench(), asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    keeping = asyncio.ensure_future(bench.supervisor.keep("Memory", forever))
    await asyncio.sleep(0.01)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert ended.is_set() and bench.shown == []


async def test_an_outcome_is_an_error_or_nothing() -> None:
    bench = Bench()
    assert isinstance(await outcome_of(bench.work()), ValueError)
    assert await outcome_of(asyncio.sleep(0)) is None


async def test_an_error_that_the_loop_found_is_told() -> None:
    bench = Bench()
    loop = asyncio.get_running_loop()
    bench.supervisor.on_lost_error(loop, {"message": "x", "exception": OSError("y")})
    assert "Work in the background failed: OSError" in bench.shown[0]
