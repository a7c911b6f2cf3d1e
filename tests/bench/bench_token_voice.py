"""What a token voice costs: `python -m tests.bench.bench_token_voice MODEL FILE`.

FILE is JSON Lines of messages, or .gz of it. Prints the build's rate, the bytes a
token, the time to open, and the tokens a second of one decoding loop, step by step in
turns with the voice and without.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from app.evaluation.annotated_chat import read_rows
from app.runner import llama
from app.runner.fusion import BALANCED, fuse, next_trust, sample
from app.runner.message_tokens import end_token, messages_tokens, said_in
from app.runner.model_loader import usable_threads
from app.runner.token_voice_builder import tokenize
from app.store.voice_changes import Learnable
from app.voice.tokens import TokenVoice, build

OPENINGS = 9
PROMPT = "Ann: good morning\nBo: hello, what is new?\nCy:"


def build_voice(model: llama.Model, rows: list[Learnable], directory: Path) -> None:
    began, busy = time.perf_counter(), time.process_time()
    tokenized = list(
        tokenize(rows, lambda part: messages_tokens(model, part), lambda read: None)
    )
    split = time.perf_counter()
    build(directory, tokenized, vocabulary=model.vocabulary, end=end_token(model))
    ended, worked = time.perf_counter(), time.process_time() - busy
    read = len(tokenized)
    count = sum(len(tokens) for _, tokens, _ in tokenized) + read
    size = sum(file.stat().st_size for file in directory.iterdir())
    print(f"{read:,} messages, {count:,} tokens with ends")
    print(f"tokenize {read / (split - began):,.0f} messages/s")
    print(f"index and write {read / (ended - split):,.0f} messages/s")
    print(f"together {read / (ended - began):,.0f} messages/s", end="")
    print(f", {read / worked:,.0f} a second of processor time")
    print(f"{size / count:.2f} bytes a token")


def open_voice(directory: Path) -> TokenVoice:
    times = []
    for _ in range(OPENINGS):
        began = time.perf_counter()
        voice = TokenVoice.open(directory)
        times.append(1000 * (time.perf_counter() - began))
    print(f"open {np.median(times):.1f} ms (median of {OPENINGS})")
    return voice


class Loop:
    """The plain decoding loop of one conversation, with or without a voice."""

    def __init__(
        self,
        model: llama.Model,
        voice: TokenVoice | None,
        seed: int,
        channels: frozenset[int] | None = None,
    ) -> None:
        self._context = llama.Context(
            model, size=2048, sequences=1, batch=128, threads=usable_threads()
        )
        self._batch = llama.Batch(128)
        self._voice = voice
        self._channels = channels
        self._end = end_token(model)
        self._rng = np.random.default_rng(seed)
        self._written: list[int] = []
        self._place, self._at, self._trust = 0, 0, 0.0
        prompt = model.tokens(PROMPT)
        self._said = said_in(model, prompt)
        self._feed(prompt)

    def _feed(self, tokens: list[int]) -> None:
        self._batch.clear()
        self._place = self._batch.add(0, self._at, tokens, True)
        self._at += len(tokens)
        self._context.decode(self._batch)

    def step(self) -> float:
        """Choose and evaluate one token; returns the seconds it took."""
        began = time.perf_counter()
        logits = self._context.logits(self._place)
        prediction = None
        if self._voice:
            prediction = self._voice.predict(self._written, self._said, self._channels)
        fused = fuse(logits, prediction, BALANCED, self._trust)
        token = sample(fused.probs, self._rng, temperature=0.8, top_p=0.95)
        if token == self._end:
            self._trust = 0.0
        elif prediction is not None:
            self._trust = next_trust(
                self._trust, logits, fused.log_sum, prediction, token
            )
        self._written = [] if token == self._end else [*self._written, token]
        self._feed([token])
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--limit", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=600)
    args = parser.parse_args()
    rows = [(at, row["text"], 0) for at, row in enumerate(read_rows(args.file))]
    llama.start()
    model = llama.Model(args.model)
    with tempfile.TemporaryDirectory() as scratch:
        build_voice(model, rows[: args.limit], Path(scratch))
        voice = open_voice(Path(scratch))
        with_voice, without = Loop(model, voice, 1), Loop(model, None, 1)
        times = np.array(
            [(without.step(), with_voice.step()) for _ in range(args.steps)]
        )
    # The median step: what else the machine does meanwhile hits both alike.
    alone, fused = np.median(times, axis=0)
    print(f"without the voice {1 / alone:.1f} tokens/s, with it {1 / fused:.1f}")
    print(f"kept {100 * alone / fused:.1f} % (median step), ", end="")
    print(f"{100 * times[:, 0].sum() / times[:, 1].sum():.1f} % (whole run)")


if __name__ == "__main__":
    main()
