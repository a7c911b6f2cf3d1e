"""2,000 messages in 20 guilds against a cloud that fails in every way it knows.

`python -m tests.bench.bench_storm [--messages 2000] [--a-second 20]`
"""

import argparse
import asyncio
import logging
import tempfile
from pathlib import Path

from app.core.paths import Home
from tests.storm import Storm, blow, check


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--a-second", type=float, default=20)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory) / "home").create()
        storm = asyncio.run(blow(home, arguments.messages, 20, arguments.a_second))
    check(storm)
    report(storm)


def report(storm: Storm) -> None:
    times = sorted(made.timings["total"] for made in storm.made)
    in_time = 1 - storm.late / storm.messages
    served, spent = storm.stand_in.served, storm.spent
    print(f"{storm.messages} messages, {storm.seconds:.0f} s")
    print(f"  replies           {len(storm.made)} (none lost, none doubled)")
    print(f"  second deliveries {storm.refused}, all refused")
    print(f"  within 2,500 ms   {in_time:.2%}")
    for share in (0.5, 0.9, 0.99, 1.0):
        at = times[min(len(times) - 1, int(len(times) * share))]
        print(f"  {share:4.0%} of replies  {at:.0f} ms")
    print(f"  by                {dict(storm.providers)}")
    print(f"  requests          {len(served)} served, {len(spent)} in the ledger")
    print(
        f"  bytes             {sum(one.bytes_received for one in served):,} received,"
        f" {sum(one.bytes_sent for one in spent):,} in the ledger"
    )
    told = [one for one in spent if one.prompt_tokens and not one.is_estimate]
    print(
        f"  tokens            {sum(one.prompt_tokens for one in served):,} read by the"
        f" host, {sum(one.prompt_tokens for one in spent):,} in the ledger"
    )
    print(
        f"  whole answers     {len(told)}, to the token as the host says;"
        f" {sum(one.is_estimate for one in spent)} broken ones were counted here"
    )
    print(f"  locked guilds     {len(storm.locked)}, nothing of them was sent")
    print(
        "  faults            " + ", ".join(f"{n} {f}" for f, n in storm.faults.items())
    )
    for reason, count in storm.reasons.most_common():
        print(f"  {count:5} {reason[:100]}")


if __name__ == "__main__":
    main()
