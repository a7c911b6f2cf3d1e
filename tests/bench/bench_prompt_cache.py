"""The share of prompts read before: `python -m tests.bench.bench_prompt_cache`.

A live day in three channels, with other moments recalled for each reply; letters stand
for tokens, and six conversations for the model's memory. No model is needed.
"""

import asyncio
import tempfile
from pathlib import Path
from statistics import median, quantiles

from app.core.paths import Home
from app.providers.base import Speed
from app.store.database import Database
from tests.replies.test_prompt_cache import Day

KINDS = {
    "short messages, 400 tokens/s": (12, Speed(400, 40)),
    "long messages, 400 tokens/s": (30, Speed(400, 40)),
    "short messages, 150 tokens/s": (12, Speed(150, 25)),
}


async def main() -> None:
    for name, (words, speed) in KINDS.items():
        with tempfile.TemporaryDirectory() as directory:
            home = Home(Path(directory) / "home").create()
            with Database(home.database) as database:
                day = Day(home, database, words, speed)
                await day.live(300)
        turns = median(len(prompt.turns) for prompt in day.bench.local.prompts)
        low, middle, high = quantiles(day.shares, n=4)
        print(
            f"{name}: {middle:.0%} of the prompt was read before at the median"
            f" (quartiles {low:.0%} and {high:.0%}), {turns:.0f} turns"
        )


if __name__ == "__main__":
    asyncio.run(main())
