"""The packaged program: its size, what fills it, and how soon the first picture stands.

python -m tests.bench.bench_package dist/mynah [--runs 10]
"""

import argparse
import os
import pty
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from PyInstaller.archive.readers import CArchiveReader, NotAnArchiveError

from tests.tui.sample_home import make_home

SIGN = b"Playground"
"""Stands in the navigation, which is drawn with the first picture."""

FOLDER_SECONDS, FILE_SECONDS = 1.0, 2.5
MOST_MEGABYTES = 250
SHOWN = 12


def first_picture(program: Path, home: Path) -> float:
    """Seconds from a start to the first picture on a terminal."""
    terminal, side = pty.openpty()
    environment = os.environ | {"MYNAH_HOME": str(home), "TERM": "xterm-256color"}
    environment |= {"COLUMNS": "120", "LINES": "40", "COLORTERM": "truecolor"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [program],
        stdin=side,
        stdout=side,
        stderr=side,
        env=environment,
        start_new_session=True,
    )
    os.close(side)
    seen = b""
    try:
        while SIGN not in seen:
            seen += os.read(terminal, 65536)
        return time.perf_counter() - began
    finally:
        os.write(terminal, b"\x11")  # ^q
        while _more(terminal):
            pass
        process.wait(30)
        os.close(terminal)


def _more(terminal: int) -> bytes:
    """What the program writes while it ends; empty when it has ended."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def sizes(program: Path) -> Counter[str]:
    """Bytes in the file or folder by what they belong to."""
    found: Counter[str] = Counter()
    try:
        items = CArchiveReader(str(program)).toc
        for name, (_, stored, *_) in items.items():
            found[_owner(name)] += stored
    except NotAnArchiveError:
        raise SystemExit(f"{program} is not a packaged program.") from None
    folder = program.parent / "_internal"
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            found[_owner(str(path.relative_to(folder)))] += path.stat().st_size
    return found


def _owner(name: str) -> str:
    parts = Path(name).parts
    if "models" in parts or "embedding" in parts:
        return Path(*parts[-2:]).as_posix()
    top = parts[0].removesuffix(".libs")
    return "Python modules" if name.startswith("PYZ") else top


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path)
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    found = sizes(program)
    megabytes = sum(found.values()) / 1e6
    print(f"{megabytes:.1f} MB (at most {MOST_MEGABYTES}), of which")
    for name, size in found.most_common(SHOWN):
        print(f"  {size / 1e6:6.1f}  {name}")
    is_folder = (program.parent / "_internal").is_dir()
    with tempfile.TemporaryDirectory() as directory:
        home = make_home(Path(directory) / "home").root
        first_picture(program, home)
        starts = [first_picture(program, home) for _ in range(arguments.runs)]
    target = FOLDER_SECONDS if is_folder else FILE_SECONDS
    print(
        f"first picture: median {statistics.median(starts):.2f} s (at most {target}),"
        f" from {min(starts):.2f} to {max(starts):.2f}"
    )


if __name__ == "__main__":
    main()
