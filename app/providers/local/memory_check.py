"""Checks that a model fits into the memory that is free, or soon will be."""

from pathlib import Path

import psutil

from app.ipc.inference import GpuUse
from app.modelfiles import checks, offload
from app.modelfiles.gguf_header import Header, cached
from app.settings.model_sections import ModelSettings


def check(
    path: Path, settings: ModelSettings, gpu: GpuUse, runner: int | None
) -> Header:
    """Return the file's header.

    Args:
        gpu: The graphics card, as the last runner reported it.
        runner: Process of the model that it would replace.

    Raises:
        GgufError: If the model cannot be loaded.
    """
    spare = _held(runner) if runner else 0
    if (eyes := settings.projector_of(path)) and eyes.is_file():
        spare -= eyes.stat().st_size
    share = gpu_share(path, settings, gpu)
    return checks.check(path, settings.context, share, spare)


def gpu_share(path: Path, settings: ModelSettings, gpu: GpuUse) -> float:
    """Return the share of a model that goes into the memory of a graphics card."""
    wanted = settings.gpu_layers
    if wanted == 0 or gpu.trouble:
        return 0.0
    if not gpu.free_bytes:
        # Nothing is known yet. Who asked for layers is believed; the runner finds out.
        return 0.0 if gpu.name or isinstance(wanted, str) else 1.0
    header = cached(path)
    if isinstance(wanted, int):
        return offload.share(header, wanted)
    fitting = offload.layers_that_fit(header, settings.context, gpu.free_bytes)
    return offload.share(header, fitting)


def _held(runner: int) -> int:
    """Return the bytes freed when a process and its children end."""
    try:
        process = psutil.Process(runner)
        family = [process, *process.children(recursive=True)]
        memory = [one.memory_info() for one in family]
    except psutil.Error:
        return 0
    return sum(one.rss - getattr(one, "shared", 0) for one in memory)
