"""The time from a kill to ready: `python -m tests.bench.bench_restart HOME`.

It starts the bot of a home, kills it with SIGKILL, starts it again, and says how long
it took until the bot answered a request, and what of forgetting was still on disk then.
"""

import argparse
import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import psutil

from app.core.paths import Home
from app.ipc import control, endpoint
from app.serve import CATALOGUE
from app.store import voice_changes
from app.store.database import Database

MOST_SECONDS = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--times", type=int, default=10)
    args = parser.parse_args()
    home, seconds, work = Home(args.home), [], []
    for _ in range(args.times + 1):
        began, bot = time.monotonic(), start(home)
        asyncio.run(answers(home, bot))
        taken = time.monotonic() - began
        seconds.append(taken)
        times = psutil.Process(bot.pid).cpu_times()
        work.append(times.user + times.system)
        bot.send_signal(signal.SIGKILL)
        bot.wait()
    restarts = sorted(seconds[1:])
    print(f"first start {seconds[0]:.2f} s")
    print(f"{len(restarts)} restarts: median {median(restarts):.2f} s,"
          f" longest {restarts[-1]:.2f} s, of the processor {median(work):.2f} s;"
          f" marks left: {marks(home)}")  # fmt: skip


def start(home: Home) -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-m", "app", "serve", "--home", str(home.root))
    with (home.root.parent / "restart.log").open("wb") as log:
        return subprocess.Popen(command, stderr=log)


async def answers(home: Home, bot: "subprocess.Popen[bytes]") -> None:
    """Return as soon as the bot answered a request."""
    async with asyncio.timeout(MOST_SECONDS):
        while True:
            assert bot.poll() is None, "the bot ended"
            known = endpoint.read(home.endpoint_file)
            if known is not None and known.pid == bot.pid:
                break
            await asyncio.sleep(0.005)
        peer = await endpoint.attach(home.endpoint_file, CATALOGUE)
        assert peer is not None
        talk = asyncio.ensure_future(peer.run())
        await peer.call(control.Status())
        talk.cancel()


def marks(home: Home) -> int:
    """Return the number of changes that the voices' files do not have yet."""
    with Database(home.database, read_only=True) as database:
        return len(database.call(voice_changes.changed_guilds))


if __name__ == "__main__":
    main()
