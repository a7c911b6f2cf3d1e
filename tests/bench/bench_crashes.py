"""kill -9 at random moments: `python -m tests.bench.bench_crashes --kills 50`."""

import argparse
import asyncio
import tempfile
from pathlib import Path
from random import Random

from tests.service.crash_loop import loop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--longest", type=float, default=3.0, help="seconds")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        said = asyncio.run(
            loop(Path(scratch), args.kills, Random(args.seed), args.longest)
        )
    print("\n".join(said))
    print(f"{len(said)} kills, no difference found")


if __name__ == "__main__":
    main()
