"""The price of channels that may not be heard: `python -m tests.bench.bench_mask FILE`.

FILE is JSON Lines of messages, or .gz of it. Every tenth message counts as a private
channel's. Prints how long a voice takes to hide them the first time, then a line of the
chain and a token of fused decoding with and without them, made in turns, and the
ratios.
"""

import argparse
import tempfile
import time
from pathlib import Path
from random import Random
from statistics import median

import numpy as np

from app.evaluation.annotated_chat import read_rows
from app.runner import llama
from app.store.voice_changes import Learnable
from app.voice.tokens import TokenVoice
from app.voice.voice import Voice, build
from tests.bench.bench_token_voice import Loop, build_voice

CHANNELS = 10
SHOWN = frozenset(range(1, CHANNELS))
LINES = 4000
STEPS = 600
REPEATS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, help="a GGUF file, for fused decoding")
    parser.add_argument("--limit", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=300, help="tokens of each kind")
    args = parser.parse_args()
    rng = Random(1)
    rows = [
        (at, row["text"], rng.randrange(CHANNELS))
        for at, row in enumerate(read_rows(args.file), 1)
        if at <= args.limit
    ]
    print(f"{len(rows):,} messages, one in {CHANNELS} hidden")
    with tempfile.TemporaryDirectory() as scratch:
        measure_chain(rows, Path(scratch) / "words")
        if args.model:
            measure_fused(rows, args.model, Path(scratch) / "tokens", args.steps)


def measure_chain(rows: list[Learnable], directory: Path) -> None:
    build(directory, rows)
    voice = Voice.open(directory)
    rng = Random(1)
    voice.speak(rng)
    began = time.perf_counter()
    voice.speak(rng, channels=SHOWN)
    print(f"words: hidden in {1000 * (time.perf_counter() - began):.0f} ms, then kept")
    scopes = (None, SHOWN)
    times: dict[frozenset[int] | None, list[float]] = {one: [] for one in scopes}
    for at in range(LINES):
        for channels in scopes:
            best = float("inf")
            # The best of several leaves out what else the machine does.
            for _ in range(REPEATS):
                own = Random(at)
                began = time.perf_counter()
                voice.speak(own, channels=channels)
                best = min(best, time.perf_counter() - began)
            times[channels].append(best)
    whole, part = (median(times[one]) for one in scopes)
    mean = sum(times[SHOWN]) / sum(times[None])
    print(
        f"chain: {1000 * whole:.3f} ms a line, with hidden ones {1000 * part:.3f}",
        end="",
    )
    print(f": {part / whole:.2f} x at the median, {mean:.2f} x at the mean")


def measure_fused(
    rows: list[Learnable], path: Path, directory: Path, steps: int
) -> None:
    llama.start()
    model = llama.Model(path)
    build_voice(model, rows, directory)
    voice = TokenVoice.open(directory)
    began = time.perf_counter()
    voice.predict([], None, SHOWN)
    print(f"tokens: hidden in {1000 * (time.perf_counter() - began):.0f} ms, then kept")
    alone = [predicting(voice, channels) for channels in (None, SHOWN)]
    print(f"voice: {alone[0]:.3f} ms a token, with hidden ones {alone[1]:.3f}")
    whole, part = Loop(model, voice, 1), Loop(model, voice, 1, SHOWN)
    times = np.array([(whole.step(), part.step()) for _ in range(steps)])
    free, masked = np.median(times, axis=0)
    print(f"fused: {1 / free:.1f} tokens/s, with hidden ones {1 / masked:.1f}", end="")
    print(f": {masked / free:.2f} x at the median, ", end="")
    print(f"{times[:, 1].sum() / times[:, 0].sum():.2f} x in all")


def predicting(voice: TokenVoice, channels: frozenset[int] | None) -> float:
    """Return the median milliseconds of a prediction along the voice's own lines."""
    rng, times = np.random.default_rng(1), []
    written: list[int] = []
    for _ in range(3000):
        began = time.perf_counter()
        prediction = voice.predict(written, None, channels)
        times.append(time.perf_counter() - began)
        probs = prediction.mixed(prediction.weights)
        token = int(
            rng.choice(len(probs), p=probs.astype(float) / probs.sum(dtype=float))
        )
        written = [] if token == voice.end else [*written, token]
    return 1000 * median(times)


if __name__ == "__main__":
    main()
