"""Searches the files of a home for texts.

In a process of its own: closing a plain file drops SQLite's locks on it in the process
that has the database open (section 2.2 of https://www.sqlite.org/howtocorrupt.html).
"""

import json
import mmap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from app.core.paths import Home
from app.core.patterns import groups, search_for
from app.ipc.jobs import SearchJob, SearchJobReply

NICENESS = 5

Search = Callable[[mmap.mmap], bool]


def run(request: SearchJob, home: Home) -> SearchJobReply:
    """Carry out the job."""
    searches = _searches(request.texts)
    files, size, found = 0, 0, list[str]()
    for path in _files(home.root, request.without):
        try:
            size += path.stat().st_size
            files += 1
            if _has(path, searches):
                found.append(str(path.relative_to(home.root)))
        except FileNotFoundError:
            # A temporary file that went meanwhile.
            continue
    return SearchJobReply(files, size, found)


def _files(root: Path, without: Sequence[str]) -> Iterator[Path]:
    for entry in sorted(root.iterdir()):
        if entry.name not in without:
            for path in sorted([entry, *entry.rglob("*")]):
                if path.is_file() and not path.is_symlink():
                    yield path


def _spellings(text: str) -> list[bytes]:
    # JSON columns have other bytes than plain text where it is not ASCII.
    return [text.encode(errors="surrogatepass"), json.dumps(text)[1:-1].encode()]


def _searches(texts: Sequence[str]) -> list[Search]:
    every = (spelt for text in texts for spelt in _spellings(text))
    return [search_for(some) for some in groups(every)]


def _has(path: Path, searches: Sequence[Search]) -> bool:
    if not path.stat().st_size:
        return False
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return any(search(data) for search in searches)
