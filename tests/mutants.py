"""Wrong programs that a test must notice: `python -m tests.mutants [WORDS]`.

`tests/mutants.toml` lists small changes that break a promise, each with the test that
must fail. Every change is made in a copy of the repository, so nothing here is touched.
With words, only the mutants whose promise or file contains them are tried.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_suffix(".toml")

NEEDED = ("app", "assets", "tests", "pyproject.toml", "README.md", "models.txt")
PYTEST_FAILED = 1
LIMIT_SECONDS = 300


@dataclass(frozen=True)
class Mutant:
    """A change that breaks a promise."""

    promise: str
    file: str
    old: str
    new: str
    test: str
    """Pytest's name of the test that must fail."""

    def problem(self) -> str:
        """Return why it cannot be tried; empty if it can."""
        code = ROOT / self.file
        found = code.read_text("utf-8").count(self.old) if code.exists() else 0
        if found != 1:
            return f"{self.file} has this code {found} times: {self.old}"
        path, _, name = self.test.partition("::")
        test = ROOT / path
        if not test.exists():
            return f"{path} does not exist"
        bare = name.partition("[")[0].partition("::")[0]
        return "" if bare in test.read_text("utf-8") else f"{path} has no {bare}"

    def survives(self, copy: Path) -> str:
        """Return why the test did not notice it in that copy; empty if it did."""
        file = copy / self.file
        code = file.read_text("utf-8")
        _write(file, code.replace(self.old, self.new))
        try:
            return _outcome(copy, self.test)
        finally:
            _write(file, code)


def every() -> list[Mutant]:
    """Return the mutants of the list."""
    listed = tomllib.loads(LIST.read_text("utf-8"))
    return [Mutant(**fields) for fields in listed["mutant"]]


@contextmanager
def copied() -> Iterator[Path]:
    """Yield a copy of the repository with the fetched models."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch)
        for name in NEEDED:
            if (ROOT / name).is_dir():
                leave = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, copy / name, ignore=leave)
            else:
                shutil.copy2(ROOT / name, copy / name)
        # Windows lets few people make links; what needs a model there fetches it.
        if (ROOT / ".cache").exists() and os.name != "nt":
            (copy / ".cache").symlink_to(ROOT / ".cache")
        yield copy


def _write(file: Path, code: str) -> None:
    """Change a module; Python may not notice that within a second."""
    file.write_text(code, "utf-8")
    Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)


def _outcome(copy: Path, test: str) -> str:
    options = ("-q", "-x", "-p", "no:cacheprovider", "--tb=line")
    try:
        done = subprocess.run(
            (sys.executable, "-m", "pytest", *options, test),
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return ""  # A program that hangs is noticed.
    if done.returncode == PYTEST_FAILED:
        return ""
    said = done.stdout.strip().splitlines()[-3:] or done.stderr.splitlines()[-3:]
    return f"pytest ended with {done.returncode}: {' | '.join(said)}"


def main() -> int:
    words = " ".join(sys.argv[1:])
    mutants = [one for one in every() if words in f"{one.promise} {one.file}"]
    began, alive = time.monotonic(), 0
    with copied() as copy:
        for one in mutants:
            why = one.problem() or one.survives(copy)
            alive += bool(why)
            print(f"{'SURVIVES' if why else 'killed':9}{one.promise}", flush=True)
            if why:
                print(f"         {why}", flush=True)
    seconds = time.monotonic() - began
    print(f"{len(mutants)} mutants, {alive} survive, {seconds:.0f} s")
    return 1 if alive else 0


if __name__ == "__main__":
    raise SystemExit(main())
