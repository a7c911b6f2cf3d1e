"""A storm of messages over three hosts and the model here, with every fault at random.

`python -m tests.bench.bench_hosts [--messages 2000] [--a-second 4] [--model FILE]`
"""

import argparse
import asyncio
import logging
import tempfile
from pathlib import Path

from app.core.paths import Home
from app.modelfiles import catalogue
from tests.host_storm import HostStorm, blow, check, loop_lateness


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--a-second", type=float, default=4)
    parser.add_argument("--model", type=Path, help="a GGUF file instead of the echo")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory) / "home").create()
        model = "echo"
        if arguments.model:
            home.models.mkdir(exist_ok=True)
            model = "starter"
            catalogue.file_of(home, model).symlink_to(arguments.model.absolute())
        blowing = blow(home, arguments.messages, arguments.a_second, model=model)
        storm = asyncio.run(blowing)
    check(storm)
    report(storm)
    late, busy = loop_lateness()
    print(
        f"  first cloud reply the loop is late by {late:.1f} ms at most, works"
        f" {busy:.1f} ms at once"
    )


def report(storm: HostStorm) -> None:
    times = sorted(storm.times)
    print(f"{storm.messages} messages, {storm.seconds:.0f} s")
    print(f"  replies           {len(storm.made)} (none lost, none doubled)")
    print(f"  second deliveries {storm.refused}, all refused")
    print(f"  within the limit  {1 - storm.late / storm.messages:.2%}")
    for share in (0.5, 0.9, 0.99, 1.0):
        at = times[min(len(times) - 1, int(len(times) * share))]
        print(f"  {share:4.0%} of replies  {at:.0f} ms")
    for stage in ("waiting", "context", "recall", "drafts", "ladder", "total"):
        took = sorted(made.timings.get(stage, 0.0) for made in storm.made)
        print(
            f"  {stage:17} median {took[len(took) // 2]:.0f}, 99 %"
            f" {took[int(len(took) * 0.99)]:.0f}, most {took[-1]:.0f} ms"
        )
    print(f"  by                {dict(storm.providers)}")
    for name, server in storm.servers.items():
        spent = [one for one in storm.spent if one.provider == name]
        served = server.replies
        print(
            f"  {name:8} {len(served)} requests, {len(spent)} in the ledger;"
            f" {sum(one.bytes_received for one in served):,} bytes,"
            f" {sum(one.bytes_sent for one in spent):,} in the ledger;"
            f" ${server.billed:.6f} for whole answers,"
            f" ${sum(one.cost for one in spent):.6f} in the ledger"
        )
    faults = ", ".join(f"{count} {fault}" for fault, count in storm.faults.items())
    print(f"  faults            {faults}")
    print(f"  no consent        {len(storm.closed)} servers, nothing of them was sent")
    for reason, count in storm.reasons.most_common(30):
        print(f"  {count:5} {reason[:100]}")


if __name__ == "__main__":
    main()
