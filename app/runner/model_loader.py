"""Opens a model for the scheduler, and probes what its architecture can do."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

import psutil

from app.core.errors import AppError
from app.runner.backends import Gpu
from app.runner.llama import Batch, Context, Model

log = logging.getLogger(__name__)

SLOTS = 6
"""The number of conversations in memory, and of simultaneous generations."""

BATCH = 128
"""The most tokens of one decode call; the compute buffers grow with it."""

SCRATCH = 0
"""The sequence that the probe writes to."""


@dataclass(frozen=True)
class Loaded:
    """A model that is ready to write."""

    model: Model
    context: Context
    can_roll_back: bool


def load(
    path: Path,
    *,
    context: int,
    threads: int,
    gpu_layers: int,
    gpu: Gpu | None = None,
) -> Loaded:
    """Load the weights, allocate the memory, probe the architecture.

    Args:
        context: Tokens of memory for all conversations together, in equal parts.
        threads: 0 uses a few until `Context.set_threads` changes it.

    Raises:
        AppError: If llama.cpp cannot.
    """
    model = Model(path, gpu_layers, gpu)
    try:
        memory = Context(
            model,
            size=context,
            sequences=SLOTS,
            batch=BATCH,
            threads=threads or min(thread_choices()),
        )
    except AppError:
        model.close()
        raise
    return Loaded(model, memory, can_roll_back(memory))


def cores() -> int:
    """Return the physical cores that this process may use."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    physical = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    return min(physical, allowed) if allowed else physical


def usable_threads() -> int:
    """Return the threads for work that is not measured first."""
    return max(thread_choices())


def thread_choices() -> list[int]:
    """Return the numbers of threads worth trying: all but one core; of two, maybe both.

    llama.cpp's threads wait for each other at every operation, so one that shares its
    core with other work slows all of them down. Only measuring shows that.
    """
    count = cores()
    return [count - 1] if count > 2 else [*range(1, count + 1)]


def can_roll_back(context: Context) -> bool:
    """Try whether the last tokens of a sequence can be taken back.

    Recurrent and hybrid models keep one state instead of an entry per token.
    """
    batch = Batch(4)
    token = context.model.tokens("a")[:1] or [0]
    batch.add(SCRATCH, 0, token * 4, wants_logits=True)
    context.decode(batch)
    batch.close()
    possible = context.cut(SCRATCH, 2)
    context.drop(SCRATCH)
    return possible
