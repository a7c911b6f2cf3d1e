"""Opens a model on a graphics card as far as that goes, else on the processor."""

import logging
from collections.abc import Callable
from pathlib import Path

from app.core.errors import AppError
from app.ipc.inference import GpuUse
from app.modelfiles import checks, offload
from app.modelfiles.gguf_header import cached
from app.runner import backends, llama, model_loader
from app.runner.backends import Gpu
from app.runner.model_loader import Loaded

log = logging.getLogger(__name__)

NOT_BUILT = "this llama.cpp was built without support for graphics cards"
NO_CARD = "no graphics card with a driver for it was found"


def look(on_try: Callable[[], None]) -> GpuUse:
    """Find a graphics card without loading a model.

    Args:
        on_try: Is told before any library of a card is loaded, which may crash.
    """
    gpu, trouble = _find(on_try)
    return GpuUse(gpu.name, free_bytes=_own_bytes(gpu)) if gpu else GpuUse("", trouble)


def open_model(
    path: Path,
    *,
    context: int,
    threads: int,
    layers: int | None,
    on_try: Callable[[], None],
) -> tuple[Loaded, GpuUse]:
    """Load a model.

    Args:
        layers: Layers to offload; negative means all, None as many as fit.

    Raises:
        AppError: If it cannot be loaded on the processor either.
    """
    gpu, trouble = (None, "") if layers == 0 else _find(on_try)
    header = cached(path)
    count = offload.all_layers(header)
    if gpu:
        if layers is None:
            layers = offload.layers_that_fit(header, context, gpu.free_bytes)
        if layers:
            use = GpuUse(
                gpu.name,
                layers=count if layers < 0 else min(layers, count),
                all_layers=count,
                free_bytes=_own_bytes(gpu),
            )
            try:
                return _load(path, context, threads, layers, gpu), use
            except AppError as error:
                trouble = f"{gpu.name} failed: {error.message.rstrip('.')}"
        else:
            trouble = f"the free memory of {gpu.name} is too small"
    if trouble:
        log.info("the processor writes: %s", trouble)
    return _load(path, context, threads, 0, None), GpuUse("", trouble)


def _load(
    path: Path, context: int, threads: int, layers: int, gpu: Gpu | None
) -> Loaded:
    is_own = gpu is not None and not gpu.is_shared
    share = offload.share(cached(path), layers) if is_own else 0.0
    checks.check(path, context, share)
    return model_loader.load(
        path, context=context, threads=threads, gpu_layers=layers, gpu=gpu
    )


def _find(on_try: Callable[[], None]) -> tuple[Gpu | None, str]:
    """Return a card, or the reason why there is none."""
    if not backends.has_gpu_support():
        return None, NOT_BUILT
    on_try()
    llama.forget_warnings()
    gpu = backends.load_gpu()
    if gpu:
        return gpu, ""
    said = llama.last_warning().rpartition("failed to load ")[2]
    return None, f"{NO_CARD} ({Path(said).name})" if said else NO_CARD


def _own_bytes(gpu: Gpu) -> int:
    """Return the free memory that is not the computer's as well."""
    return 0 if gpu.is_shared else gpu.free_bytes
