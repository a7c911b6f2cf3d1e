"""The word voice beside markovify, as a table: `python -m tests.bench.bench_voice`.

Messages come from interchange files (`--data`, .jsonl or .jsonl.gz), or are made up.
Ours and markovify's lines are made in one process, ours alone and then in turns, where
markovify's work has emptied the processor's caches each time; what a voice adds to a
process, and the import from a file until it can speak, are measured in fresh ones.
"""

import argparse
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

import markovify
import numpy as np
import psutil

from app.voice.voice import Rules, Voice, build

LINES = 2000
MARKOVIFY_SECONDS = 20.0
MARKOVIFY_MOST = 1_000_000
Table = dict[str, dict[int, str]]


def main() -> None:
    args = parse()
    if args.grow:
        print_growth(Path(args.grow))
        return
    table: Table = {}
    with tempfile.TemporaryDirectory() as scratch:
        for size in args.sizes:
            texts = take(args, size)
            measure(table, size, texts, Path(scratch), args)
            if sys.stderr.isatty():
                print(f"{size:,} done", file=sys.stderr)
    print_table(table, args.sizes)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="a directory of interchange files")
    parser.add_argument("--sizes", type=sizes, default=[20_000, 200_000])
    parser.add_argument("--join", type=int, default=1, help="rows joined to a message")
    parser.add_argument("--no-import", action="store_true")
    parser.add_argument("--no-markovify", action="store_true")
    parser.add_argument("--grow", help=argparse.SUPPRESS)
    return parser.parse_args()


def sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def take(args: argparse.Namespace, size: int) -> list[str]:
    """Return `size` messages; rows are used again, in other company, when they end."""
    source = rows_of(args.data) if args.data else made_up(size * args.join)
    rows = []
    for text in source:
        rows.append(text)
        if len(rows) == size * args.join:
            break
    rng = random.Random(1)
    while len(rows) < size * args.join:
        rows += rng.sample(rows, min(len(rows), size * args.join - len(rows)))
    return [" ".join(rows[at * args.join : (at + 1) * args.join]) for at in range(size)]


def rows_of(directory: Path) -> Iterator[str]:
    for path in sorted(directory.glob("*.jsonl*")):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            for line in file:
                text = " ".join(json.loads(line)["text"].split())
                if text:
                    yield text


def made_up(count: int) -> Iterator[str]:
    """Yield lines in which each word has a few frequent and many rare followers."""
    rng = np.random.default_rng(1)
    for _ in range(count):
        word, words = 0, []
        for step in rng.zipf(1.4, 1 + rng.poisson(4)).tolist():
            word = (word * 7919 + min(step, 5000) * 104_729) % 60_013
            words.append(f"w{word:x}")
        yield " ".join(words)


def measure(
    table: Table, size: int, texts: list[str], scratch: Path, args: argparse.Namespace
) -> None:
    def put(label: str, value: str) -> None:
        table.setdefault(label, {})[size] = value

    directory = scratch / str(size)
    rows = [(at, text, 0) for at, text in enumerate(texts, 1)]
    seconds = timed(lambda: build(directory, rows))
    put("split, sorted and written, messages/s", f"{size / seconds:,.0f}")
    if not args.no_import:
        put("file to database to speaking, messages/s", imported(texts, scratch))
    model = None
    if not args.no_markovify and size <= MARKOVIFY_MOST:
        began = time.perf_counter()
        model = markovify.NewlineText("\n".join(texts), well_formed=False)
        put(
            "markovify training, messages/s",
            f"{size / (time.perf_counter() - began):,.0f}",
        )
    voice = Voice.open(directory)
    put("words a message", f"{voice.words / size:.1f}")
    put("disk, bytes a word", f"{voice.bytes / voice.words:.1f}")
    speak_in_turns(put, voice, model)
    change(put, voice, size)
    grown = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_voice", "--grow", str(directory)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    for label, value in json.loads(grown.stdout).items():
        put(label, value)


def speak_in_turns(
    put: Callable[[str, str], None], voice: Voice, model: "markovify.Text | None"
) -> None:
    rng, rules = random.Random(1), Rules()
    random.seed(1)
    alone, relaxed = [], 0
    for _ in range(LINES):
        began = time.perf_counter()
        line = voice.speak(rng, rules=rules)
        alone.append(time.perf_counter() - began)
        relaxed += bool(line.relaxed)
    put("line, ms, median", f"{median(alone) * 1e3:.2f}")
    put("line, ms, 99 %", f"{quantiles(alone, n=100)[98] * 1e3:.2f}")
    put("line, ms, median, best of 12 each", f"{median(undisturbed(voice)) * 1e3:.2f}")
    put("lines that relaxed a rule", f"{relaxed / LINES:.2%}")
    ours, theirs, bare = list[float](), list[float](), list[float]()
    ends = time.perf_counter() + MARKOVIFY_SECONDS
    while model and len(ours) < LINES and time.perf_counter() < ends:
        ours.append(timed(lambda: voice.speak(rng, rules=rules)))
        theirs.append(timed(lambda: until_made(model, True)))
        bare.append(timed(lambda: until_made(model, False)))
    if ours:
        put("line after markovify's, ms, median", f"{median(ours) * 1e3:.2f}")
    for label, times in (("markovify", theirs), ("markovify, unchecked", bare)):
        if len(times) > 1:
            put(f"{label}, ms, median", f"{median(times) * 1e3:.2f}")
            put(f"{label}, ms, 99 %", f"{quantiles(times, n=100)[98] * 1e3:.2f}")
            put(f"{label} / ours, median", f"{median(times) / median(ours):.1f} x")


def undisturbed(voice: Voice, lines: int = 400, repeats: int = 12) -> list[float]:
    """Return each line's best time, which leaves out what else the machine does."""
    best = [float("inf")] * lines
    for _ in range(repeats):
        for at in range(lines):
            rng = random.Random(at)
            began = time.perf_counter()
            voice.speak(rng)
            best[at] = min(best[at], time.perf_counter() - began)
    return best


def until_made(model: "markovify.Text", checked: bool) -> str:
    while True:
        line: str | None = model.make_sentence(test_output=checked)
        if line:
            return line


def change(put: Callable[[str, str], None], voice: Voice, size: int) -> None:
    learned, forgotten = [], []
    for at in range(1, 1001):
        began = time.perf_counter()
        voice.learn(size + at, f"one new message number {at} to learn")
        middle = time.perf_counter()
        voice.forget([at])
        forgotten.append(time.perf_counter() - middle)
        learned.append(middle - began)
    put("learn one, ms, median", f"{median(learned) * 1e3:.3f}")
    put("learn one, ms, most of 1,000", f"{max(learned) * 1e3:.3f}")
    put("forget one, ms, most of 1,000", f"{max(forgotten) * 1e3:.3f}")


def imported(texts: list[str], scratch: Path) -> str:
    path, home = scratch / "messages.jsonl", scratch / f"home{len(texts)}"
    with path.open("w", encoding="utf-8") as file:
        for at, text in enumerate(texts):
            row = {
                **{"guild": "g", "channel": "c", "id": str(at + 1)},
                **{"author": f"a{at % 97}", "ts": "2026-01-01T00:00:00+00:00"},
                **{"text": text, "reply_to": None},
            }
            file.write(json.dumps(row) + "\n")
    app = [sys.executable, "-m", "app", "--home", str(home)]
    seconds = timed(
        lambda: subprocess.run(
            [*app, "import", "g", str(path), "--json"], check=True, capture_output=True
        )
    )
    return f"{len(texts) / seconds:,.0f}"


def print_growth(directory: Path) -> None:
    """Print what a voice adds to this process, every page it touched counted."""
    process = psutil.Process()
    before = process.memory_info()
    began = time.perf_counter()
    voice = Voice.open(directory)
    rng = random.Random(1)
    voice.speak(rng)
    opened = time.perf_counter() - began
    for _ in range(5000):
        voice.speak(rng)
    after = process.memory_info()
    grown = after.rss - before.rss
    # `shared` is what is mapped from files: that part can grow to the whole file.
    most = (after.rss - after.shared) - (before.rss - before.shared) + voice.bytes
    found = {
        "opened and first line, ms": f"{opened * 1e3:.1f}",
        "memory after 5,000 lines, MB": f"{grown / 1e6:.0f}",
        "memory with all of the file in, MB": f"{most / 1e6:.0f}",
    }
    print(json.dumps(found))


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def print_table(table: Table, columns: list[int]) -> None:
    print(f"{'messages':44}" + "".join(f"{size:>12,}" for size in columns))
    for label, values in table.items():
        print(f"{label:44}" + "".join(f"{values.get(at, '—'):>12}" for at in columns))


if __name__ == "__main__":
    main()
