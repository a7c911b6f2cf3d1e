"""The receipt: a search of every file of the home for what was forgotten.

What to search for is taken before the deletion and kept in memory alone.
"""

import asyncio
import json
import mmap
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

from app.core.paths import Home
from app.ipc.control import Receipt
from app.settings.patterns import search_for
from app.store import forgetting
from app.store.database import Database

SHORTEST = 12
"""Characters; what is shorter than that stands in files by chance."""

MOST = 2000
"""Texts searched for, the longest first."""

TOGETHER = 64 * 1024
"""Bytes of texts in one pass over a file."""


async def prove(home: Home, database: Database, texts: Sequence[str]) -> Receipt:
    """Search the home for texts that were just forgotten."""
    long = {text for text in texts if len(text) >= SHORTEST}
    chosen = sorted(long, key=len, reverse=True)[:MOST]
    kept = await database.run(forgetting.still_said, chosen)
    wanted = [text for text in chosen if text not in kept]
    files = [path for path in sorted(home.root.rglob("*")) if _is_plain(path)]
    size, found = await asyncio.to_thread(_search, home.root, files, wanted)
    return Receipt(len(files), size, len(wanted), len(set(texts)) - len(wanted), found)


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _search(
    root: Path, files: Sequence[Path], texts: Sequence[str]
) -> tuple[int, list[str]]:
    size, found, searches = 0, list[str](), _searches(texts)
    for path in files:
        try:
            size += path.stat().st_size
            if _has(path, searches):
                found.append(str(path.relative_to(root)))
        except FileNotFoundError:
            # A temporary file that went meanwhile.
            continue
    return size, found


def _searches(texts: Sequence[str]) -> list[Callable[[mmap.mmap], bool]]:
    # JSON columns have other bytes than plain text where it is not ASCII.
    spelt = {text.encode(errors="surrogatepass") for text in texts}
    spelt |= {_in_json(text) for text in texts}
    passes: dict[int, list[bytes]] = defaultdict(list)
    every = sorted(spelt)
    for number, text in zip(accumulate(map(len, every)), every, strict=True):
        passes[number // TOGETHER].append(text)
    return [search_for(some) for some in passes.values()]


def _in_json(text: str) -> bytes:
    return json.dumps(text)[1:-1].encode()


def _has(path: Path, searches: Sequence[Callable[[mmap.mmap], bool]]) -> bool:
    with path.open("rb") as file:
        if not path.stat().st_size:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return any(search(data) for search in searches)
