"""What is compiled here and packaged runs on other processors than this one."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runner.tiny import write

pytestmark = [
    pytest.mark.package,
    pytest.mark.process,
    pytest.mark.model,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64",
        reason="compares instructions of one processor",
    ),
]

TRY = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
import numpy as np
from app.runner import llama
llama.start()
model = llama.Model(Path(sys.argv[1]))
context = llama.Context(model, size=64, sequences=1, batch=32, threads=1)
batch = llama.Batch(32)
batch.add(0, 0, model.tokens("hello there", is_start=True), wants_logits=True)
assert context.decode(batch)
spec = spec_from_file_location("hnswlib", sys.argv[2])
hnswlib = module_from_spec(spec)
spec.loader.exec_module(hnswlib)
index = hnswlib.Index("cosine", 8)
index.init_index(20)
index.add_items(np.eye(8, dtype=np.float32))
print(index.knn_query(np.eye(8, dtype=np.float32)[3], 1)[0].item())
"""


@pytest.fixture
def libraries(folder: Path, is_portable: bool) -> Path:
    if not is_portable:
        pytest.skip("llama.cpp was built for this processor alone")
    return folder.parent / "_internal"


@pytest.mark.skipif(not shutil.which("objdump"), reason="needs objdump")
def test_what_is_always_loaded_needs_no_wide_registers(libraries: Path):
    """llama.cpp loads the libraries of a kind of processor on that kind alone."""
    files = [libraries / "llama_cpp" / "lib" / f"lib{name}" for name in (
        "llama.so", "ggml.so.0", "ggml-base.so.0"
    )]  # fmt: skip
    files += libraries.glob("hnswlib*.so")
    assert len(files) == 4
    for file in files:
        command = ["objdump", "-d", "--no-show-raw-insn", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listing:
            assert listing.stdout
            assert not any("%ymm" in line or "%zmm" in line for line in listing.stdout)


@pytest.mark.skipif(not shutil.which("qemu-x86_64"), reason="needs qemu-user")
@pytest.mark.parametrize("processor", ["SandyBridge", "Haswell"])
def test_the_packaged_libraries_run_on_an_older_processor(
    libraries: Path, tmp_path: Path, processor: str
):
    model = write(tmp_path / "tiny.gguf")
    (hnswlib,) = libraries.glob("hnswlib*.so")
    result = subprocess.run(
        ["qemu-x86_64", "-cpu", processor, sys.executable, "-c", TRY, model, hnswlib],
        env=os.environ | {"LLAMA_CPP_LIB_PATH": str(libraries / "llama_cpp" / "lib")},
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "3"
