"""Reads files without storing anything, to know that an import of them will work."""

import zlib
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import UsageError
from app.importers.records import BrokenFileError, Record
from app.importers.registry import find_importer
from app.importers.sources import BombError, SourceFile, find_sources


def check(paths: Sequence[Path]) -> int:
    """Return the number of messages in the files, all of which can be read.

    Raises:
        UsageError: If there is none, or a part of a file cannot be read.
    """
    with find_sources(paths) as found:
        count = sum(_count(source) for source in found)
    if not count:
        raise UsageError("There is no message in that file.")
    return count


def _count(source: SourceFile) -> int:
    count = 0
    try:
        importer = find_importer(source)
        with source.open() as stream:
            for item in importer.read(source, stream):
                if not isinstance(item, Record):
                    raise BrokenFileError(item.position, item.reason)
                count += bool(item.text.strip())
    except BrokenFileError as error:
        raise UsageError(
            f"That file cannot be read at {error.position}: {error.reason}."
        ) from error
    except (OSError, EOFError, zlib.error, BombError) as error:
        raise UsageError(f"That file cannot be unpacked: {error}.") from error
    return count
