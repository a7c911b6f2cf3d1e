"""Plays against forgetting: `python -m tests.bench.bench_forgetting RUNS STEPS`."""

import argparse
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.service.forgetting_machine import Forgetting

TOLD_EVERY = 10
"""The runs between two lines about the progress."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int, nargs="?", default=500)
    parser.add_argument("steps", type=int, nargs="?", default=50)
    arguments = parser.parse_args()
    chosen = settings(
        max_examples=arguments.runs,
        stateful_step_count=arguments.steps,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        # A kill falls at another moment each time, so a shorter way is rarely found.
        phases=[Phase.generate],
    )
    done: Counter[str] = Counter()
    began = time.perf_counter()

    class Counted(Forgetting):
        def teardown(self) -> None:
            if hasattr(self, "world"):
                done["runs"] += 1
                done.update(self.world.counts())
                if done["runs"] % TOLD_EVERY == 0:
                    seconds = time.perf_counter() - began
                    print(f"{done['runs']} runs after {seconds:.0f} s", flush=True)
            super().teardown()

    run_state_machine_as_test(Counted, settings=chosen)
    seconds = time.perf_counter() - began
    print(f"{seconds:.0f} s, nothing forgotten came back, nothing kept was lost")
    for name, count in done.most_common():
        print(f"  {count:7,} {name}")


if __name__ == "__main__":
    main()
