"""How long the bot's event loop is held by what screens ask for.

python -m tests.bench.bench_loop FILE [--messages 1000000]

Learns a file in a home of its own, then asks for the server's words, a search and the
end of everything. Beside each stands the longest that the loop was late by the clock,
and the longest that it worked without a rest, which a busy machine leaves as it is.
"""

import argparse
import asyncio
import gc
import gzip
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from itertools import islice
from pathlib import Path

from app.cli.connect import connect
from app.core.paths import Home
from app.ipc import control

BEAT_SECONDS = 0.005
LONGEST_MS = 20.0


class Beats:
    """What a beat of the loop saw at worst."""

    def __init__(self) -> None:
        self.late = 0.0
        self.worked = 0.0

    async def listen(self) -> None:
        """Beat until cancelled."""
        while True:
            began, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(BEAT_SECONDS)
            late = time.perf_counter() - began - BEAT_SECONDS
            self.late = max(self.late, 1e3 * late)
            self.worked = max(self.worked, 1e3 * (time.thread_time() - used))


async def watched(name: str, work: Callable[[], Awaitable[object]]) -> float:
    """Do the work and print what the loop felt; return its longest work, in ms."""
    beats = Beats()
    listening = asyncio.create_task(beats.listen())
    await asyncio.sleep(0.1)
    beats.late = beats.worked = 0.0
    began = time.perf_counter()
    await work()
    seconds = time.perf_counter() - began
    listening.cancel()
    load = os.getloadavg()[0]
    print(
        f"{name:<12} {seconds:6.1f} s; the loop is late by {beats.late:.0f} ms,"
        f" and works {beats.worked:.0f} ms at most (load {load:.1f})",
        flush=True,
    )
    return beats.worked


async def measure(home: Home, file: Path) -> float:
    """Print every figure; return the longest work."""
    heard: list[object] = []
    async with connect(home, heard.append) as bot:
        # The first of each kind loads its code, once for the life of a bot.
        await bot.call(control.Import("Warm", [str(_few(file))]))
        await bot.call(control.Phrases("Warm"))
        await bot.call(control.Forget("Warm", everything=True, prove=True))
        # As the bot does once all of it is loaded.
        gc.freeze()
        await bot.call(control.Subscribe())
        await bot.call(control.Import("Bench", [str(file)]))
        worst = [
            await watched("words", lambda: bot.call(control.Phrases("Bench"))),
            await watched(
                "forget all",
                lambda: bot.call(control.Forget("Bench", everything=True, prove=True)),
            ),
        ]
        told = [
            one
            for one in heard
            if isinstance(one, control.Progress) and one.work == "forget"
        ]
        for one in told[:: max(1, len(told) // 10)]:
            print(f"  told of {one.done:,} of {one.total:,} {one.note}")
    return max(worst)


def _few(file: Path) -> Path:
    return cut(file, file.with_name("few.jsonl"), 2000)


def cut(source: Path, target: Path, messages: int) -> Path:
    """Write the first messages of a file in the interchange format."""
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", encoding="utf-8") as lines, target.open("w") as out:
        out.writelines(islice(lines, messages))
    return target


def main() -> int:
    """Print the figures; the exit code says whether they hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        file = cut(options.file, Path(directory) / "chat.jsonl", options.messages)
        home = Home(Path(directory) / "home").create()
        return int(asyncio.run(measure(home, file)) > LONGEST_MS)


if __name__ == "__main__":
    raise SystemExit(main())
