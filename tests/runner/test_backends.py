"""The library for this processor, and kernels that must not be used."""

import ctypes
from pathlib import Path

import pytest
from llama_cpp import llama_cpp as api

from app.runner import backends
from app.runner.llama import Model


class Ggml:
    """The part of ggml that loads a library; it has none yet."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def ggml_backend_reg_count(self) -> int:
        return 0

    def ggml_backend_load(self, path: bytes) -> None:
        self.loaded.append(Path(path.decode()).name)


def test_the_best_library_without_tiles_is_loaded(monkeypatch):
    # The names and the order of merit are those of ggml's CMakeLists.txt.
    scores = {"haswell": 64, "zen4": 512, "sapphirerapids": 1024, "alderlake": 0}
    ggml = Ggml()
    monkeypatch.setattr(backends, "_GGML", ggml)
    monkeypatch.setattr(
        backends,
        "_libraries",
        lambda name: [Path(f"libggml-cpu-{one}.so") for one in scores],
    )
    monkeypatch.setattr(
        backends, "_score", lambda path: scores[path.stem.rpartition("-")[2]]
    )
    backends.load_processor()
    assert ggml.loaded == ["libggml-cpu-zen4.so"]


def test_a_function_of_the_base_library_is_found_where_the_other_lacks_it(monkeypatch):
    # Windows looks into one library alone, and this one is in ggml-base.dll.
    monkeypatch.setattr(backends, "_GGML", Ggml())
    assert backends._function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)


@pytest.mark.parametrize("uses_tiles", [True, False])
def test_a_library_with_tiles_loads_no_model_for_them(
    tiny_files, llama_started, monkeypatch, uses_tiles
):
    # The line as llama.cpp wrote it on a Xeon of this kind, cut.
    line = (
        f"CPU : AVX512_BF16 = 1 | {'AMX_INT8 = 1 | ' if uses_tiles else ''}REPACK = 1"
    )
    asked = []
    load = api.llama_model_load_from_file

    def loading(path, params):
        asked.append(params.use_extra_bufts)
        params.use_extra_bufts = False
        return load(path, params)

    monkeypatch.setattr(api, "llama_print_system_info", line.encode)
    monkeypatch.setattr(api, "llama_model_load_from_file", loading)
    Model(tiny_files["transformer"]).close()
    assert asked == [not uses_tiles]
