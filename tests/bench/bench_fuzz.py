"""Many changed inputs for every reader: `python -m tests.bench.bench_fuzz INPUTS`.

Prints each input that raised something unannounced or took over two seconds, by its
seed, and the counts.
"""

import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.fuzz.targets import all_targets, attack

SECONDS = 2.0


def main() -> None:
    inputs, faults = int(sys.argv[1]), 0
    targets = all_targets()
    with tempfile.TemporaryDirectory() as scratch:
        for name, target in targets.items():
            began = time.perf_counter()
            for seed in range(inputs // len(targets)):
                one = time.perf_counter()
                try:
                    attack(target, Path(scratch), seed)
                except Exception:  # noqa: BLE001 - what a fuzzer looks for
                    faults += 1
                    print(name, seed, traceback.format_exc().splitlines()[-1])
                if time.perf_counter() - one > SECONDS:
                    faults += 1
                    print(name, seed, "took", time.perf_counter() - one)
            rate = (inputs // len(targets)) / (time.perf_counter() - began)
            print(f"{name:10} {inputs // len(targets):>9,} inputs, {rate:,.0f}/s")
    print(f"{faults} faults")


if __name__ == "__main__":
    main()
