"""Names of servers and files, as people, frames and queries write them."""

import os
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import NewType

GuildId = NewType("GuildId", int)
"""The row of a guild, which is no other number: neither Discord's id nor another row.

Queries take it first, so that a mix-up of numbers asks nothing about the wrong guild.
"""

MOST_NAMED = 5
"""The most names in a sentence; of further ones it tells the number."""

_URI = "file://"


def is_same(one: str, other: str) -> bool:
    """Tell if two names of servers are the same in any case."""
    return one.strip().casefold() == other.strip().casefold()


def some_of(names: Sequence[str], total: int = 0) -> str:
    """Return the first names, and how many more there are.

    Args:
        total: The number of all, where `names` has only the first of them.
    """
    more = max(total, len(names)) - MOST_NAMED
    return ", ".join([*names[:MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])])


def typed_path(text: str | Path) -> Path:
    """Return the path that a person typed; `~` is a home folder, if there is one."""
    path = Path(text)
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):
        # Nobody here has that name, so it is the name of a file.
        return path


def wire_name(path: Path) -> str:
    """Return a path as text for a frame; what is not Unicode makes it a URI.

    On Windows that is half of a surrogate pair, of which `Path.as_uri` knows nothing.
    """
    name = str(path.absolute())
    try:
        name.encode()
    except UnicodeEncodeError:
        return _URI + urllib.parse.quote_from_bytes(os.fsencode(name))
    return name


def named_path(name: str) -> Path:
    """Return the path that `wire_name` gave that name."""
    if not name.startswith(_URI):
        return Path(name)
    raw = urllib.parse.unquote_to_bytes(name.removeprefix(_URI))
    return Path(os.fsdecode(raw))
