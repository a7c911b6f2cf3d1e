import asyncio

import pytest

from app.chat.fair_queue import FairQueue, QueueFullError
from app.core.names import GuildId


async def run(queue, guild, order, name):
    async with queue.place(guild):
        order.append(name)
        await asyncio.sleep(0)


async def test_guilds_take_turns():
    queue = FairQueue(1)
    order: list[object] = []
    async with queue.place(GuildId(0)):
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
    async with queue.place(GuildId(0)):
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
    async with asyncio.timeout(1), queue.place(GuildId(1)), queue.place(GuildId(2)):
        pass


async def test_whoever_waits_too_long_leaves_the_line_and_takes_no_place():
    queue = FairQueue(1)
    async with queue.place(GuildId(1)):
        with pytest.raises(QueueFullError, match="its turn did not come"):
            async with queue.place(GuildId(2), 0.01):
                pass
        assert queue.waiting == 0
    async with queue.place(GuildId(3), 0.01):
        pass
