"""kill -9 at random moments: `python -m tests.bench.bench_crashes --kills 500`."""

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.service.forgetting_kills import loop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=2.0, help="seconds")
    args = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        said = asyncio.run(
            loop(Path(scratch), args.kills, Random(args.seed), args.longest)
        )
    during = Counter(line.split(" during ")[1].split(":")[0] for line in said)
    seconds = time.perf_counter() - began
    print(f"{len(said)} kills in {seconds:.0f} s: nothing lost, nothing came back")
    for step, count in during.most_common():
        print(f"  {count:4} during {step}")


if __name__ == "__main__":
    main()
