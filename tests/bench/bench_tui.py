"""How soon the first picture stands, and how a flood of messages leaves the screen.

python -m tests.bench.bench_tui [--runs 10] [--seconds 20]
"""

import argparse
import asyncio
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from textual import events

from app.ipc import control
from app.tui.app import MynahApp
from app.tui.widgets.feed import Feed
from tests.tui.fake_bot import FakeBot, busy_bot
from tests.tui.sample_home import NOW, make_home

ROOT = Path(__file__).parents[2]

FIRST_PICTURE_SECONDS = 0.6
ANSWER_MS = 100
MESSAGES_A_MINUTE = 10_000

SIGN = b"Playground"
"""Stands in the navigation, which is drawn with the first picture."""


def first_picture(home: Path) -> tuple[float, float]:
    """Seconds from a start to the first picture on a terminal: clock, processor."""
    terminal, side = pty.openpty()
    environment = os.environ | {"MYNAH_HOME": str(home), "TERM": "xterm-256color"}
    environment |= {"COLUMNS": "120", "LINES": "40", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        stdin=side,
        stdout=side,
        stderr=side,
        env=environment,
        start_new_session=True,
    )
    os.close(side)
    seen = b""
    try:
        while SIGN not in seen:
            seen += os.read(terminal, 65536)
        elapsed = time.perf_counter() - began
        used = psutil.Process(process.pid).cpu_times()
        return elapsed, used.user + used.system
    finally:
        os.write(terminal, b"\x11")  # ^q
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(terminal)


def median_start(runs: int) -> tuple[float, float]:
    """The medians of `runs` starts on a home with a database, after a warm one."""
    with tempfile.TemporaryDirectory() as directory:
        home = make_home(Path(directory) / "home")
        first_picture(home.root)
        starts = [first_picture(home.root) for _ in range(runs)]
    clock, processor = zip(*starts, strict=True)
    return statistics.median(clock), statistics.median(processor)


@dataclass(frozen=True)
class Flood:
    """What a flood does to the screen."""

    median_ms: float
    worst_ms: float
    """From a key to its effect."""
    share: float
    """Of one processor's time."""
    megabytes: float
    """Memory gained."""


async def flood(seconds: float) -> Flood:
    """Press keys in the list of messages while messages and log lines pour in."""
    with tempfile.TemporaryDirectory() as directory:
        bot = busy_bot()
        app = MynahApp(make_home(Path(directory) / "home"), bot, clock=lambda: NOW)
        async with app.run_test(size=(120, 40)) as pilot:
            app.action_go("conversations")
            await pilot.pause(1.0)
            await pilot.press("home", "down", "down", "down", "down", "right")
            await pilot.pause(1.0)
            feed = app.screen.query_one("#lines", Feed)
            moved = asyncio.Event()
            app.watch(feed, "cursor", moved.set, init=False)
            sending = asyncio.create_task(_send(bot))
            await asyncio.sleep(3.0)
            me = psutil.Process()
            before, used = me.memory_info().rss, time.process_time()
            began, delays = time.perf_counter(), []
            while time.perf_counter() - began < seconds:
                delays.append(1000 * await _key_to_effect(app, feed, moved))
                await asyncio.sleep(0.1)
            share = (time.process_time() - used) / (time.perf_counter() - began)
            gained = (me.memory_info().rss - before) / 1e6
            sending.cancel()
    return Flood(statistics.median(delays), max(delays), share, gained)


async def _send(bot: FakeBot) -> None:
    """Messages and log lines, at the pace of the flood."""
    row = 0
    while True:
        for _ in range(MESSAGES_A_MINUTE // 60 // 20):
            row += 1
            bot.say(control.MessageSeen(row, 1, 1))
            bot.say(control.Log("info", "flood", "x" * 200, NOW))
        await asyncio.sleep(0.05)


async def _key_to_effect(app: MynahApp, feed: Feed, moved: asyncio.Event) -> float:
    """Seconds from pressing a key until the cursor has moved."""
    moved.clear()
    app.post_message(events.Key("up" if feed.cursor > 5 else "end", None))
    began = time.perf_counter()
    await moved.wait()
    return time.perf_counter() - began


def main() -> int:
    """Print the figures; the exit code says whether they hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    clock, processor = median_start(options.runs)
    load = os.getloadavg()[0]
    print(f"first picture: {clock:.2f} s, of which {processor:.2f} s are work", end=" ")
    print(f"(medians of {options.runs}; load of the machine {load:.1f})")
    found = asyncio.run(flood(options.seconds))
    print(f"{MESSAGES_A_MINUTE:,} messages a minute: key to effect", end=" ")
    print(f"{found.median_ms:.0f} ms, at worst {found.worst_ms:.0f} ms;", end=" ")
    print(f"{found.share:.0%} of one processor, {found.megabytes:+.1f} MB")
    return int(clock > FIRST_PICTURE_SECONDS or found.median_ms > ANSWER_MS)


if __name__ == "__main__":
    sys.exit(main())
