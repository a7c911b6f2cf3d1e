"""Opens a model for the scheduler, and finds out what its architecture can do."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.runner.llama import Batch, Context, Model

log = logging.getLogger(__name__)

SLOTS = 8
BATCH = 128
"""Most tokens of one decode call; the compute buffers grow with it."""

SCRATCH = 0
"""The sequence that the probe writes to."""


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to write."""

    model: Model
    context: Context
    can_roll_back: bool


def load(path: Path, *, context: int, threads: int, gpu_layers: int) -> Loaded:
    """Load the weights, allocate the memory, probe the architecture.

    Args:
        context: Tokens of memory for all conversations together.
        threads: 0 leaves one core to the rest of the machine.

    Raises:
        LlamaError: If llama.cpp cannot.
    """
    model = Model(path, gpu_layers)
    memory = Context(
        model,
        size=context,
        sequences=SLOTS,
        batch=BATCH,
        threads=threads or usable_threads(),
    )
    return Loaded(model, memory, can_roll_back(memory))


def usable_threads() -> int:
    """Physical cores this process may use, less one where there are more than two.

    Of two cores both are used: with one alone a reply takes twice as long.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    cores = min(physical, allowed) if allowed else physical
    return cores - 1 if cores > 2 else cores


def can_roll_back(context: Context) -> bool:
    """Whether the last tokens of a sequence can be taken back; it is tried out.

    Recurrent and hybrid models keep a state instead of one entry a token.
    """
    batch = Batch(4)
    token = context.model.tokens("a")[:1] or [0]
    batch.add(SCRATCH, 0, token * 4, wants_logits=True)
    context.decode(batch)
    batch.close()
    possible = context.cut(SCRATCH, 2)
    context.drop(SCRATCH)
    return possible
