"""Loads llama.cpp's libraries for this processor and for a graphics card."""

import ctypes
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from llama_cpp import llama_cpp as api
from llama_cpp._ctypes_extensions import load_shared_library
from llama_cpp._ggml import libggml

log = logging.getLogger(__name__)

GPU_LIBRARIES = ("cuda", "hip", "musa", "metal", "sycl", "vulkan")
"""llama.cpp's libraries for graphics cards; the first that finds a card counts."""

OWN_LIBRARY = "GGML_BACKEND_PATH"
"""llama.cpp's variable for a library that lies elsewhere."""

WITH_TILES = "sapphirerapids"
"""The processor library whose kernels use AMX; see `crashes_in_tiles`."""

_GPU, _SHARED_GPU = 1, 2
"""ggml's types of devices: with memory of their own, and with the computer's."""

# The libraries must meet the instance of ggml that llama.cpp is linked with. A wheel
# holds it under three names, and the loader would take them for three libraries, so
# this finds it as a dependency of llama.cpp. Windows cannot and need not do this.
_GGML: ctypes.CDLL = libggml if sys.platform == "win32" else api._lib
_BASE: ctypes.CDLL = (
    load_shared_library("ggml-base", api._base_path)
    if sys.platform == "win32"
    else api._lib
)
"""Has the functions for devices, which Windows finds in their own library alone."""


@dataclass(frozen=True)
class Gpu:
    """A graphics card that llama.cpp can use."""

    name: str
    free_bytes: int
    is_shared: bool
    """True if its memory is the computer's own."""
    handle: int


def load_processor() -> None:
    """Load the library for this processor, if llama.cpp was built with several.

    The one for graphics cards is left alone, since a driver may crash as it is loaded.
    """
    if _GGML.ggml_backend_reg_count():
        return
    several = [path for path in _libraries("cpu-*") if WITH_TILES not in path.name]
    scores = {path: _score(path) for path in several}
    best = max(scores, key=scores.__getitem__, default=None)
    for path in [best] if best else _libraries("cpu"):
        _GGML.ggml_backend_load(str(path).encode())


def crashes_in_tiles() -> bool:
    """Return whether llama.cpp was built to use AMX, which ends the process.

    GCC's `_tile_loadconfig` (seen in GCC 12) declares 8 of the 64 bytes that it reads,
    so the compiler leaves the others unwritten, and the processor refuses what lies
    there: https://github.com/ggml-org/llama.cpp/issues/20824
    """
    return b"AMX_INT8 = 1" in api.llama_print_system_info()


def gpu_libraries() -> list[Path]:
    """Return the installed libraries for graphics cards, without loading any."""
    own = os.environ.get(OWN_LIBRARY)
    found = [path for name in GPU_LIBRARIES for path in _libraries(name)]
    return [Path(own), *found] if own else found


def has_gpu_support() -> bool:
    """Return whether llama.cpp was built for any graphics card; loads nothing."""
    return bool(gpu_libraries()) or bool(api.llama_supports_gpu_offload())


def load_gpu() -> Gpu | None:
    """Load the libraries for graphics cards until one finds a card; return the card."""
    found = _best_gpu()
    for path in gpu_libraries():
        if found:
            break
        _function("ggml_backend_load", ctypes.c_void_p, ctypes.c_char_p)(
            str(path).encode()
        )
        found = _best_gpu()
    return found


def _best_gpu() -> Gpu | None:
    """Return the card with the most free memory; one of its own memory comes first."""
    return max(
        _gpus(), key=lambda one: (not one.is_shared, one.free_bytes), default=None
    )


def _gpus() -> Iterator[Gpu]:
    device_at = _function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
    type_of = _function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
    name_of = _function(
        "ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p
    )
    size = ctypes.POINTER(ctypes.c_size_t)
    memory_of = _function("ggml_backend_dev_memory", None, ctypes.c_void_p, size, size)
    for number in range(_function("ggml_backend_dev_count", ctypes.c_size_t)()):
        device = device_at(number)
        kind = type_of(device)
        if kind in (_GPU, _SHARED_GPU):
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            memory_of(device, ctypes.byref(free), ctypes.byref(total))
            name = (name_of(device) or b"").decode("utf-8", "replace")
            yield Gpu(name, free.value, kind == _SHARED_GPU, device)


def _libraries(name: str) -> list[Path]:
    prefix, suffix = ("", ".dll") if sys.platform == "win32" else ("lib", ".so")
    return sorted(Path(api._base_path).glob(f"{prefix}ggml-{name}{suffix}"))


def _score(path: Path) -> int:
    """Return how well a library suits this processor; 0 means that it cannot run."""
    try:
        return int(ctypes.CDLL(str(path)).ggml_backend_score())
    except (OSError, AttributeError) as error:
        log.warning("%s is passed over: %s", path.name, error)
        return 0


def _function(
    name: str, result: type | None, *arguments: type
) -> "ctypes._NamedFuncPointer":
    library = _GGML if hasattr(_GGML, name) else _BASE
    function: ctypes._NamedFuncPointer = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function
