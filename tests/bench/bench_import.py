"""An import beside replies in another guild: `python -m tests.bench.bench_import`.

Prints how fast a file becomes a voice (database and all), the processor time a message
and the memory that it took, markovify's training alone on the same messages, and how
late replies and the event loop were meanwhile. Messages come from interchange files
(`--data`, .jsonl or .jsonl.gz), or are made up.
"""

import argparse
import asyncio
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median, quantiles

from app.core.names import GuildId
from app.core.paths import Home
from app.service.job_runner import JobRunner
from app.service.voices.voice_keeper import VoiceKeeper
from app.store import guilds, replies
from app.store.database import Database
from app.store.reply.reply_sources import SourceMessage
from tests.asking import built_in

NEIGHBOR = 20_000
"""Messages of the guild that is talked to meanwhile."""

TRAINING = """
import json, sys, time
import markovify
texts = [json.loads(line)["text"] for line in open(sys.argv[1], encoding="utf-8")]
began, used = time.perf_counter(), time.process_time()
markovify.NewlineText("\\n".join(texts), well_formed=False, state_size=2)
print(time.perf_counter() - began, time.process_time() - used)
"""


def main() -> None:
    args = parse()
    with tempfile.TemporaryDirectory() as scratch:
        asyncio.run(measure(args, Path(scratch)))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a directory of interchange files")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--join", type=int, default=1, help="rows joined to a message")
    parser.add_argument("--no-markovify", action="store_true")
    return parser.parse_args()


async def measure(args: argparse.Namespace, scratch: Path) -> None:
    large, small = scratch / "large.jsonl", scratch / "small.jsonl"
    words = write(large, args, args.messages)
    write(small, args, NEIGHBOR)
    show("messages", f"{args.messages:,} ({words / args.messages:.1f} words each)")
    home = Home(scratch / "home").create()
    with Database(home.database) as database:
        learning = VoiceKeeper(home, database, built_in, JobRunner(home))
        neighbor = (await database.run(guilds.ensure, "neighbor")).id
        await learning.import_files(neighbor, [small])
        quiet = await watched(learning, database, neighbor, asyncio.sleep(5))
        target = (await database.run(guilds.ensure, "target")).id
        began, used = time.perf_counter(), cpu_of_children()
        work = learning.import_files(target, [large])
        busy = await watched(learning, database, neighbor, work)
        seconds, used = time.perf_counter() - began, cpu_of_children() - used
        voice = await learning.voice(target)
        show("first line", voice.speak(Random(1)).text[:60])
        await learning.close()
    rate = args.messages / seconds
    told = f"{seconds:.1f} s ({used:.1f} of processor), {rate:,.0f} messages/s"
    show("file to speaking", told)
    show("processor a message, us", f"{1e6 * used / args.messages:.1f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    show("peak memory of the import, MB", f"{peak:.0f}")
    if not args.no_markovify:
        command = [sys.executable, "-c", TRAINING, str(large)]
        printed = await asyncio.to_thread(subprocess.check_output, command)
        alone, spent = map(float, printed.split())
        markovify = args.messages / alone
        told = f"{alone:.1f} s ({spent:.1f} of processor), {markovify:,.0f} messages/s"
        show("markovify, training alone", told)
        show("ours / markovify", f"{rate / markovify:.2f} x")
        # On a machine that is busy with other work only this compares.
        show("the same by processor time", f"{spent / used:.2f} x")
    for label, (late, took) in (("idle", quiet), ("importing", busy)):
        show(f"loop late, ms ({label})", spread(late))
        show(f"reply with its rows, ms ({label})", spread(took))


def cpu_of_children() -> float:
    """Seconds of processor time that ended child processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


async def watched(
    learning: VoiceKeeper,
    database: Database,
    guild: GuildId,
    work: "asyncio.Future[object] | object",
) -> tuple[list[float], list[float]]:
    """Milliseconds the loop was late, and each reply took, while `work` was done."""
    late: list[float] = []
    took: list[float] = []
    tasks = [
        asyncio.create_task(beat(late)),
        asyncio.create_task(talk(learning, database, guild, took)),
    ]
    try:
        await work  # type: ignore[misc]
    finally:
        for task in tasks:
            task.cancel()
    return late, took


async def beat(late: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        late.append((time.perf_counter() - began - 0.01) * 1e3)


async def talk(
    learning: VoiceKeeper, database: Database, guild: GuildId, took: list[float]
) -> None:
    rng = Random(2)
    while True:
        began = time.perf_counter()
        reply = await database.run(replies.claim, guild, None, "bench")
        assert reply is not None
        line = (await learning.voice(guild)).speak(rng)
        sources = [SourceMessage(source.message, 1) for source in line.sources]
        fields = {"text": line.text, "state": "sent"}
        await database.run(replies.finish, reply, fields, sources)
        took.append((time.perf_counter() - began) * 1e3)
        await asyncio.sleep(0.05)


def write(path: Path, args: argparse.Namespace, count: int) -> int:
    """Write messages in the interchange format; returns how many words they have."""
    words = 0
    rows = data_rows(args.data) if args.data else made_up_rows()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            joined = [next(rows) for _ in range(args.join)]
            text = " ".join(row["text"] for row in joined)
            words += len(text.split())
            file.write(json.dumps(joined[0] | {"id": str(number), "text": text}) + "\n")
    return words


def data_rows(directory: Path) -> Iterator[dict[str, str]]:
    opened: Callable[..., Iterator[str]]
    for path in sorted(directory.glob("*.jsonl*")):
        opened = gzip.open if path.suffix == ".gz" else open
        for line in opened(path, "rt", encoding="utf-8"):
            yield json.loads(line)


def made_up_rows() -> Iterator[dict[str, str]]:
    rng = Random(3)
    words = [f"word{int(rng.paretovariate(0.6)) % 60_000}" for _ in range(500_000)]
    while True:
        start = rng.randrange(len(words) - 20)
        text = " ".join(words[start : start + rng.randint(3, 17)])
        yield {
            "channel": f"c{rng.randrange(30)}",
            "author": f"a{rng.randrange(500)}",
            "ts": "2024-01-01T00:00:00+00:00",
            "text": text,
        }


def spread(times: list[float]) -> str:
    high = quantiles(times, n=100)[98]
    return f"{median(times):.1f} median, {high:.1f} p99, {max(times):.1f} most"


def show(label: str, value: str) -> None:
    print(f"{label:36}{value}", flush=True)


if __name__ == "__main__":
    main()
