"""How soon `mynah say --mode markov -` answers: `python -m tests.bench.bench_say`.

A process of its own gets one line after another, the next when the last is answered.
Without `--home` it talks to the sample server; `--profile` shows where the time goes,
in one process.
"""

import argparse
import asyncio
import cProfile
import json
import pstats
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from app.cli.connect import connect
from app.core.paths import Home
from app.ipc import control

WORDS = "what do you say to the king and his men of the night".split()
WARM_UP = 50


def main() -> None:
    args = parse()
    with tempfile.TemporaryDirectory() as scratch:
        home = args.home or Path(scratch) / "home"
        app = [sys.executable, "-m", "app", "--home", str(home)]
        if args.home is None:
            subprocess.run([*app, "demo"], check=True, capture_output=True)
        if args.profile:
            profile(home, args.guild, args.lines)
            return
        talk = [*app, "say", "--guild", args.guild, "--mode", "markov", "--json", "-"]
        whole, made = answered(talk, args.lines)
    show("from arrival to text", made)
    show("from line in to line out", whole)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="one that has learned the server")
    parser.add_argument("--guild", default="The Globe")
    parser.add_argument("--lines", type=int, default=1000)
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


def line(number: int) -> str:
    """A line of three words, another one each time."""
    at = number % len(WORDS)
    return " ".join((WORDS * 2)[at : at + 3])


def answered(talk: list[str], lines: int) -> tuple[list[float], list[float]]:
    """Milliseconds from line in to line out, and as the replies themselves say."""
    whole, made = [], []
    with subprocess.Popen(
        talk, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin and process.stdout
        for number in range(WARM_UP + lines):
            began = time.perf_counter()
            process.stdin.write(line(number) + "\n")
            reply = json.loads(process.stdout.readline())
            whole.append((time.perf_counter() - began) * 1000)
            made.append(reply["ms"]["total"])
        process.stdin.close()
    return whole[WARM_UP:], made[WARM_UP:]


def profile(home: Path, guild: str, lines: int) -> None:
    """Print the functions that take most of the time."""
    profiler = cProfile.Profile()

    async def talk() -> None:
        async with connect(Home(home)) as bot:
            for number in range(WARM_UP + lines):
                if number == WARM_UP:
                    profiler.enable()
                request = control.Say(guild=guild, text=line(number), mode="markov")
                await bot.call(request)
            profiler.disable()

    asyncio.run(talk())
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def show(what: str, times: list[float]) -> None:
    cuts = quantiles(times, n=100)
    print(
        f"{what:26} median {median(times):6.2f} ms   99 % {cuts[98]:6.2f} ms"
        f"   most {max(times):6.2f} ms   ({len(times):,} lines)"
    )


if __name__ == "__main__":
    main()
