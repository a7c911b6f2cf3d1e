"""The figures of the last hour, noted from the processes that run."""

import asyncio
import sys

from app.ipc import control
from app.service.handlers.last_hour import MOMENTS, LastHourHandlers, kind_of
from app.service.service import Service
from tests.asking import ask

LEAST_BYTES = 10_000_000
"""No Python with these libraries takes less."""


async def test_a_moment_has_speed_queue_and_the_memory_of_this_process(
    service: Service,
):
    await service.last_hour.note()
    (moment,) = (await ask(service, control.LastHour())).moments
    bot = next(one for one in moment.processes if one.name == "bot")
    assert bot.bytes > LEAST_BYTES and bot.processor >= 0
    assert (moment.tokens_per_second, moment.queue) == (0.0, 0)


async def test_children_are_named_after_their_role(service: Service):
    code = "import sys, time; print(flush=True); sys.stdin.read()"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        code,
        "runner",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout and child.stdin
    await child.stdout.readline()
    await service.last_hour.note()
    child.stdin.close()
    await child.wait()
    await service.last_hour.note()
    during, after = (await ask(service, control.LastHour())).moments
    assert {one.name for one in during.processes} == {"bot", "model"}
    assert {one.name for one in after.processes} == {"bot"}


async def test_no_more_than_an_hour_is_kept(service: Service):
    times = iter(range(MOMENTS + 5))
    keeper = LastHourHandlers(service.context, lambda: float(next(times)))
    for _ in range(MOMENTS + 5):
        await keeper.note()
    told = await keeper.last_hour(_Nobody(), control.LastHour())
    assert [one.at for one in told.moments] == [*range(5, MOMENTS + 5)]


def test_a_command_line_without_a_role_is_of_another_program():
    assert kind_of(["mynah", "job", "--home", "x"]) == "work"
    assert kind_of(["git", "status"]) == "other"
    assert kind_of([]) == "other"


class _Nobody:
    async def notify(self, notification: object) -> None:
        """Do nothing."""
