"""Reads the files of a home while its database is open.

Another process does it: this one may not (`app/core/file_guard.py`).
"""

import os
import re
import subprocess
import sys
from pathlib import Path

LIKE_GREP = """
import re, sys
from pathlib import Path
pattern, root = sys.argv[1].encode(), Path(sys.argv[2])
for path in [root] if root.is_file() else root.rglob("*"):
    try:
        found = {one[0] for one in re.finditer(pattern, path.read_bytes())}
    except (IsADirectoryError, FileNotFoundError, PermissionError):
        continue
    if found:
        texts = [str(path)] if sys.argv[3] == "names" else map(bytes.decode, found)
        sys.stdout.buffer.write("".join(f"{text}\\n" for text in texts).encode())
"""
"""For Windows, which has no grep."""


def files_with(root: Path, *texts: str) -> list[Path]:
    """Files below a directory that hold one of the texts."""
    words = [word for text in texts for word in ("-e", text)]
    if os.name == "nt":
        pattern = "|".join(map(re.escape, texts))
        return sorted(map(Path, _like_grep(pattern, root, "names")))
    return sorted(map(Path, _grep("-laF", *words, str(root))))


def matches_in(root: Path, pattern: str) -> set[str]:
    """Return what matches an extended regular expression in any file below it."""
    if os.name == "nt":
        return set(_like_grep(pattern, root, "texts"))
    return set(_grep("-aohE", "-e", pattern, str(root)))


def _grep(*arguments: str) -> list[str]:
    command = ["grep", "-r", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # 1 means that nothing was found; temporaries may go meanwhile.
    assert done.returncode == 1 or done.stdout or "No such file" in done.stderr
    return done.stdout.splitlines()


def _like_grep(pattern: str, root: Path, shown: str) -> list[str]:
    command = [sys.executable, "-X", "utf8", "-c", LIKE_GREP, pattern, str(root), shown]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return found.decode("utf-8").splitlines()
