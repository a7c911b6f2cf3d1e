"""How replies and the bot's loop fare while a large import runs beside them.

`python -m tests.bench.bench_learning --messages 1000000`: one guild speaks every 50 ms
and a heartbeat ticks every 20 ms, while a child imports another guild's messages.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from random import Random
from statistics import median, quantiles

from app.bot.job_calls import Jobs
from app.bot.learning import Learning
from app.config import Config
from app.paths import Home
from app.store import guilds
from app.store.database import Database
from app.voice.voice import Voice
from tests.bench.bench_voice import made_up, rows_of

SMALL = 20_000
TICK = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a directory of interchange files")
    parser.add_argument("--messages", type=int, default=200_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(measure(Path(scratch), args.messages, args.data))


async def measure(scratch: Path, count: int, data: Path | None) -> None:
    small, large = scratch / "small.jsonl", scratch / "large.jsonl"
    write(small, SMALL, data)
    write(large, count, data)
    home = Home(scratch / "home")
    home.root.mkdir()
    with Database(home.database) as database:
        learning = Learning(home, database, Config, Jobs(home))
        await learning.start()
        talking = database.call(guilds.ensure, "talking").id
        growing = database.call(guilds.ensure, "growing").id
        await learning.import_files(talking, [small])
        voice = await learning.voice(talking)
        print_spoken("replies alone", await talk(voice, asyncio.Event(), 200))
        done = asyncio.Event()
        replies = asyncio.create_task(talk(voice, done))
        beats = asyncio.create_task(tick(done))
        began = time.perf_counter()
        counts = await learning.import_files(growing, [large])
        seconds = time.perf_counter() - began
        grown = await learning.voice(growing)
        grown.speak(Random(1))
        done.set()
        print(f"imported {counts['added']:,} messages in {seconds:.1f} s, to speaking:")
        print(f"  {counts['added'] / seconds:,.0f} messages/s")
        print_spoken("replies meanwhile", await replies)
        late = await beats
        print(f"heartbeat late, ms: median {median(late) * 1e3:.1f}, ", end="")
        print(f"most {max(late) * 1e3:.1f} of {len(late):,}")
        await learning.close()


def write(path: Path, count: int, data: Path | None) -> None:
    texts = rows_of(data) if data else made_up(count)
    with path.open("w", encoding="utf-8") as file:
        for at, text in zip(range(count), texts, strict=False):
            row = {
                **{"guild": "g", "channel": "c", "id": f"{path.stem}{at}"},
                **{"author": f"a{at % 97}", "ts": "2026-01-01T00:00:00+00:00"},
                **{"text": text, "reply_to": None},
            }
            file.write(json.dumps(row) + "\n")


async def talk(voice: Voice, done: asyncio.Event, most: int = 10**9) -> list[float]:
    """Speak until done; returns each line's seconds, waiting for the loop included."""
    rng, seconds = Random(1), list[float]()
    while not done.is_set() and len(seconds) < most:
        due = time.perf_counter() + 0.05
        await asyncio.sleep(0.05)
        voice.speak(rng)
        seconds.append(time.perf_counter() - due)
    return seconds


async def tick(done: asyncio.Event) -> list[float]:
    """Return how late each heartbeat was, in seconds."""
    late = []
    while not done.is_set():
        due = time.perf_counter() + TICK
        await asyncio.sleep(TICK)
        late.append(time.perf_counter() - due)
    return late


def print_spoken(label: str, seconds: list[float]) -> None:
    p99 = quantiles(seconds, n=100)[98]
    print(
        f"{label}, ms: median {median(seconds) * 1e3:.1f}, 99 % {p99 * 1e3:.1f}", end=""
    )
    print(f", most {max(seconds) * 1e3:.1f} of {len(seconds):,}")


if __name__ == "__main__":
    main()
