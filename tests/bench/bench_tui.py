"""How soon the first picture stands, and how a flood of messages leaves the screen.

python -m tests.bench.bench_tui [--runs 10] [--seconds 150] [--beside FILE]

Both start the screens, without extras, on a terminal of its own and read what it draws.
For the flood it is attached to a bot that stores messages in the home's database and
says so over the wire, with a log line each. With `--beside`, an import of that file
runs again and again meanwhile, in a home of its own.
"""

import argparse
import asyncio
import contextlib
import os
import pty
import selectors
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from app.core.names import GuildId
from app.core.paths import Home
from app.ipc import control
from app.ipc.endpoint import Door
from app.ipc.peer import Handler, Peer, PeerGoneError
from app.ipc.wire import Catalogue, Request
from app.store import guilds, members, messages
from app.store.database import Database
from tests.tui.fake_bot import FakeBot, busy_bot
from tests.tui.sample_home import make_home

ROOT = Path(__file__).parents[2]

FIRST_PICTURE_SECONDS = 0.3
ANSWER_MS = 50
"""From a key to its effect, at the 99th percentile."""
MEGABYTES = 60
MESSAGES_A_MINUTE = 10_000

NAVIGATION = b"Playground"
KEYS = b"All actions"
"""Stand at the top and at the bottom of the first picture."""

FIELD = b"ords to find"
"""Stands in the field that the key / opens, after the cursor on the first letter."""

OFFER = b"Copy, open"
"""Stands below the picture while the lines have the keys."""

WITHOUT_EXTRAS = (
    "import sys; sys.modules['psycopg'] = None;"
    " from app.__main__ import main; sys.exit(main())"
)
"""Starts Mynah as it is without extras: peewee loads PostgreSQL's library where it is
installed, and that alone is 16 MB."""

CONVERSATIONS = b"3"
TAVERN = b"#tavern"
"""The channel that is flooded."""
TO_TAVERN = (b"\x1b[B", b"\x1b[B", b"\x1b[C")
"""It is below the waiting drafts and the server's name."""

FLOODED = b"flood "
"""Begins each line of that channel."""


class Terminal:
    """A terminal with Mynah on it."""

    def __init__(self, home: Path) -> None:
        self._terminal, side = pty.openpty()
        environment = os.environ | {"MYNAH_HOME": str(home), "TERM": "xterm-256color"}
        environment |= {"COLUMNS": "120", "LINES": "40", "COLORTERM": "truecolor"}
        # An installed program has its bytecode: the first start writes it.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self.process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_EXTRAS],
            cwd=ROOT,
            stdin=side,
            stdout=side,
            stderr=side,
            env=environment,
        )
        os.close(side)
        self._ready = selectors.DefaultSelector()
        self._ready.register(self._terminal, selectors.EVENT_READ)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._terminal, keys)

    def wait_for(self, *signs: bytes) -> float:
        """Seconds until all of that was drawn from now on.

        Raises:
            TimeoutError: After half a minute.
        """
        began, seen = time.perf_counter(), b""
        while not all(sign in seen for sign in signs):
            left = began + 30 - time.perf_counter()
            if left < 0 or not self._ready.select(left):
                raise TimeoutError(f"{signs} was not drawn")
            seen += os.read(self._terminal, 65536)
        return time.perf_counter() - began

    def watch(self, seconds: float) -> None:
        """Let it draw for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if self._ready.select(left):
                os.read(self._terminal, 65536)

    def close(self) -> None:
        """Quit."""
        self.press(b"\x1b\x11")  # Escape, ^q
        with contextlib.suppress(subprocess.TimeoutExpired, OSError):
            for _ in range(50):
                self.watch(0.1)
                if self.process.poll() is not None:
                    break
        self.process.kill()
        self.process.wait()
        os.close(self._terminal)


def first_picture(home: Path) -> tuple[float, float]:
    """Seconds from a start to the first whole picture: clock, processor."""
    began = time.perf_counter()
    terminal = Terminal(home)
    try:
        terminal.wait_for(NAVIGATION, KEYS)
        elapsed = time.perf_counter() - began
        return elapsed, _used(psutil.Process(terminal.process.pid))
    finally:
        terminal.close()


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
    high_ms: float
    """At the 99th percentile."""
    worst_ms: float
    """From a key to its effect."""
    share: float
    """Of one processor's time."""
    message_ms: float
    key_ms: float
    """Of the processor's time for a message, and for a key and its effect."""
    megabytes: float
    """Memory at the end."""
    gained: float
    """Of it while keys were pressed."""


def flood(seconds: float) -> Flood:
    """Open and close the filter in a channel while messages and log lines pour in."""
    with tempfile.TemporaryDirectory() as directory:
        home = make_home(Path(directory) / "home")
        with _flooding(home.root):
            terminal = Terminal(home.root)
            try:
                terminal.wait_for(NAVIGATION, KEYS)
                terminal.press(CONVERSATIONS)
                terminal.wait_for(TAVERN)
                for key in TO_TAVERN:
                    terminal.press(key)
                    terminal.watch(0.5)
                terminal.wait_for(FLOODED)
                return _measure(terminal, seconds)
            finally:
                terminal.close()


def _measure(terminal: Terminal, seconds: float) -> Flood:
    """Look on for a quarter of the time, then press keys."""
    process = psutil.Process(terminal.process.pid)
    alone = seconds / 4
    started = _used(process)
    terminal.watch(alone)
    before = process.memory_info().rss
    used = _used(process)
    looked_on = used - started
    began, delays, keys = time.perf_counter(), [], 0
    while (elapsed := time.perf_counter() - began) < seconds - alone:
        terminal.press(b"/")
        delays.append(1000 * terminal.wait_for(FIELD))
        terminal.watch(0.1)
        terminal.press(b"\x1b")
        terminal.wait_for(OFFER)
        terminal.watch(0.1)
        keys += 2
    pressed = _used(process) - used
    now = process.memory_info().rss
    return Flood(
        statistics.median(delays),
        sorted(delays)[int(0.99 * len(delays))],
        max(delays),
        pressed / elapsed,
        1000 * looked_on / (MESSAGES_A_MINUTE / 60 * alone),
        1000 * (pressed - looked_on * elapsed / alone) / keys,
        now / 1e6,
        (now - before) / 1e6,
    )


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.contextmanager
def _flooding(home: Path) -> Iterator[None]:
    """A bot of that home, in a process of its own, that hears very much."""
    command = [sys.executable, "-m", "tests.bench.bench_tui", "--bot", str(home)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        while not Home(home).endpoint_file.exists():
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def _importing(file: Path) -> Iterator[None]:
    """Imports of a file, one after the other, in a process beside.

    They share the session of the screens, as an owner's do: between sessions Linux
    shares the processors out first, and a process that stands back does so in its own
    (https://man7.org/linux/man-pages/man7/sched.7.html, the autogroup feature).
    """
    command = 'while true; do "$0" -m app import --home "$1/$RANDOM" Bench "$2"; done'
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            ["bash", "-c", command, sys.executable, directory, str(file)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def _be_a_bot(home: Home) -> None:
    """Answer as the fake bot does, store messages, and say so to everyone attached."""
    bot = busy_bot()
    await bot.start()
    peers: list[Peer] = []
    catalogue = Catalogue(control.REQUESTS, control.NOTIFICATIONS)
    handlers = {kind.method: _handler(bot) for kind in control.REQUESTS}
    door = Door(home.endpoint_file, catalogue, handlers, peers.append)
    with Database(home.database) as database:
        await door.open()
        began, sent = time.perf_counter(), 0
        while True:
            await asyncio.sleep(0.05)
            due = int((time.perf_counter() - began) * MESSAGES_A_MINUTE / 60)
            rows = await database.run(_store, range(sent, due))
            sent = due
            for peer in peers:
                with contextlib.suppress(PeerGoneError):
                    for row in rows:
                        await peer.notify(control.MessageSeen(row, GuildId(1), 1))
                        log = control.Log("info", "flood", "x" * 200, time.time())
                        await peer.notify(log)


def _handler(bot: FakeBot) -> Handler:
    async def answer(peer: Peer, request: Request[Any]) -> Any:
        return await bot.call(request)

    return answer


def _store(numbers: range) -> list[int]:
    """Write messages into the channel that is looked at."""
    guild = guilds.find("9001")
    channel = guild and guilds.find_channel(guild.id, "tavern")
    assert guild and channel
    member = members.ensure(guild.id, "hash-flood", "Flood")
    at = int(time.time() * 1000)
    rows = [
        messages.NewMessage(channel.id, member.id, f"f{n}", at, f"flood {n} {'y' * 80}")
        for n in numbers
    ]
    added = messages.add_many(guild.id, rows).rows
    return [row for row in added if row is not None]


def main() -> int:
    """Print the figures; the exit code says whether they hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--bot", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bot:
        asyncio.run(_be_a_bot(Home(options.bot)))
    clock, processor = median_start(options.runs)
    load = os.getloadavg()[0]
    print(f"first picture: {clock:.2f} s, of which {processor:.2f} s are work", end=" ")
    print(f"(medians of {options.runs}; load of the machine {load:.1f})")
    with _importing(options.beside) if options.beside else contextlib.nullcontext():
        found = flood(options.seconds)
    print(f"{MESSAGES_A_MINUTE:,} messages a minute: key to effect", end=" ")
    print(f"{found.median_ms:.0f} ms, p99 {found.high_ms:.0f} ms,", end=" ")
    print(f"at worst {found.worst_ms:.0f} ms;", end=" ")
    print(f"{found.share:.0%} of one processor,", end=" ")
    print(
        f"{found.message_ms:.2f} ms a message and {found.key_ms:.0f} ms a key;", end=" "
    )
    print(f"{found.megabytes:.0f} MB, {found.gained:+.1f} MB by the keys")
    is_slow = clock > FIRST_PICTURE_SECONDS or found.high_ms > ANSWER_MS
    return int(is_slow or found.megabytes > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
