"""How long a reply takes to be said aloud: `python -m tests.bench.bench_speaking`.

Without `--model` the model has random weights: its sound is noise, but the sizes of its
two large parts and the rates of its steps are those of supertonic-3, and so is about
the time. The time has the start of the process, the model's loading and the encoding.
"""

import argparse
import asyncio
import base64
import resource
import tempfile
import time
from pathlib import Path
from statistics import median

from app.core.paths import Home
from app.service.job_runner import Senses
from tests.jobs import supertonic_folder

SENTENCE = "The tide comes in at seven and the ferry leaves a little later from here."
"""Fifteen words, as a reply has them."""

WIDTH, ESTIMATOR, VOCODER = 512, 30, 12
"""Blocks of two million weights: some 64 and 25 million, as supertonic-3 has."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a folder of supertonic-3")
    parser.add_argument("--times", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        home = Home(Path(scratch) / "home").create()
        model = arguments.model or supertonic_folder.write(
            Path(scratch) / "noise", width=WIDTH, estimator=ESTIMATOR, vocoder=VOCODER
        )
        size = sum(one.stat().st_size for one in model.rglob("*.onnx")) / 1e6
        asyncio.run(measure(home, model, arguments.times))
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"model: {size:.0f} MB; memory of the process: {most:.2f} GB at most")


async def measure(home: Home, model: Path, times: int) -> None:
    senses, took = Senses(home), list[float]()
    for _ in range(times):
        began = time.perf_counter()
        said = await senses.uttered(SENTENCE, model, "F1")
        took.append(time.perf_counter() - began)
    size = len(base64.b64decode(said.data)) / 1000
    print(f"{len(SENTENCE.split())} words: {said.seconds:.1f} s, {size:.0f} kB")
    print(f"said in {median(took):.1f} s (from {min(took):.1f} to {max(took):.1f})")


if __name__ == "__main__":
    main()
