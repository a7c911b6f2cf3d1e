"""Builds llama.cpp for Windows with mingw, which tests of the runner need.

`python .ci/wine/llama.py FOLDER`, once `environment.py` made it. It takes about ten
minutes and stays in FOLDER/llama, from which `environment.py` takes it again.
"""

import shutil
import sys
import venv
from pathlib import Path

from environment import COMPILER, download, pinned, put_llama, run

CODE = " ".join(
    [
        "-w",
        # The headers of mingw lack what llama.cpp asks of a newer Windows than 7.
        "-D_WIN32_WINNT=0x0601",
        # GCC aligns the stack for 16 bytes on Windows, and AVX would want 32.
        "-Wa,-muse-unaligned-vector-move",
    ]
)
SETTINGS = {
    "CMAKE_BUILD_TYPE": "Release",
    "CMAKE_SYSTEM_NAME": "Windows",
    "CMAKE_SYSTEM_PROCESSOR": "AMD64",
    "CMAKE_C_COMPILER": f"{COMPILER}-posix",
    "CMAKE_CXX_COMPILER": f"{COMPILER.replace('gcc', 'g++')}-posix",
    "CMAKE_RC_COMPILER": COMPILER.replace("gcc", "windres"),
    "CMAKE_FIND_ROOT_PATH_MODE_PACKAGE": "ONLY",
    "CMAKE_C_FLAGS": CODE,
    "CMAKE_CXX_FLAGS": CODE,
    # Each library has the compiler's own inside, and keeps it to itself.
    "CMAKE_SHARED_LINKER_FLAGS": "-static -s -Wl,--exclude-libs,ALL",
    **dict.fromkeys(["GGML_NATIVE", "GGML_OPENMP", "MTMD_VIDEO"], "OFF"),
    **dict.fromkeys(["LLAMA_CURL", "LLAMA_OPENSSL", "LLAMA_BUILD_TOOLS"], "OFF"),
    **dict.fromkeys(["LLAMA_BUILD_EXAMPLES", "LLAMA_BUILD_TESTS"], "OFF"),
}


def main(folder: Path) -> None:
    """Build it, unless it is there."""
    if not (folder / "llama").is_dir():
        build = folder / "llama-build"
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir()
        shutil.move(make(build), folder / "llama")
        shutil.rmtree(build)
    put_llama(folder)


def make(build: Path) -> Path:
    """Return a folder with the package, its libraries and its metadata."""
    venv.create(build / "uv", with_pip=True)
    run(build / "uv/bin/pip", "install", "--quiet", "cmake>=3.25,<4", "ninja")
    source = download(build, "--no-binary=llama-cpp-python", pinned("llama-cpp-python"))
    shutil.unpack_archive(source, build / "source")
    (top,) = (build / "source").iterdir()
    ninja, target, done = build / "uv/bin/ninja", build / "made", build / "packages"
    settings = {**SETTINGS, "CMAKE_MAKE_PROGRAM": ninja, "SKBUILD_PLATLIB_DIR": done}
    options = [f"-D{name}={value}" for name, value in settings.items()]
    run(build / "uv/bin/cmake", "-G", "Ninja", "-S", top, "-B", target, *options)
    run(ninja, "-C", target, "llama", "mtmd")
    shutil.copytree(top / "llama_cpp", done / "llama_cpp")
    libraries = done / "llama_cpp" / "lib"
    libraries.mkdir(exist_ok=True)
    for library in target.rglob("*.dll"):
        shutil.copy(library, libraries)
    info = done / f"{top.name}.dist-info"
    info.mkdir()
    shutil.copy(top / "PKG-INFO", info / "METADATA")
    return done


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
