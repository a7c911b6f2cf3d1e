"""Many changed inputs for every reader: `python -m tests.bench.bench_fuzz INPUTS`.

Prints each input that raised something unannounced or took over two seconds of
processor time, by its seed, and the counts.
"""

import logging
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

from tests.fuzz import stored
from tests.fuzz.targets import all_targets, attack

SECONDS = 2.0


def main() -> None:
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        attacks = all_attacks(Path(scratch))
        each = int(sys.argv[1]) // len(attacks)
        faults = sum(run(name, one, each) for name, one in attacks.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{faults} faults, {peak} MB at most")


def all_attacks(folder: Path) -> dict[str, Callable[[int], object]]:
    """Return what reads one changed input, by the name of its reader."""
    found: dict[str, Callable[[int], object]] = {
        name: partial(attack, target, folder) for name, target in all_targets().items()
    }
    for name, seeds in stored.small_files().items():
        found[name] = partial(stored.attack_file, name, seeds[0][1], folder)
    for name, (write, read) in stored.FOLDERS.items():
        write(folder / f"good-{name}")
        good = stored.Folder(folder / f"good-{name}")
        found[name] = partial(read_changed, good, read, folder / name)
    return found


def read_changed(
    good: stored.Folder, read: Callable[[Path], None], folder: Path, seed: int
) -> None:
    good.change(folder, Random(seed))
    read(folder)


def run(name: str, one: Callable[[int], object], count: int) -> int:
    """Run one reader on that many inputs; return the number of faults."""
    began, faults = time.perf_counter(), 0
    for seed in range(count):
        start = time.thread_time()
        try:
            one(seed)
        except Exception:  # noqa: BLE001 - what a fuzzer looks for
            faults += 1
            print(name, seed, traceback.format_exc().splitlines()[-1])
        if time.thread_time() - start > SECONDS:
            faults += 1
            print(name, seed, "took", time.thread_time() - start)
    rate = count / (time.perf_counter() - began)
    print(f"{name:10} {count:>9,} inputs, {rate:,.0f}/s", flush=True)
    return faults


if __name__ == "__main__":
    main()
