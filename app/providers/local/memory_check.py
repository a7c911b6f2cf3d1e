"""Whether a model's file can be loaded, in the memory that is free or soon will be."""

from pathlib import Path

import psutil

from app.modelfiles import checks
from app.modelfiles.gguf_header import Header
from app.settings.schema import ModelSettings


def check(path: Path, settings: ModelSettings, runner: int | None) -> Header:
    """The file's header.

    Args:
        runner: Process of the model that it would take the place of.

    Raises:
        GgufError: If it cannot be loaded.
    """
    spare = _held(runner) if runner else 0
    return checks.check(path, settings.context, settings.gpu_layers, spare)


def _held(runner: int) -> int:
    """Bytes that end with a process and its children, as far as no file has them."""
    try:
        process = psutil.Process(runner)
        family = [process, *process.children(recursive=True)]
        memory = [one.memory_info() for one in family]
    except psutil.Error:
        return 0
    return sum(one.rss - getattr(one, "shared", 0) for one in memory)
