"""A day of three servers with everything that Discord refuses, and its counts.

`python -m tests.bench.bench_day`: 5,000 messages, 40 channels, 20 kills; some minutes.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from app.core.paths import Home
from tests.day import Scale, live
from tests.day_faults import faults_of


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--outages", type=int, default=10)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument(
        "--pause", type=float, default=0.02, help="seconds between two messages"
    )
    parser.add_argument("--keep", type=Path, help="a directory for the home")
    args = parser.parse_args()
    scale = Scale(
        args.messages, kills=args.kills, outages=args.outages, pause=args.pause
    )
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(args.keep or Path(scratch) / "home").create()
        began = time.monotonic()
        day = asyncio.run(live(home, scale, args.seed))
        found = faults_of(day)
        for name, count in sorted(day.counts.items()):
            print(f"{name:24}{count:>8,}")
        print(f"{'calls':24}{len(day.triggers):>8,}")
        print(f"{'seconds':24}{time.monotonic() - began:>8,.0f}")
        for text in found[:40]:
            print(text)
        print(f"{len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
