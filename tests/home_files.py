"""Reads the files of a home while its database is open.

Another process does it: this one may not (`app/core/file_guard.py`).
"""

import subprocess
from pathlib import Path


def files_with(root: Path, *texts: str) -> list[Path]:
    """Files below a directory that hold one of the texts."""
    words = [word for text in texts for word in ("-e", text)]
    return sorted(map(Path, _grep("-laF", *words, str(root))))


def matches_in(root: Path, pattern: str) -> set[str]:
    """Return what matches an extended regular expression in any file below it."""
    return set(_grep("-aohE", "-e", pattern, str(root)))


def _grep(*arguments: str) -> list[str]:
    command = ["grep", "-r", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # 1 means that nothing was found; temporaries may go meanwhile.
    assert done.returncode == 1 or done.stdout or "No such file" in done.stderr
    return done.stdout.splitlines()
