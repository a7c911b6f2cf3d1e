"""Deadlines on long histories: `python -m tests.bench.bench_deadlines MODEL`.

Mixed llm and hybrid requests in a home of its own with the sample guild; each has forty
earlier turns. Prints the share in time and the percentiles, prompt included. With
`--threads 1 --turns 400` the machine is slower and the histories are longer.
"""

import argparse
import asyncio
import os
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Any

from app.chat.reply_time import time_limit_ms
from app.core.paths import SAMPLE_GUILD, Home, sample_file
from app.ipc import control
from app.modelfiles import catalogue
from app.service.service import open_service

MODES = ("llm", "hybrid")


class Nobody:
    """An asker that wants no notifications."""

    async def notify(self, notification: object) -> None:
        """Do nothing, since nobody listens."""


def history(rng: Random, turns: int) -> list[list[str]]:
    words = "the sea was calm and nobody knew where the old bird had gone that day"
    names = ["anna", "bob", "eve"]
    return [
        [rng.choice(names), " ".join(rng.sample(words.split(), 12))]
        for _ in range(turns)
    ]


async def ask(
    service: Any, rng: Random, number: int, turns: int
) -> tuple[float, control.SayReply]:
    """The time limit in milliseconds, and the reply."""
    mode = MODES[number % 2]
    text = " ".join(rng.sample("what do you think of the sea and the moon".split(), 6))
    request = control.Say(
        SAMPLE_GUILD,
        text,
        mode=mode,
        author=f"p{number % 4}",
        turns=history(rng, turns),
    )
    limit = time_limit_ms(service.context.local.speed)
    return limit, await service.call(Nobody(), request)


async def run(model: Path, count: int, turns: int, threads: int) -> None:
    rng = Random(1)
    with tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory)).create()
        home.models.mkdir()
        os.symlink(model, catalogue.file_of(home, "starter"))
        async with open_service(home) as service:
            await service.context.settings.change("model.threads", str(threads))
            learn = control.Import(SAMPLE_GUILD, [str(sample_file())])
            await service.call(Nobody(), learn)
            await service.prepare(control.Say(SAMPLE_GUILD, "hi", mode="hybrid"))
            replies = [
                await ask(service, rng, number, turns) for number in range(count)
            ]
            speed = service.context.local.speed
    print(f"model reads {speed.prompt:.0f} and writes {speed.decode:.1f} tokens/s")
    for mode in MODES:
        limits = [limit for limit, reply in replies if reply.mode == mode]
        of_mode = [reply for _, reply in replies if reply.mode == mode]
        times = sorted(reply.ms["total"] for reply in of_mode)
        cuts = quantiles(times, n=100)
        in_time = sum(
            reply.ms["total"] <= limit
            for limit, reply in zip(limits, of_mode, strict=True)
        ) / len(times)
        by_model = sum(reply.provider == "local" for reply in of_mode) / len(of_mode)
        read = sum(reply.turns for reply in of_mode) / len(of_mode)
        left_out = sum(reply.left_out for reply in of_mode) / len(of_mode)
        print(
            f"{mode}: {len(times)} replies, {in_time:.1%} in time"
            f" ({min(limits):.0f} to {max(limits):.0f} ms),"
            f" median {cuts[49]:.0f}, 95 % {cuts[94]:.0f}, 99 % {cuts[98]:.0f} ms;"
            f" {by_model:.0%} by the model, {read:.1f} turns in the prompt,"
            f" {left_out:.1f} left out"
        )
        for reason, count in reasons(of_mode).most_common():
            print(f"  {count} not by the model: {reason}")


def reasons(replies: list[control.SayReply]) -> Counter[str]:
    """Why rungs before the last one did not answer."""
    return Counter(
        rung.reason
        for reply in replies
        for rung in reply.rungs
        if rung.provider == "local" and rung.outcome != "answered"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("count", type=int, nargs="?", default=200)
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--threads", type=int, default=0)
    words = parser.parse_args()
    asyncio.run(run(words.model.absolute(), words.count, words.turns, words.threads))
