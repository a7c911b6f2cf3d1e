"""Fits fused decoding: `python -m tests.bench.fit_fusion MODEL KEEP FILE…`.

Each FILE (JSON Lines, or .gz of it) is one guild. Its last tenth is held out; voices
of its last 20,000 messages and of all before that foresee messages drawn from it. First
the weights of the voice's own parts are fitted, then those of model, product and parts.
Prints both as they stand in app/voice/tokens.py and app/runner/fusion.py, and by how
much perplexity falls below the model's, with the guild itself among those fitted to and
without it. In KEEP stays what the model said, so that another fit need not ask it.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from app.evaluation.annotated_chat import read_rows
from app.evaluation.held_out import hold_out
from app.evaluation.perplexity import MESSAGE_CHARS, Scorer, prompt_of
from app.runner import llama
from app.runner.fusion import CIRCUMSTANCES, Sides, next_trust
from app.runner.message_tokens import (
    end_token,
    message_tokens,
    messages_tokens,
    said_in,
)
from app.runner.model_loader import usable_threads
from app.runner.token_voice_builder import tokenize
from app.voice import tokens
from app.voice.conversation_cache import RECENT, ConversationCache
from app.voice.tokens import EVIDENCE, KINDS, Prediction, TokenVoice, build

SIZES = (20_000, 10_000_000)
TURNS = 8
PENALTY = 1e-5
ROUNDS = 300

GATE = [CIRCUMSTANCES, CIRCUMSTANCES, 1] + [EVIDENCE + 1] * KINDS
"""Weights of each component of the gate."""

Numbers = np.ndarray[Any, np.dtype[np.float64]]


@dataclass
class Guild:
    """Held-out messages, and what model and voices say of them."""

    name: str
    messages: list[tuple[list[int], list[int], list[str]]]
    """The prompt, the message itself with its end, and those before the prompt."""
    logits: np.ndarray[Any, np.dtype[np.float16]]
    """Shape (tokens of all messages, vocabulary)."""
    voices: dict[int, TokenVoice]
    """Of how many of the last messages, and of all."""

    def said_of(self, model: llama.Model) -> list[ConversationCache]:
        return [said_in(model, prompt, recent) for prompt, _, recent in self.messages]


@dataclass
class Table:
    """What components foresee the tokens of one guild's held-out messages."""

    guild: str
    model: Numbers
    shares: Numbers
    """Shape (tokens, components): the token's probability, 0 where one is missing."""
    missing: Numbers
    """Shape (tokens, components): −10,000 where there is no such component, or 0."""
    features: list[Numbers]
    """Shape (tokens, weights) each."""

    def foreseen(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """The mixture's probabilities, and how components share in each."""
        energies, at = self.missing.copy(), 0
        for place, found in enumerate(self.features):
            energies[:, place] += found @ weights[at : at + found.shape[1]]
            at += found.shape[1]
        raised = np.exp(energies - energies.max(axis=1, keepdims=True))
        mixture = raised / raised.sum(axis=1, keepdims=True)
        return (mixture * self.shares).sum(axis=1), mixture

    def loss(self, weights: Numbers) -> tuple[float, Numbers]:
        """Mean surprise, and its slope."""
        probs, mixture = self.foreseen(weights)
        pull = (mixture - mixture * self.shares / probs[:, None]) / len(probs)
        slopes = [pull[:, at] @ found for at, found in enumerate(self.features)]
        return -float(np.log(probs).mean()), np.concatenate(slopes)

    def gain(self, weights: Numbers) -> float:
        """By which part perplexity falls below the model's."""
        probs, _ = self.foreseen(weights)
        return float(1 - np.exp(np.log(self.model).mean() - np.log(probs).mean()))


def fit(tables: Sequence[Table]) -> Numbers:
    """The weights with the least surprise; every table counts the same."""

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        total, slope = PENALTY * float(weights @ weights), 2 * PENALTY * weights
        for table in tables:
            surprise, pull = table.loss(weights)
            total += surprise / len(tables)
            slope = slope + pull / len(tables)
        return total, slope

    start = np.zeros(sum(found.shape[1] for found in tables[0].features))
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}
    )
    best: Numbers = found.x
    return best


def ask(model: llama.Model, file: Path, count: int, keep: Path) -> None:
    """Run the model over held-out messages of a guild, and keep what it says."""
    rows = [row for row in read_rows(file) if row["text"].strip()]
    rows = [row for row in rows if not row.get("system") and not row.get("bot")]
    split = len(rows) * 9 // 10
    held = list(hold_out(rows, {}, TURNS, RECENT))[split:]
    chosen = random.Random(1).sample(held, min(count, len(held)))
    context = llama.Context(
        model, size=4096, sequences=1, batch=512, threads=usable_threads()
    )
    with tempfile.TemporaryDirectory() as scratch:
        build(Path(scratch), [], vocabulary=model.vocabulary, end=end_token(model))
        scorer = Scorer(model, context, TokenVoice.open(Path(scratch)))
    keep.mkdir(parents=True, exist_ok=True)
    messages = []
    with (keep / "logits.f16").open("wb") as out:
        for one in chosen:
            text = " ".join(one.text.split())[:MESSAGE_CHARS]
            own = [*message_tokens(model, text), end_token(model)]
            prompt = model.tokens(prompt_of(one))
            for logits in scorer.read(prompt, own):
                out.write(logits.astype(np.float16).tobytes())
            messages.append((prompt, own, one.recent))
    learned = tokenize(
        [(at, row["text"], 0) for at, row in enumerate(rows[:split])],
        lambda part: messages_tokens(model, part),
        lambda read: None,
    )
    kept = {"messages": messages, "learned": [line for _, line, _ in learned]}
    (keep / "tokens.json").write_text(json.dumps(kept))


def recall(model: llama.Model, keep: Path, scratch: Path) -> Guild:
    """What `ask` kept, with voices built in `scratch`."""
    kept = json.loads((keep / "tokens.json").read_text("utf-8"))
    logits = np.memmap(keep / "logits.f16", np.float16, "r")
    voices = {}
    for size in SIZES:
        place = scratch / keep.name / str(size)
        rows = ((at, line, 0) for at, line in enumerate(kept["learned"][-size:]))
        build(place, rows, vocabulary=model.vocabulary, end=end_token(model))
        voices[size] = TokenVoice.open(place)
    shaped = logits.reshape(-1, model.vocabulary)
    return Guild(keep.name, kept["messages"], shaped, voices)


def foresee(
    model: llama.Model, guild: Guild, size: int
) -> Iterator[tuple[int, int, Prediction]]:
    """Yield the place, the token and what the voice predicts, for all tokens."""
    place, voice = 0, guild.voices[size]
    for said, (_, own, _) in zip(guild.said_of(model), guild.messages, strict=True):
        for at, token in enumerate(own):
            yield place, token, voice.predict(own[:at], said)
            place += 1


def backoff_table(model: llama.Model, guild: Guild, size: int) -> Table:
    """The voice's parts alone; its weights before the fit stand for the model."""
    rows = []
    for _, token, said in foresee(model, guild, size):
        alone = said.probability(token)
        rows.append((alone, said.shares_of(token), said.kinds, said.evidence))
    return _table(guild.name, rows, [np.zeros((len(rows), 0))])


def gate_table(model: llama.Model, guild: Guild, size: int) -> Table:
    """Model, product and parts, with the voice's own weights as they are now."""
    rows, around, trust = [], [], 0.0
    for place, token, said in foresee(model, guild, size):
        trust = trust if said.at else 0.0
        logits = guild.logits[place].astype(np.float32)
        sides = Sides(logits, said)
        around.append(sides.circumstances(trust))
        entropy = np.full((len(said.kinds), 1), sides.entropy)
        evidence = np.hstack([said.evidence, entropy])
        shares = sides.shares_of(token)
        rows.append((shares[0], shares, said.kinds, evidence))
        trust = next_trust(trust, logits, sides.log_sum, said, token)
    both = np.array(around)
    return _table(guild.name, rows, [both, both, np.ones((len(rows), 1))])


def _table(guild: str, rows: list[Any], firsts: list[Numbers]) -> Table:
    count, first = len(rows), len(firsts)
    shares = np.full((count, first + KINDS), 1e-30)
    missing = np.full(shares.shape, -1e4)
    missing[:, :first] = 0
    features = np.zeros((KINDS, count, rows[0][3].shape[1]))
    for at, (_, found, kinds, evidence) in enumerate(rows):
        shares[at, :first] = found[:first]
        shares[at, first + kinds] = found[first:]
        missing[at, first + kinds] = 0
        features[kinds, at] = evidence
    model = np.array([max(row[0], 1e-30) for row in rows])
    return Table(guild, model, shares, missing, [*firsts, *features])


def fit_guilds(model: llama.Model, guilds: Sequence[Guild]) -> Numbers:
    """Fit the back-off and set it; then fit the gate."""
    pairs = [(one, size) for one in guilds for size in SIZES]
    weights = fit([backoff_table(model, one, size) for one, size in pairs])
    tokens.BY_EVIDENCE[:] = weights.reshape(KINDS, EVIDENCE)
    gate = fit([gate_table(model, one, size) for one, size in pairs])
    return gate


def report(model: llama.Model, guild: Guild, gate: Numbers, how: str) -> None:
    for size, voice in guild.voices.items():
        gained = -100 * gate_table(model, guild, size).gain(gate)
        print(f"{guild.name:20}{voice.messages:>10,} {how:10}{gained:7.1f} %")
    sys.stdout.flush()


def show(name: str, weights: Numbers) -> None:
    rounded = np.array2string(weights, precision=3, suppress_small=True, separator=", ")
    print(f"{name} = np.array({rounded})", flush=True)


def show_all(gate: Numbers) -> None:
    show("BY_EVIDENCE", tokens.BY_EVIDENCE)
    ends = np.cumsum(GATE)
    show("MODEL_WEIGHTS", gate[: ends[0]])
    show("BOTH_WEIGHTS", gate[ends[0] : ends[1]])
    print(f"BASE_WEIGHT = {gate[ends[1]]:.3f}")
    show("PARTS_WEIGHTS", gate[ends[2] :].reshape(KINDS, EVIDENCE + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("keep", type=Path)
    parser.add_argument("files", type=Path, nargs="*", help="none: all that is kept")
    parser.add_argument("--messages", type=int, default=300, help="a guild")
    parser.add_argument("--leave-out", action="store_true", help="fit without each too")
    args = parser.parse_args()
    llama.start()
    model = llama.Model(args.model)
    for file in args.files:
        ask(model, file, args.messages, args.keep / file.name.split(".")[0])
    with tempfile.TemporaryDirectory() as scratch:
        places = sorted(kept.parent for kept in args.keep.glob("*/tokens.json"))
        guilds = [recall(model, place, Path(scratch)) for place in places]
        for left in guilds if args.leave_out else ():
            kin = left.name.split("-")[0]
            others = [one for one in guilds if one.name.split("-")[0] != kin]
            report(model, left, fit_guilds(model, others), "left out")
        gate = fit_guilds(model, guilds)
        show_all(gate)
        for one in guilds:
            report(model, one, gate, "fitted to")


if __name__ == "__main__":
    main()
