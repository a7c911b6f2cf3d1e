"""A day of faults: `python -m tests.bench.bench_faults [--rounds N] [--hours N]`.

A real bot learns, forgets, changes settings and replies. It is killed and stopped,
its disk fills up, is slow or can only be read, its clock jumps, the machine sleeps,
its descriptors and memory are used up, and a newer version replaces its files.
After each fault everything acknowledged must be there, and nothing forgotten. Discord's
own faults are in `bench_day`, those of hosts in `bench_hosts`. Needs Linux and root.
"""

import argparse
import asyncio
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import psutil

from app.core.errors import AppError
from app.ipc import control
from tests.faults_bot import Bot, refused

DISK_MB = 96
STOPPED_SECONDS = 30.0
MOST_SECONDS = 5.0
MOST_GROWTH = 0.10

Fault = Callable[[Bot, Random], Awaitable[float]]
"""Does something to a bot; returns the seconds until it spoke again."""


async def killed(bot: Bot, rng: Random) -> float:
    """Kill it while it works."""
    work = asyncio.ensure_future(bot.set_dial(str(rng.randrange(100))))
    await asyncio.sleep(rng.uniform(0, 0.05))
    bot.kill()
    was = bot.dial
    await asyncio.gather(work, return_exceptions=True)
    seconds = await bot.up()
    if bot.dial == was:
        await bot.set_dial(was)  # Nobody knows whether the last one was stored.
    return seconds


async def children_killed(bot: Bot, rng: Random) -> float:
    """Kill its children while they learn a file."""
    assert bot.process is not None
    work = asyncio.ensure_future(refused(bot))
    until = time.monotonic() + 3
    while time.monotonic() < until and not work.done():
        for child in psutil.Process(bot.process.pid).children(recursive=True):
            child.kill()
        await asyncio.sleep(rng.uniform(0.05, 0.3))
    await asyncio.gather(work, return_exceptions=True)
    return await spoke(bot)


async def stopped(bot: Bot, rng: Random) -> float:
    """Stop it for half a minute."""
    assert bot.process is not None
    bot.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(STOPPED_SECONDS)
    bot.process.send_signal(signal.SIGCONT)
    return await spoke(bot)


async def full(bot: Bot, rng: Random) -> float:
    """Fill its disk."""
    filler = bot.home.root / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            pass
    await refused(bot)
    await bot.say()  # What was set aside lets it go on.
    filler.unlink()
    return await spoke(bot)


async def read_only(bot: Bot, rng: Random) -> float:
    """Let its disk be read only, and start it there."""
    bot.kill()
    remount(bot.home.root, "ro")
    process = bot.start()
    await asyncio.to_thread(process.wait, 60)
    assert process.returncode not in (0, 70), "it ran, or had a bug"
    remount(bot.home.root, "rw")
    return await bot.up()


async def without_descriptors(bot: Bot, rng: Random) -> float:
    """Use up its descriptors."""
    assert bot.process is not None
    pid, limit = bot.process.pid, resource.RLIMIT_NOFILE
    usual = resource.prlimit(pid, limit)
    resource.prlimit(pid, limit, (psutil.Process(pid).num_fds(), usual[1]))
    for _ in range(5):
        try:
            await asyncio.wait_for(bot.say(), 2)
        except (TimeoutError, OSError):
            continue
    resource.prlimit(pid, limit, usual)
    return await spoke(bot)


async def twice(bot: Bot, rng: Random) -> float:
    """Start two at once."""
    bot.kill()
    both = [bot.start(), bot.start()]
    ended: list[int] = []
    async with asyncio.timeout(60):
        while not ended:
            ended = [n for n, one in enumerate(both) if one.poll() is not None]
            await asyncio.sleep(0.05)
    assert len(ended) == 1, "both ended"
    bot.process = both[1 - ended[0]]
    return await bot.up()


async def clock_moved(bot: Bot, rng: Random) -> float:
    """Set its clock, and set it right again."""
    bot.set_clock(rng.choice([-86_400, -3600, 3600, 86_400, 40 * 86_400]))
    await bot.forget(await bot.learn())
    seconds = await spoke(bot)
    bot.set_clock(0)
    await bot.learn()
    return max(seconds, await spoke(bot))


async def damaged(bot: Bot, rng: Random) -> float:
    """Damage a page of its database, and put the sound one back."""
    bot.kill()
    bot.process = None
    database, names = bot.home.database, ("mynah.db", "mynah.db-wal", "mynah.db-shm")
    sound = {name: (bot.home.root / name).read_bytes() for name in names}
    size = len(sound["mynah.db"])
    with database.open("r+b") as file:
        file.seek(rng.randrange(1, size // 4096) * 4096)
        file.write(os.urandom(4096))
    process = bot.start()
    try:
        await asyncio.to_thread(process.wait, 5)
    except subprocess.TimeoutExpired:
        process.kill()  # The page is one that it needs later.
        process.wait()
    assert process.returncode != 70, "it had a bug"
    for name, data in sound.items():
        (bot.home.root / name).write_bytes(data)
    return await bot.up()


async def without_memory(bot: Bot, rng: Random) -> float:
    """Let it have no more memory than it has."""
    assert bot.process is not None
    pid, limit = bot.process.pid, resource.RLIMIT_AS
    usual = resource.prlimit(pid, limit)
    room = psutil.Process(pid).memory_info().vms + rng.randrange(1 << 22)
    resource.prlimit(pid, limit, (room, usual[1]))
    for ask in (bot.say, partial(refused, bot), bot.say):
        with suppress(TimeoutError, OSError, AppError):
            await asyncio.wait_for(ask(), 5)
    with suppress(OSError):  # It may have ended.
        resource.prlimit(pid, limit, usual)
    return await bot.up()


async def slow(bot: Bot, rng: Random) -> float:
    """Let its disk take long to keep what is written."""
    bot.slow_disk(rng.uniform(0.1, 1))
    await bot.forget(await bot.learn())
    seconds = await spoke(bot)
    bot.slow_disk(0)
    return seconds


async def asleep(bot: Bot, rng: Random) -> float:
    """Let the machine sleep for hours."""
    assert bot.process is not None
    process = psutil.Process(bot.process.pid)
    every = [process, *process.children(recursive=True)]
    for one in every:
        one.suspend()
    await asyncio.sleep(1)
    bot.set_clock(rng.randrange(3600, 86_400))
    for one in every:
        one.resume()
    seconds = await spoke(bot)
    bot.set_clock(0)
    return max(seconds, await spoke(bot))


async def updated(bot: Bot, rng: Random) -> float:
    """Put a newer version in its place while it works, and start that."""
    work = asyncio.ensure_future(refused(bot))
    await asyncio.sleep(rng.uniform(0, 0.3))
    version = await asyncio.to_thread(bot.install)
    await work
    seconds = await spoke(bot)
    bot.kill()
    seconds = max(seconds, await bot.up())
    assert (await bot.ask(control.Status())).version == version
    return seconds


FAULTS: tuple[Fault, ...] = (
    killed, children_killed, stopped, full, read_only, without_descriptors, twice,
    clock_moved, damaged, without_memory, slow, asleep, updated,
)  # fmt: skip


async def spoke(bot: Bot) -> float:
    began = time.monotonic()
    await bot.say()
    return time.monotonic() - began


def remount(root: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", root.parent], check=True)


async def rounds(bot: Bot, rng: Random, count: int, only: list[str]) -> int:
    """Do each fault so often; print the times to recover, return what went wrong."""
    wrong, seconds = 0, defaultdict[str, list[float]](list)
    faults = [one for one in FAULTS if not only or one.__name__ in only]
    for number in range(count):
        for fault in rng.sample(faults, len(faults)):
            await bot.set_dial(str(rng.randrange(100)))
            author = await bot.learn()
            await bot.learn()
            if rng.random() < 0.5:
                await bot.forget(author)
            seconds[fault.__name__].append(await fault(bot, rng))
            found = await asyncio.to_thread(bot.faults) + await bot.dial_faults()
            wrong += len(found)
            for text in found:
                print(f"round {number + 1}, {fault.__name__}: {text}", flush=True)
    for name, times in seconds.items():
        print(f"{name:20} {len(times):4} times, longest recovery {max(times):6.2f} s")
    every = sorted(one for times in seconds.values() for one in times)
    slow = every[int(len(every) * 0.99)]
    print(f"{len(every)} faults, recovery at the 99th percentile {slow:.2f} s")
    print(f"{len(bot.kept)} messages kept, {len(bot.gone)} forgotten, {wrong} wrong")
    return wrong + (slow > MOST_SECONDS)


async def hours(bot: Bot, count: int) -> int:
    """Let simulated hours pass; return 1 if the memory grew from the first on."""
    sizes: list[int] = []
    for hour in range(count):
        bot.set_clock(hour * 3600)
        for turn in range(60):
            await bot.say()
            if turn % 12 == 0:
                await bot.set_dial(str(turn))
                await bot.forget(await bot.learn())
        sizes.append(bot.memory)
    growth = max(sizes[1:]) / sizes[0] - 1
    first, last = sizes[0] >> 20, sizes[-1] >> 20
    print(f"memory {first} MB after an hour, {last} MB after {count}: {growth:+.1%}")
    return int(growth > MOST_GROWTH)


async def day(disk: Path, scratch: Path, args: argparse.Namespace) -> int:
    bot = Bot(scratch, disk / "home")
    bot.home.create()
    try:
        await first_words(bot)
        wrong = await rounds(bot, Random(args.seed), args.rounds, args.only)
        return wrong + (await hours(bot, args.hours) if args.hours else 0)
    finally:
        bot.kill()


async def first_words(bot: Bot) -> None:
    """Start the bot with a server that it can speak for."""
    path = bot.scratch / "first.jsonl"
    lines = (f"the king of {n} nights was at the boat of {n % 7}" for n in range(500))
    texts = (f'{{"author": "bo", "text": "{line}"}}\n' for line in lines)
    path.write_text("".join(texts))
    command = (sys.executable, "-m", "app", "import", "--home", bot.home.root)
    learn = partial(subprocess.run, [*command, "den", path], check=True)
    await asyncio.to_thread(learn)
    (bot.home.root / "config.toml").write_text("[memory]\nenabled = false\n")
    await bot.up()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="names of faults")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        disk = Path(scratch) / "disk"
        disk.mkdir()
        size = f"size={DISK_MB}m"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "faults", disk], check=True)
        try:
            return min(asyncio.run(day(disk, Path(scratch), args)), 1)
        finally:
            subprocess.run(["umount", "-l", disk], check=True)


if __name__ == "__main__":
    sys.exit(main())
