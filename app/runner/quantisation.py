"""Finds the quantisation of a model that suits this processor best.

Which kernels are fast differs by processor: on one with AVX2, Q4_1 has no fast one for
prompts, while Q8_0 and IQ4_NL have.
"""

import math
import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.core.errors import AppError
from app.core.files import put, unfinished
from app.runner.llama import Batch, Context, LlamaError, Model, quantise

LOSSLESS = "Q8_0"
FORMATS = {"Q8_0": 7, "IQ4_NL": 25}
"""Candidates beside the file itself, with llama.cpp's numbers for them."""

MOST_LOSS = 1.01
"""The most bits per byte of a candidate, relative to the best."""

PROMPT_TOKENS, ANSWER_TOKENS = 300, 30
"""The cost of a reply, for weighing the two speeds."""

SCORED_TOKENS = 1000
BLOCK = 256
"""The number of message tokens scored at once."""

CONTEXT, BATCH = 1024, 64
ROOM_BYTES = 64 << 20


OnFormat = Callable[[str, int, int], None]
"""Told which format is next, how many are done, and of how many."""


@dataclass(frozen=True)
class Measured:
    """The measurements of one file on this machine."""

    format: str
    bytes: int
    prompt_tokens_per_second: float
    tokens_per_second: float
    bits_per_byte: float
    """The score on the owner's messages; lower is better, 0 without one."""

    @property
    def reply_seconds(self) -> float:
        """The seconds for a reply without anything cached."""
        return (
            PROMPT_TOKENS / self.prompt_tokens_per_second
            + ANSWER_TOKENS / self.tokens_per_second
        )


def choose(measured: Sequence[Measured]) -> Measured:
    """Return the fastest of those that lose next to nothing."""
    best = min(one.bits_per_byte for one in measured)
    good = [one for one in measured if one.bits_per_byte <= best * MOST_LOSS]
    return min(good, key=lambda one: one.reply_seconds)


def tune(
    source: Path,
    target: Path,
    texts: Sequence[str],
    threads: int,
    tell: OnFormat = lambda label, done, total: None,
) -> tuple[Measured, list[Measured]]:
    """Measure the candidates, and keep the better one as `target`.

    Args:
        target: The file to use from now on; the source itself if no candidate is
            better.
        texts: The owner's messages, for scoring.

    Returns:
        The format that was kept, and all that were measured.

    Raises:
        AppError: If the disk is full.
    """
    total = len(FORMATS) + 1
    tell("as it is", 0, total)
    found = {"as it is": measure(source, "as it is", texts, threads)}
    files: dict[str, Path] = {}
    with ExitStack() as stack:
        for done, name in enumerate(FORMATS, 1):
            tell(name, done, total)
            files[name] = stack.enter_context(unfinished(target))
            requantise(source, files[name], name, threads)
            found[name] = measure(files[name], name, texts, threads)
        kept = choose(list(found.values()))
        if kept.format in files:
            put(files[kept.format], target)
        else:
            _keep(source, target)
    tell("done", total, total)
    return kept, list(found.values())


def _keep(source: Path, target: Path) -> None:
    """Use the source as it is, replacing any earlier tuned file."""
    # Two names of one file cannot be renamed over each other; the block removes one.
    with unfinished(target) as partial:
        try:
            os.link(source, partial)
        except OSError:
            shutil.copy2(source, partial)
        put(partial, target)


def requantise(source: Path, target: Path, name: str, threads: int) -> None:
    """Write the model in another format; a partial file never has the target's name.

    Raises:
        AppError: If the disk is full, or llama.cpp fails.
    """
    # Q8_0 takes twice the bytes of a four-bit model.
    needed = 2 * source.stat().st_size + ROOM_BYTES
    if shutil.disk_usage(target.parent).free < needed:
        raise AppError(
            "There is no space on the disk for a tuned model.", "Free some disk space."
        )
    try:
        with unfinished(target) as partial:
            quantise(source, partial, FORMATS[name], threads)
            put(partial, target)
    except LlamaError as error:
        raise AppError(f"{error}.", "The model stays as it is.") from error


def measure(path: Path, name: str, texts: Sequence[str], threads: int) -> Measured:
    """Measure a file's speed here, and how well it predicts the messages."""
    model = Model(path)
    context = Context(model, size=CONTEXT, sequences=1, batch=BATCH, threads=threads)
    batch = Batch(BATCH)
    try:
        prompt, decode = _speeds(context, batch)
        bits = _bits_per_byte(context, batch, texts)
    finally:
        batch.close()
        context.close()
        model.close()
    return Measured(name, path.stat().st_size, prompt, decode, bits)


def _speeds(context: Context, batch: Batch) -> tuple[float, float]:
    """Return tokens per second for reading and writing, the best of two tries."""
    tokens = context.model.tokens("the quick brown fox jumps over the lazy dog " * 80)
    prompt, decode = 0.0, 0.0
    for _ in range(2):
        began = time.perf_counter()
        _read(context, batch, tokens[:PROMPT_TOKENS])
        read = time.perf_counter()
        for place in range(ANSWER_TOKENS):
            batch.clear()
            batch.add(0, PROMPT_TOKENS + place, [tokens[place]], wants_logits=True)
            context.decode(batch)
        written = time.perf_counter()
        context.drop(0)
        prompt = max(prompt, PROMPT_TOKENS / (read - began))
        decode = max(decode, ANSWER_TOKENS / (written - read))
    return prompt, decode


def _read(context: Context, batch: Batch, tokens: Sequence[int]) -> None:
    for start in range(0, len(tokens), BATCH):
        batch.clear()
        batch.add(0, start, tokens[start : start + BATCH], wants_logits=True)
        context.decode(batch)


def _bits_per_byte(context: Context, batch: Batch, texts: Iterable[str]) -> float:
    """Return the surprise over the messages, a line each, in blocks of `BLOCK`."""
    tokens = context.model.tokens("\n".join(texts))[:SCORED_TOKENS]
    nats, size = 0.0, 0
    for start in range(0, len(tokens), BLOCK):
        block = tokens[start : start + BLOCK]
        nats += _surprise(context, batch, block)
        size += sum(len(context.model.piece(token)) for token in block[1:])
        context.drop(0)
    return nats / math.log(2) / max(size, 1)


def _surprise(context: Context, batch: Batch, block: Sequence[int]) -> float:
    """Return the nats of all tokens of a block except the first."""
    nats = 0.0
    for start in range(0, len(block) - 1, BATCH):
        part = block[start : min(start + BATCH, len(block) - 1)]
        batch.clear()
        places = [
            batch.add(0, start + offset, [token], wants_logits=True)
            for offset, token in enumerate(part)
        ]
        context.decode(batch)
        for place in places:
            logits = context.logits(place).astype(np.float64)
            top = logits.max()
            log_sum = top + math.log(np.exp(logits - top).sum())
            nats += log_sum - logits[block[start + place + 1]]
    return float(nats)
