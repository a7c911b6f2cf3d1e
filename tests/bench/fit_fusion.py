"""Fits λ of fused decoding: `python -m tests.bench.fit_fusion MODEL FILE…`.

Each FILE (JSON Lines, or .gz of it) is one guild. Its last tenth is held out; voices
of its last 2,000 and 20,000 messages and of all before that foresee messages drawn from
it. One logistic function of the evidence is fitted to all of them. Prints its weights,
in the order of the constants in app/runner/fusion.py, and by how much perplexity falls
below the model's, with the guild itself among those fitted to and without it.
"""

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from app.cli.eval_voice import hold_out
from app.memory.link_rows import Row, read_rows
from app.runner import llama
from app.runner.building import tokenize
from app.runner.fusion import fuse, next_trust
from app.runner.loading import usable_threads
from app.runner.score import MESSAGE_CHARS, Held, Scorer, prompt_of
from app.runner.wording import end_token, message_tokens, messages_tokens
from app.voice.tokens import STATE_SIZE, TokenVoice, build

SIZES = (2_000, 20_000, 10_000_000)
TURNS = 8
PENALTY = 1e-4
FEATURES = (
    "bias",
    *(f"depth {size}" for size in range(2, STATE_SIZE + 1)),
    "count",
    "distinct",
    "entropy",
    "trust",
)

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Table:
    """The tokens of one guild's held-out messages, foreseen by one voice."""

    guild: str
    size: int
    model: Numbers
    voice: Numbers
    features: Numbers

    def mixed(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """The fused probabilities, and λ."""
        share = 1 / (1 + np.exp(-self.features @ weights))
        return (1 - share) * self.model + share * self.voice, share

    def gain(self, weights: Numbers) -> float:
        """By which part perplexity falls below the model's."""
        mixed, _ = self.mixed(weights)
        return float(1 - np.exp(np.log(self.model).mean() - np.log(mixed).mean()))


def look(
    model: llama.Model, context: llama.Context, guild: str, rows: list[Row], count: int
) -> list[Table]:
    """Foresee `count` messages of a guild's last tenth, with voices of all sizes."""
    split = len(rows) * 9 // 10
    held = list(hold_out(rows, {}, TURNS))[split:]
    chosen = random.Random(1).sample(held, min(count, len(held)))
    with tempfile.TemporaryDirectory() as scratch:
        voices = {}
        for size in SIZES:
            directory = Path(scratch) / str(size)
            learned = [(at, row["text"]) for at, row in enumerate(rows[:split][-size:])]
            tokenized = tokenize(
                learned, lambda part: messages_tokens(model, part), lambda read: None
            )
            build(
                directory,
                tokenized,
                vocabulary=model.vocabulary,
                end=end_token(model),
            )
            voices[size] = TokenVoice.open(directory)
        scorer = Scorer(model, context, voices[SIZES[0]])
        found: dict[int, list[list[float]]] = {size: [] for size in SIZES}
        for message in chosen:
            _look_at(model, scorer, message, voices, found)
    return [_table(guild, size, found[size]) for size in SIZES]


def _look_at(
    model: llama.Model,
    scorer: Scorer,
    held: Held,
    voices: dict[int, TokenVoice],
    found: dict[int, list[list[float]]],
) -> None:
    text = " ".join(held.text.split())[:MESSAGE_CHARS]
    own = [*message_tokens(model, text), end_token(model)]
    trust = dict.fromkeys(voices, 0.0)
    for at, logits in enumerate(scorer.read(model.tokens(prompt_of(held)), own)):
        token, alone = own[at], fuse(logits, None, 0)
        entropy = -float(np.dot(alone.probs, logits - np.float32(alone.log_sum)))
        for size, voice in voices.items():
            said = voice.predict(own[:at])
            depths = [float(said.depth == size) for size in range(2, STATE_SIZE + 1)]
            counts = [np.log(max(said.count, 1)), np.log(max(said.distinct, 1))]
            both = [float(alone.probs[token]), said.probability(token)]
            found[size].append([*both, 1.0, *depths, *counts, entropy, trust[size]])
            trust[size] = next_trust(trust[size], logits, alone.log_sum, said, token)


def _table(guild: str, size: int, rows: list[list[float]]) -> Table:
    numbers = np.maximum(np.array(rows), [1e-30] * 2 + [-np.inf] * len(FEATURES))
    return Table(guild, size, numbers[:, 0], numbers[:, 1], numbers[:, 2:])


def fit(tables: Sequence[Table]) -> Numbers:
    """The weights with the least surprise; every table counts the same."""

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        total, slope = 0.0, np.zeros_like(weights)
        for table in tables:
            mixed, share = table.mixed(weights)
            scale = 1 / (len(mixed) * len(tables))
            total -= np.log(mixed).sum() * scale
            pull = (table.voice - table.model) / mixed * share * (1 - share)
            slope -= table.features.T @ pull * scale
        flat = np.concatenate([[0.0], weights[1:]])
        return total + PENALTY * float(flat @ flat), slope + 2 * PENALTY * flat

    start = np.zeros(len(FEATURES))
    best: Numbers = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--messages", type=int, default=300, help="a guild")
    args = parser.parse_args()
    llama.start()
    model = llama.Model(args.model)
    context = llama.Context(
        model, size=4096, sequences=1, batch=512, threads=usable_threads()
    )
    tables: list[Table] = []
    for file in args.files:
        rows = [row for row in read_rows(file) if row["text"].strip()]
        rows = [row for row in rows if not row.get("system") and not row.get("bot")]
        tables += look(model, context, file.stem, rows, args.messages)
    weights = fit(tables)
    for name, weight in zip(FEATURES, weights, strict=True):
        print(f"{name:10}{weight:8.3f}")
    for table in tables:
        others = [other for other in tables if other.guild != table.guild]
        alone = f"{100 * table.gain(fit(others)):5.1f} %" if others else "    –"
        size = min(table.size, 10_000_000)
        print(f"{table.guild:24}{size:>12,}{100 * table.gain(weights):7.1f} %{alone}")


if __name__ == "__main__":
    main()
