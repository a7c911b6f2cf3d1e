"""Checks that a model fits into the memory that is free, or soon will be."""

from pathlib import Path

import psutil

from app.modelfiles import checks
from app.modelfiles.gguf_header import Header
from app.settings.model_sections import ModelSettings


def check(path: Path, settings: ModelSettings, runner: int | None) -> Header:
    """Return the file's header.

    Args:
        runner: Process of the model that it would replace.

    Raises:
        GgufError: If the model cannot be loaded.
    """
    spare = _held(runner) if runner else 0
    return checks.check(path, settings.context, settings.gpu_layers, spare)


def _held(runner: int) -> int:
    """Return the bytes freed when a process and its children end."""
    try:
        process = psutil.Process(runner)
        family = [process, *process.children(recursive=True)]
        memory = [one.memory_info() for one in family]
    except psutil.Error:
        return 0
    return sum(one.rss - getattr(one, "shared", 0) for one in memory)
